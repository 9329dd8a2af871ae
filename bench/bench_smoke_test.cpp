#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "bench_program.hpp"

namespace holdfast::bench {
namespace {

std::vector<std::string> all_backends() {
#if HOLDFAST_BENCH_HAS_PMEM
  return {"file", "pmem", "memory"};
#else
  return {"file", "memory"};
#endif
}

struct BenchRun {
  std::string workload;
  std::string backend;
  std::string options;
};

bool runs_on(const std::string& workload, const std::string& backend) {
  if (workload == "log-read-cold") return backend == "file";
  return !workload.starts_with("reopen") || backend != "memory";
}
bool reopens(const std::string& workload) { return workload.starts_with("reopen"); }
bool runs_on_a_store(const std::string& workload) { return !reopens(workload) && workload != "raw"; }

/// What the workload is run with here; the sizes that it takes by itself where none is named.
struct Sizes {
  std::uint64_t key = 16;
  std::uint64_t value = 100;
  std::string options{};
};

Sizes sizes_of(const std::string& workload) {
  if (workload == "log-compact") return {16, 128, ""};
  if (workload.starts_with("log-")) return {0, 128, ""};
  if (workload == "sharded-append") return {16, 256, ""};
  if (workload.starts_with("checkpoint")) return {16, 128, ""};
  if (workload == "region-append") return {0, 64, ""};
  if (workload == "region-view") return {0, 8192, " --value-size 8192 --area-size 1048576"};
  if (workload == "region-flush-beside") return {0, 4096, " --area-size 131072"};
  if (workload.starts_with("region-")) return {0, 8192, " --value-size 8192"};
  return {16, 100, workload == "kv-batch" || workload == "kv-multiget" ? " --batch 10" : ""};
}

/// Of a run of 120 keys in 4 slices.
std::uint64_t operations_of(const BenchRun& run) {
  const bool visits_all = run.workload.starts_with("kv-scan") || run.workload == "kv-range";
  if (run.workload == "kv-clean") return 4 * 120;
  if (!visits_all) return 120;
  const std::size_t threads = run.options.find("--threads ") + std::string("--threads ").size();
  return std::uint64_t{120} * 4 * static_cast<std::uint64_t>(run.options[threads] - '0');
}

/// Shown by GoogleTest.
void PrintTo(const BenchRun& run, std::ostream* out) { *out << run.workload << " on " << run.backend; }

std::vector<BenchRun> all_runs() {
  std::vector<BenchRun> runs;
  for (const auto& backend : all_backends()) {
    for (const auto& workload : all_workloads()) {
      if (!runs_on(workload, backend)) continue;  // refused; a test of its own
      runs.push_back({workload, backend, "--threads 1"});
      if (!reopens(workload)) runs.push_back({workload, backend, "--threads 3 --durability buffered"});
      if (runs_on_a_store(workload) && workload != "kv-cycle")
        runs.push_back({workload, backend, "--threads 2 --with-raw"});
      if (workload == "kv-mixed") {
        runs.push_back({workload, backend, "--threads 2 --with-raw --reads 50 --zipf 0"});
        runs.push_back({workload, backend, "--threads 1 --reads 0"});
      }
      if (workload == "sharded-append") runs.push_back({workload, backend, "--threads 4 --streams 3 --key-count 120"});
      if (workload.starts_with("checkpoint"))
        runs.push_back({workload, backend, "--threads 2 --with-raw --streams 5 --kept 9 --batch 3"});
      if (workload == "log-multi") runs.push_back({workload, backend, "--threads 4 --with-raw --streams 1"});
      if (workload == "log-append") runs.push_back({workload, backend, "--threads 2 --with-raw --batch 7"});
    }
  }
  return runs;
}

std::string name_of(const testing::TestParamInfo<BenchRun>& info) {
  std::string name = info.param.workload + "_" + info.param.backend + "_" + std::to_string(info.index);
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

class BenchSmoke : public testing::TestWithParam<BenchRun> {};

TEST_P(BenchSmoke, WritesACompleteRow) {
  const BenchRun& run = GetParam();
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const std::string dir = run.backend == "pmem" ? "/dev/shm" : scratch.path().string();
  const Sizes sizes = sizes_of(run.workload);
  const Outcome outcome =
      run_bench(run.workload + " --backend " + run.backend + " " + run.options + sizes.options +
                " --keys 120 --slices 4 --repeat 2 --dir " + dir + " --json " + json.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;

  const auto rows = rows_of(json);
  ASSERT_EQ(rows.size(), 2u);
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("workload"), run.workload);
    EXPECT_EQ(row.at("backend"), run.backend);
    EXPECT_EQ(row.at("ops"), operations_of(run));
    EXPECT_EQ(row.at("key_size"), sizes.key);
    EXPECT_EQ(row.at("value_size"), sizes.value);
    EXPECT_TRUE(row.at("durable").is_boolean());
    EXPECT_EQ(row.at("mb_per_s").get<double>() > 0.0, run.workload != "region-view")
        << "a view moves no byte";
    for (const char* field : {"ops_per_s", "ops_per_s_median", "p10_ns", "p50_ns", "p99_ns", "p999_ns"}) {
      EXPECT_GT(row.at(field).get<double>(), 0.0) << field;
    }
    EXPECT_LE(row.at("p10_ns").get<double>(), row.at("p50_ns").get<double>());
    EXPECT_LE(row.at("p50_ns").get<double>(), row.at("p99_ns").get<double>());
    EXPECT_LE(row.at("p99_ns").get<double>(), row.at("p999_ns").get<double>());
    EXPECT_LE(row.at("p999_ns").get<double>(), row.at("max_ns").get<double>());
    for (const char* field : {"cpu", "kernel", "file_system"}) {
      EXPECT_FALSE(row.at(field).get<std::string>().empty()) << field;
    }
    for (const char* field : {"batch", "threads", "processors", "latency_every"}) {
      EXPECT_GT(row.at(field).get<std::uint64_t>(), 0u) << field;
    }
    for (const char* field : {"device_bytes", "device_bytes_per_op_median", "dram_bytes_per_key"}) {
      EXPECT_TRUE(row.at(field).is_null() || row.at(field).is_number()) << field;
    }
    const bool with_raw = run.options.find("--with-raw") != std::string::npos;
    if (runs_on_a_store(run.workload)) {
      // The raw side of some works on the store too, and so does what stands between the slices of others.
      const bool raw_counts =
          run.workload == "log-follow" || run.workload == "commit" || run.workload == "region-view" ||
          run.workload == "kv-multiget" || run.workload == "sharded-append" || run.workload == "checkpoint-load";
      const bool works_between = run.workload == "region-flush-beside" || run.workload == "checkpoint";
      const bool counts_others = (with_raw && raw_counts) || works_between;
      for (const char* field : {"syncs", "fences", "syncs_per_op"})
        EXPECT_EQ(row.at(field).is_number(), !counts_others) << field;
    }
    for (const char* field : {"ratio_to_raw", "raw_p99_ns"}) EXPECT_EQ(row.at(field).is_number(), with_raw) << field;
    const bool is_followed = run.workload == "log-follow" || run.workload == "log-wake";
    EXPECT_EQ(row.at("delivered_p50_ns").is_number(), is_followed);
    EXPECT_EQ(row.at("delivered_p99_ns").is_number(), is_followed);
    const bool has_checkpoints = run.workload.starts_with("checkpoint");
    const bool is_sharded = has_checkpoints || run.workload == "sharded-append";
    EXPECT_EQ(row.at("streams").is_number(), run.workload == "log-multi" || is_sharded);
    const bool repeats_keys = run.workload == "sharded-append" || run.workload == "log-compact";
    EXPECT_EQ(row.at("key_count").is_number(), repeats_keys);
    EXPECT_EQ(row.at("kept").is_number(), has_checkpoints);
    for (const char* field : {"syncs_per_call", "fences_per_call"})
      EXPECT_EQ(row.at(field).is_number(), run.workload == "checkpoint") << field;
    if (run.workload == "checkpoint") {
      EXPECT_EQ(row.at(run.backend == "pmem" ? "fences_per_call" : "syncs_per_call"), 1.0);
    }
    for (const char* field : {"records_removed", "written_per_freed"})
      EXPECT_EQ(row.at(field).is_number(), run.workload == "log-compact") << field;
    if (run.workload == "log-compact") {
      EXPECT_GT(row.at("records_removed"), 0);
      EXPECT_GT(row.at("written_per_freed"), 0.0);
    }
    EXPECT_EQ(row.at("cached_fraction").is_number(), run.workload == "log-read-cold");
    EXPECT_EQ(row.at("write_amplification").is_number(), run.workload == "kv-clean");
    EXPECT_EQ(row.at("space_growth").is_number(), run.workload == "kv-cycle");
    EXPECT_EQ(row.at("memory_growth").is_number(), run.workload == "kv-cycle");
    EXPECT_EQ(row.at("ratio_to_bound").is_number(), reopens(run.workload));
    EXPECT_EQ(row.at("records_per_s").is_number(), reopens(run.workload));
    EXPECT_EQ(row.at("close_seconds").is_number(), run.workload == "reopen-clean");
  }
  std::filesystem::remove(json);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "the scratch directory was left behind";
}

INSTANTIATE_TEST_SUITE_P(All, BenchSmoke, testing::ValuesIn(all_runs()), name_of);

}  // namespace
}  // namespace holdfast::bench
