#include "demo/scenario.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "demo/command.hpp"
#include "demo/load.hpp"

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

struct Reopened {
  Comparison comparison;
  double open_ms = 0;
  bool durable = false;
};

/// Opens the store as its next user would, compares it with the source and closes it.
Result<Reopened> reopen_and_compare(const Scenario& scenario, const std::filesystem::path& path,
                                    const PackageIndex& index, const Acknowledged& acknowledged) {
  const auto started = std::chrono::steady_clock::now();
  auto store = Store::open(path, store_options(scenario.pmem, OpenMode::existing));
  const std::chrono::duration<double, std::milli> open_time = std::chrono::steady_clock::now() - started;
  if (!store) return Unexpected(store.error());
  const auto info = store->info();
  if (!info) return Unexpected(info.error());
  const auto space = store->kv(kPackagesSpace, {.mode = OpenMode::existing});
  if (!space) return Unexpected(space.error());
  const auto comparison = compare(*space, index, acknowledged);
  if (!comparison) return Unexpected(comparison.error());
  if (const auto closed = store->close(); !closed) return Unexpected(closed.error());
  return Reopened{*comparison, open_time.count(), info->capabilities.durable};
}

Result<void> load_until_killed(const LoaderProcess& loader, Acknowledged& acknowledged, Row& row) {
  const auto run = loader.run(acknowledged, row.records / 2);
  if (!run) return Unexpected(run.error());
  if (run->exit_code != kKilled)
    return Unexpected(failure("the loading process was to be killed midway but ended by itself"));
  row.load_s += std::chrono::duration<double>(run->time).count();
  say("  killed the loading process (SIGKILL) after {} acknowledged puts", run->acknowledged_count);
  return {};
}

Result<void> load_the_rest(const LoaderProcess& loader, Acknowledged& acknowledged, Row& row) {
  const auto run = loader.run(acknowledged);
  if (!run) return Unexpected(run.error());
  if (run->exit_code != 0)
    return Unexpected(failure(fmt::format("the loading process ended with {}", run->exit_code)));
  row.load_s += std::chrono::duration<double>(run->time).count();
  say("  loaded the remaining {} records, closed", run->acknowledged_count);
  return {};
}

Result<int> verify(const Scenario& scenario, const std::filesystem::path& path) {
  std::vector<std::string> arguments{(scenario.programs / "holdfast").string(), "verify", path.string()};
  if (scenario.pmem) arguments.emplace_back("--emulate-pmem");
  fmt::print("  holdfast verify: ");
  std::fflush(stdout);
  return run_command(arguments, std::nullopt);
}

}  // namespace

bool Row::passed() const noexcept {
  return after_kill.lost == 0 && after_kill.invented == 0 && at_end.lost == 0 && at_end.invented == 0 &&
         at_end.found == records && verify_exit_code == 0;
}

Result<Row> run(const Scenario& scenario, const PackageIndex& index) {
  const std::filesystem::path path = scenario.directory / (scenario.name + ".hf");
  const LoaderProcess loader{.program = scenario.programs / "holdfast-demo",
                             .store = path,
                             .index = scenario.index_file,
                             .directory = scenario.directory,
                             .pmem = scenario.pmem};
  Row row{.name = scenario.name, .records = index.records().size(), .size_bytes = index.size_bytes()};
  Acknowledged acknowledged(row.records);
  say("{} backend: {}", scenario.name, path.string());

  if (const auto loaded = load_until_killed(loader, acknowledged, row); !loaded)
    return Unexpected(loaded.error());
  const auto killed = reopen_and_compare(scenario, path, index, acknowledged);
  if (!killed) return Unexpected(killed.error());
  row.after_kill = killed->comparison;
  row.reopen_ms = killed->open_ms;
  row.durable = killed->durable;
  say("  reopened in {:.1f} ms: {} of {} acknowledged records there, {} lost, {} invented", row.reopen_ms,
      row.after_kill.found, row.after_kill.expected, row.after_kill.lost, row.after_kill.invented);

  if (const auto loaded = load_the_rest(loader, acknowledged, row); !loaded)
    return Unexpected(loaded.error());
  const auto ended = reopen_and_compare(scenario, path, index, acknowledged);
  if (!ended) return Unexpected(ended.error());
  row.at_end = ended->comparison;
  say("  reopened in {:.1f} ms: {} of {} records equal the source, {} lost, {} invented", ended->open_ms,
      row.at_end.found, row.records, row.at_end.lost, row.at_end.invented);

  const auto verified = verify(scenario, path);
  if (!verified) return Unexpected(verified.error());
  row.verify_exit_code = *verified;
  return row;
}

}  // namespace holdfast::demo
