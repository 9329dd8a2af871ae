#include "demo/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "demo/command.hpp"
#include "demo/load.hpp"
#include "demo/loader_process.hpp"

namespace holdfast::demo {
namespace {

constexpr int kKilled = 128 + 9;

template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::print(format, std::forward<Arguments>(arguments)...);
  fmt::print("\n");
  std::fflush(stdout);
}

Error failure(const std::string& message) { return Error{.code = ErrorCode::io, .message = message}; }

// --- loading ---

void add_times(Outcome& outcome, const LoaderRun& run) {
  for (const Facade facade : kFacades)
    outcome.facades[facade].load_s += std::chrono::duration<double>(run.time[facade]).count();
}

Result<void> load_until_killed(const LoaderProcess& loader, const Source& source, Acknowledged& acknowledged,
                               Outcome& outcome) {
  const auto run = loader.run(acknowledged, source.index.records().size() / 2);
  if (!run) return Unexpected(run.error());
  if (run->exit_code != kKilled)
    return Unexpected(failure("the loading process was to be killed midway but ended by itself"));
  add_times(outcome, *run);
  say("  killed the loading process (SIGKILL) after {} puts, {} appends, {:.1f} MB of the region",
      run->acknowledged[Facade::kv], run->acknowledged[Facade::log],
      static_cast<double>(run->acknowledged[Facade::region]) / 1e6);
  return {};
}

Result<void> load_the_rest(const LoaderProcess& loader, Acknowledged& acknowledged, Outcome& outcome) {
  const auto run = loader.run(acknowledged);
  if (!run) return Unexpected(run.error());
  if (run->exit_code != 0)
    return Unexpected(failure(fmt::format("the loading process ended with {}", run->exit_code)));
  add_times(outcome, *run);
  say("  loaded the rest, closed");
  return {};
}

// --- checking ---

struct Reopened {
  PerFacade<Comparison> comparisons;
  double open_ms = 0;
  bool durable = false;
};

Result<PerFacade<Comparison>> compare_all(Store& store, const Source& source,
                                          const Acknowledged& acknowledged) {
  const auto space = store.kv(kPackagesSpace, {.mode = OpenMode::existing});
  if (!space) return Unexpected(space.error());
  const auto log = store.log(kPackagesLog, {.mode = OpenMode::existing});
  if (!log) return Unexpected(log.error());
  const auto region = store.region(kCompilerRegion, {.mode = OpenMode::existing});
  if (!region) return Unexpected(region.error());
  const PerFacade<Result<Comparison>> compared{{compare_space(*space, source.index, acknowledged),
                                                compare_log(*log, source.index, acknowledged),
                                                compare_region(*region, source.binary, acknowledged)}};
  PerFacade<Comparison> comparisons;
  for (const Facade facade : kFacades) {
    if (!compared[facade]) return Unexpected(compared[facade].error());
    comparisons[facade] = *compared[facade];
  }
  return comparisons;
}

/// Opens the store as its next user would, compares it with the source and closes it.
Result<Reopened> reopen_and_compare(const Scenario& scenario, const std::filesystem::path& path,
                                    const Source& source, const Acknowledged& acknowledged) {
  const auto started = std::chrono::steady_clock::now();
  auto store = Store::open(path, store_options(scenario.pmem, OpenMode::existing));
  const std::chrono::duration<double, std::milli> open_time = std::chrono::steady_clock::now() - started;
  if (!store) return Unexpected(store.error());
  const auto info = store->info();
  if (!info) return Unexpected(info.error());
  const auto comparisons = compare_all(*store, source, acknowledged);
  if (!comparisons) return Unexpected(comparisons.error());
  if (const auto closed = store->close(); !closed) return Unexpected(closed.error());
  say("  reopened in {:.1f} ms", open_time.count());
  for (const Facade facade : kFacades) {
    const Comparison& one = (*comparisons)[facade];
    say("    {:<7} {} of {} acknowledged {} equal the source, {} lost, {} invented", name(facade), one.found,
        one.expected, facade == Facade::region ? "pieces" : "records", one.lost, one.invented);
  }
  return Reopened{*comparisons, open_time.count(), info->capabilities.durable};
}

Result<int> verify(const Scenario& scenario, const std::filesystem::path& path) {
  std::vector<std::string> arguments{(scenario.programs / "holdfast").string(), "verify", path.string()};
  if (scenario.pmem) arguments.emplace_back("--emulate-pmem");
  fmt::print("  holdfast verify: ");
  std::fflush(stdout);
  return run_command(arguments, std::nullopt);
}

Outcome empty_outcome(const Scenario& scenario, const Source& source) {
  Outcome outcome{.backend = scenario.name};
  const std::uint64_t records = source.index.records().size();
  const std::uint64_t stanzas_bytes = source.index.stanza_size_bytes();
  outcome.facades[Facade::kv] = {.records = records,
                                 .size_bytes = source.index.key_size_bytes() + stanzas_bytes};
  outcome.facades[Facade::log] = {.records = records, .size_bytes = stanzas_bytes};
  outcome.facades[Facade::region] = {
      .records = (source.binary.size() + kPieceSizeBytes - 1) / kPieceSizeBytes,
      .size_bytes = source.binary.size()};
  return outcome;
}

}  // namespace

bool FacadeOutcome::passed() const noexcept {
  return after_kill.lost == 0 && after_kill.invented == 0 && at_end.lost == 0 && at_end.invented == 0 &&
         at_end.found == records;
}

bool Outcome::passed() const noexcept {
  return verify_exit_code == 0 && std::all_of(kFacades.begin(), kFacades.end(),
                                              [this](Facade facade) { return facades[facade].passed(); });
}

Result<Outcome> run(const Scenario& scenario, const Source& source) {
  const std::filesystem::path path = scenario.directory / (scenario.name + ".hf");
  const LoaderProcess loader{.program = scenario.programs / "holdfast-demo",
                             .store = path,
                             .index = source.index_file,
                             .binary = source.binary_file,
                             .directory = scenario.directory,
                             .pmem = scenario.pmem};
  Outcome outcome = empty_outcome(scenario, source);
  Acknowledged acknowledged(source.index.records().size());
  say("{} backend: {}", scenario.name, path.string());

  if (const auto loaded = load_until_killed(loader, source, acknowledged, outcome); !loaded)
    return Unexpected(loaded.error());
  const auto killed = reopen_and_compare(scenario, path, source, acknowledged);
  if (!killed) return Unexpected(killed.error());
  outcome.reopen_ms = killed->open_ms;
  outcome.durable = killed->durable;

  if (const auto loaded = load_the_rest(loader, acknowledged, outcome); !loaded)
    return Unexpected(loaded.error());
  const auto ended = reopen_and_compare(scenario, path, source, acknowledged);
  if (!ended) return Unexpected(ended.error());
  for (const Facade facade : kFacades) {
    outcome.facades[facade].after_kill = killed->comparisons[facade];
    outcome.facades[facade].at_end = ended->comparisons[facade];
  }

  const auto verified = verify(scenario, path);
  if (!verified) return Unexpected(verified.error());
  outcome.verify_exit_code = *verified;
  return outcome;
}

}  // namespace holdfast::demo
