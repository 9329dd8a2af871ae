#include "readme.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "row.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

struct Case {
  std::string title;
  Config config;
};

Config base(std::string workload, Backend backend, const std::filesystem::path& dir, std::uint32_t threads) {
  Config config;
  config.workload = std::move(workload);
  config.backend = backend;
  config.dir = dir;
  config.threads = threads;
  config.with_raw = config.workload != "reopen";
  config.durability = default_durability(config.workload);
  return config;
}

/// What stands in both tables, one thread each.
void add_log_region_commit(std::vector<Case>& cases, Backend backend, const std::filesystem::path& dir) {
  cases.push_back({"durable log append, 128 B", base("log-append", backend, dir, 1)});
  cases.push_back({"log scan, checksums verified", base("log-scan", backend, dir, 1)});
  cases.push_back({"region write, 1 MiB, buffered", base("region-write", backend, dir, 1)});
  cases.push_back({"region read, 1 MiB", base("region-read", backend, dir, 1)});
  cases.push_back({"region write and flush, 4 KiB", base("region-flush", backend, dir, 1)});
  cases.push_back({"the same beside 64 MiB of another region's dirty bytes",
                   base("region-flush-beside", backend, dir, 1)});
  cases.back().config.keys = 80;
  cases.push_back({"region append, 64 B, buffered", base("region-append", backend, dir, 1)});
  cases.push_back({"view of 1 GiB of a region", base("region-view", backend, dir, 1)});
  cases.push_back({"atomic commit of 5 puts and 5 appends, 100 B each", base("commit", backend, dir, 1)});
  cases.push_back({"the same, 1 KiB each", base("commit", backend, dir, 1)});
  cases.back().config.value_size_bytes = 1024;
}

std::vector<Case> pmem_cases(const std::filesystem::path& dir) {
  std::vector<Case> cases;
  for (const std::uint32_t threads : {1u, 2u}) {
    cases.push_back({"durable put", base("kv-put", Backend::pmem, dir, threads)});
    cases.push_back({"get, checksum verified", base("kv-get", Backend::pmem, dir, threads)});
    cases.push_back({"durable update", base("kv-update", Backend::pmem, dir, threads)});
    cases.push_back({"durable delete", base("kv-delete", Backend::pmem, dir, threads)});
    cases.push_back({"durable put, atomic batches of 100", base("kv-batch", Backend::pmem, dir, threads)});
  }
  add_log_region_commit(cases, Backend::pmem, dir);
  return cases;
}

std::vector<Case> file_cases(const std::filesystem::path& dir) {
  std::vector<Case> cases;
  // Few keys where each waits for a sync: a busy disk takes milliseconds, and this is one row of many.
  for (const std::uint32_t threads : {1u, 16u, 32u}) {
    cases.push_back({"durable put", base("kv-put", Backend::file, dir, threads)});
    cases.back().config.with_raw = threads == 1;  // one descriptor's syncs are no limit for a group
    cases.back().config.keys = threads == 1 ? 5'000 : threads == 16 ? 50'000 : 100'000;
  }
  cases.push_back({"durable put, atomic batches of 100", base("kv-batch", Backend::file, dir, 1)});
  cases.back().config.keys = 100'000;
  for (const std::uint32_t threads : {1u, 2u}) {
    cases.push_back({"buffered put", base("kv-put", Backend::file, dir, threads)});
    cases.back().config.durability = Durability::buffered;
    cases.push_back({"get, checksum verified", base("kv-get", Backend::file, dir, threads)});
  }
  add_log_region_commit(cases, Backend::file, dir);
  for (Case& one : cases) {
    const bool waits = waits_for_syncs(one.config) && one.config.keys == 0;
    if (waits) one.config.keys = 5'000;
  }
  return cases;
}

Result<Row> measure(const Case& one, const std::filesystem::path& json) {
  fmt::print(stderr, "{} on {}, {} thread(s) ...\n", one.title, name(one.config.backend), one.config.threads);
  auto config = resolve(one.config);
  if (!config) return Unexpected(std::move(config.error()));
  auto row = run_workload(*config);
  if (!row || json.empty()) return row;
  if (auto done = append_json_line(json, *row); !done) return Unexpected(std::move(done.error()));
  return row;
}

std::string ratio_cell(const Row& row) {
  return row.ratio_to_raw ? fmt::format("{:.2f}", *row.ratio_to_raw) : std::string();
}

