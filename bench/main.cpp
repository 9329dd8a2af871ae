// holdfast-bench: how fast Holdfast is on this machine, and how near the medium's own limit.
//   holdfast-bench list                                   the workloads
//   holdfast-bench kv-put --backend pmem --with-raw       one workload
//   holdfast-bench log-tables                             the figures of docs/log.md, as Markdown
//   holdfast-bench readme                                 the figures of the README, as Markdown
// Exit codes: 0, 1 failed (a wrong value counts as that), 2 usage.

#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "child_writer.hpp"
#include "log_tables.hpp"
#include "readme.hpp"
#include "row.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::string_view kNotOptimized = "holdfast-bench: not an optimized build; the figures mean nothing\n";

struct CommandLine {
  Config config;
  std::optional<Durability> durability;
  std::filesystem::path json;
  std::filesystem::path fill_path;  ///< Not empty: this is the child that reopen kills.
};

int fail(const Error& error) {
  fmt::print(stderr, "holdfast-bench: {}\n", error.to_string());
  return error.code == ErrorCode::invalid_argument ? kUsage : kFailed;
}

void describe(CLI::App& app, CommandLine& line) {
  const std::map<std::string, Backend> backends{
      {"file", Backend::file}, {"pmem", Backend::pmem}, {"memory", Backend::memory}};
  const std::map<std::string, Durability> durabilities{{"immediate", Durability::immediate},
                                                       {"interval", Durability::interval},
                                                       {"buffered", Durability::buffered}};
  Config& config = line.config;
  app.add_option("workload", config.workload, "a workload, list, readme, or log-tables")->required();
  app.add_option("--backend", config.backend, "file (default), pmem, memory")
      ->transform(CLI::CheckedTransformer(backends));
  app.add_option("--dir", config.dir, "holds the scratch directory (default: here; pmem: /dev/shm)");
  app.add_option("--keys", config.keys,
                 "records, blocks, commits (default: by workload; 20000 at most where each waits\n"
                 "for a sync); log-tables: no run has more");
  app.add_option("--value-size", config.value_size_bytes,
                 "bytes of a value, payload or block (default: 100; log-*, checkpoint* 128,\n"
                 "sharded-append 256, region-append 64, region-flush* 4096, other region-* 1 MiB)");
  app.add_option("--area-size", config.area_size_bytes,
                 "bytes of the region that is dirty beside (region-flush-beside, default:\n"
                 "64 MiB), or of the large view (region-view, default: 1 GiB)");
  app.add_option("--key-size", config.key_size_bytes, "bytes of a key, 8 or more (default: 16)");
  app.add_option("--threads", config.threads, "threads at work (default: 1)");
  app.add_option("--durability", line.durability,
                 "immediate (default), interval, buffered (default: region-*)")
      ->transform(CLI::CheckedTransformer(durabilities));
  app.add_option("--batch", config.batch,
                 "records a commit, keys a call (default: kv-batch 100, kv-multiget 32, log-append, raw 1);\n"
                 "appends before a checkpoint (50)");
  app.add_option("--streams", config.streams,
                 "streams that the appends go to (log-multi, default: 16), or shards\n"
                 "(sharded-append, checkpoint*, default: 16)");
  app.add_option("--key-count", config.key_count,
                 "keys that records come under over and over (log-compact, sharded-append,\n"
                 "default: a tenth of --keys)");
  app.add_option("--kept", config.kept, "checkpoints that are there besides (checkpoint*, default: 0)");
  app.add_option("--reads", config.read_percent, "percent of the operations that are gets (kv-mixed, default: 95)");
  app.add_option("--zipf", config.zipf,
                 "how unlike the keys are asked for: 0, all alike, to 0.99 (kv-mixed, default: 0.99)");
  app.add_option("--repeat", config.repeat, "runs, each with a row of its own (default: 1)");
  app.add_option("--slices", config.slices,
                 "parts of a run, each timed for itself (default: 20; more --with-raw)");
  app.add_option("--seed", config.seed, "order of the keys (default: 1)");
  app.add_flag("--unsized-index", config.unsized_index,
               "leave the index to grow by itself (default: made for --keys)");
  app.add_flag("--with-raw", config.with_raw, "slices of the raw limit between those of the workload");
  app.add_option("--json", line.json, "file that gets each row as a JSON line");
  app.add_option("--fill-and-wait", line.fill_path)->group("");  // for our own child alone
}

int list() {
  for (const Workload& workload : workloads()) fmt::print("{:<19} {}\n", workload.name, workload.description);
  return 0;
}

int run(const CommandLine& line) {
  if (line.config.workload == "list") return list();
  if (line.config.workload == "readme") {
    const auto file_dir = line.config.dir.empty() ? std::filesystem::path(".") : line.config.dir;
    auto done = print_readme_figures(file_dir, "/dev/shm", line.json);
    return done ? 0 : fail(done.error());
  }
  if (line.config.workload == "log-tables") {
    if (!optimized_build()) fmt::print(stderr, "{}", kNotOptimized);
    const auto file_dir = line.config.dir.empty() ? std::filesystem::path(".") : line.config.dir;
    auto done = print_log_tables(file_dir, "/dev/shm", line.config.keys, line.json);
    return done ? 0 : fail(done.error());
  }
  auto config = resolve(line.config);
  if (!config) return fail(config.error());
  if (!line.fill_path.empty()) return fail(fill_and_wait(*config, line.fill_path));
  if (!optimized_build()) fmt::print(stderr, "{}", kNotOptimized);
  for (std::uint32_t i = 1; i <= config->repeat; ++i) {
    auto row = run_workload(*config);
    if (!row) return fail(row.error());
    row->run = i;
    fmt::print("{}\n", to_text(*row));
    std::fflush(stdout);
    if (line.json.empty()) continue;
    if (auto done = append_json_line(line.json, *row); !done) return fail(done.error());
  }
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  holdfast::bench::CommandLine line;
  CLI::App app("Measures Holdfast beside the limit of the medium.", "holdfast-bench");
  holdfast::bench::describe(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : holdfast::bench::kUsage;
  }
  line.config.durability =
      line.durability.value_or(holdfast::bench::default_durability(line.config.workload));
  return holdfast::bench::run(line);
}