Result<void> print_pmem(const std::vector<Case>& cases, const std::filesystem::path& json) {
  fmt::print(
      "| pmem, emulated | threads | ops/s | p50 | p99 | of the raw limit |\n|---|---|---|---|---|---|\n");
  for (const Case& one : cases) {
    auto row = measure(one, json);
    if (!row) return Unexpected(std::move(row.error()));
    fmt::print("| {} | {} | {} | {} | {} | {} |\n", one.title, one.config.threads,
               short_number(row->ops_per_s_median), short_time(row->p50_ns), short_time(row->p99_ns),
               ratio_cell(*row));
  }
  fmt::print("\n");
  return {};
}

Result<void> print_file(const std::vector<Case>& cases, const std::filesystem::path& json) {
  fmt::print(
      "| file | threads | ops/s | p50 | p99 | of the raw limit | writes a thread in each sync | to the "
      "device a write "
      "|\n|---|---|---|---|---|---|---|---|\n");
  for (const Case& one : cases) {
    auto row = measure(one, json);
    if (!row) return Unexpected(std::move(row.error()));
    const bool synced = row->writes_per_thread_per_sync && waits_for_syncs(one.config);
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", one.title, one.config.threads,
               short_number(row->ops_per_s_median), short_time(row->p50_ns), short_time(row->p99_ns),
               ratio_cell(*row),
               synced ? fmt::format("{:.2f}", *row->writes_per_thread_per_sync) : std::string(),
               row->device_bytes_per_op_median ? fmt::format("{} B", *row->device_bytes_per_op_median)
                                               : std::string());
  }
  fmt::print("\n");
  return {};
}

Result<void> print_reopen(const std::vector<Case>& cases, const std::filesystem::path& json) {
  fmt::print(
      "| reopen after SIGKILL | records | time | records/s | the bound's time | times the bound |\n"
      "|---|---|---|---|---|---|\n");
  for (const Case& one : cases) {
    auto row = measure(one, json);
    if (!row) return Unexpected(std::move(row.error()));
    fmt::print("| {} | {} | {} | {} | {} | {:.2f} |\n", name(one.config.backend),
               short_number(static_cast<double>(row->ops)), short_time(row->seconds * 1e9),
               short_number(*row->records_per_s), short_time(*row->bound_seconds * 1e9),
               *row->ratio_to_bound);
  }
  fmt::print("\n");
  return {};
}

void print_head(const std::filesystem::path& file_dir, const std::filesystem::path& pmem_dir) {
  const Machine machine = describe_machine(file_dir);
  fmt::print(
      "{}, {} processors, {}; file on {}, pmem emulated on {} (real flush instructions, nothing durable).\n"
      "Keys of 16 B, values of 100 B; ops/s is the median of short slices, which alternate with slices\n"
      "of the raw limit. Raw limit, pmem: XXH3 of the record, non-temporal copy, one fence (one a batch);\n"
      "file: pwrite, with fdatasync where the write is durable; get: find in a bare TBB map and memcpy;\n"
      "scan, region read: memcpy out of a map; region write: the medium's fastest copy, no checksum on\n"
      "either side; flush: the faster of pwrite with fdatasync and RWF_DSYNC; beside dirty bytes: the\n"
      "same flush, those bytes in another store; region append: pwrite of 64 KiB at a time, pmem:\n"
      "non-temporal copies; view: that of 1 MiB; commit: one put of the same payloads together. Absolute\n"
      "figures vary with the machine's day; ratios are of one run.\n\n",
      machine.cpu, machine.processors, machine.kernel, machine.file_system,
      describe_machine(pmem_dir).file_system);
}

}  // namespace

Result<void> print_readme_figures(const std::filesystem::path& file_dir,
                                  const std::filesystem::path& pmem_dir, const std::filesystem::path& json) {
  if (!optimized_build()) {
    return Unexpected(Error{ErrorCode::not_supported, "figures need an optimized build without sanitizers"});
  }
  print_head(file_dir, pmem_dir);
  if (auto done = print_pmem(pmem_cases(pmem_dir), json); !done) return done;
  if (auto done = print_file(file_cases(file_dir), json); !done) return done;
  return print_reopen({{"reopen", base("reopen", Backend::pmem, pmem_dir, 1)},
                       {"reopen", base("reopen", Backend::file, file_dir, 1)}},
                      json);
}

}  // namespace holdfast::bench
