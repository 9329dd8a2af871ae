#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>

#include "bench_program.hpp"

namespace holdfast::bench {
namespace {

TEST(BenchProgram, ListNamesEveryWorkloadOnALineOfItsOwn) {
  const Outcome outcome = run_bench("list");
  EXPECT_EQ(outcome.exit_code, 0);
  std::size_t lines = 0;
  for (const char c : outcome.text) lines += c == '\n';
  EXPECT_EQ(lines, all_workloads().size()) << "a workload is missing in the smoke test: " << outcome.text;
  for (const auto& workload : all_workloads()) {
    EXPECT_NE(("\n" + outcome.text).find("\n" + workload + " "), std::string::npos) << workload;
  }
}

TEST(BenchProgram, TheRowSaysWhatIsMixed) {
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const std::string common = " --keys 50 --backend memory --json " + json.string();
  for (const char* workload : {"kv-mixed", "kv-mixed --reads 50 --zipf 0.5", "kv-get"}) {
    const Outcome outcome = run_bench(workload + common);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  }
  const auto rows = rows_of(json);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].at("read_percent"), 95);
  EXPECT_EQ(rows[0].at("zipf"), 0.99);
  EXPECT_EQ(rows[1].at("read_percent"), 50);
  EXPECT_EQ(rows[1].at("zipf"), 0.5);
  EXPECT_TRUE(rows[2].at("read_percent").is_null());
  EXPECT_TRUE(rows[2].at("zipf").is_null());
}

TEST(BenchProgram, DurableFilePutsAreSyncedAndCounted) {
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const Outcome outcome =
      run_bench("kv-put --keys 100 --dir " + scratch.path().string() + " --json " + json.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  const auto rows = rows_of(json);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_GE(rows[0].at("syncs"), 100) << "one thread cannot share a sync";
  EXPECT_EQ(rows[0].at("latency_every"), 1);
  EXPECT_LE(rows[0].at("writes_per_sync").get<double>(), 1.0);
}

TEST(BenchProgram, EachFlushOfARegionOnAFileIsASync) {
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const Outcome outcome =
      run_bench("region-flush --keys 50 --dir " + scratch.path().string() + " --json " + json.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  const auto rows = rows_of(json);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].at("value_size"), 4096);
  EXPECT_EQ(rows[0].at("durability"), "buffered");
  EXPECT_GE(rows[0].at("syncs"), 50) << "one thread cannot share a sync";
  EXPECT_GE(rows[0].at("syncs_per_op"), 1.0);
  const bool counts_bytes = rows[0].at("device_bytes").is_number();
  EXPECT_EQ(rows[0].at("device_bytes_source").is_string(), counts_bytes);
  EXPECT_EQ(rows[0].at("device_bytes_per_op_median").is_number(), counts_bytes);
}

TEST(BenchProgram, TheRowSaysWhatStandsBesideAFlush) {
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const std::string common =
      " --with-raw --keys 20 --dir " + scratch.path().string() + " --json " + json.string();
  for (const char* workload : {"region-flush", "region-flush-beside --area-size 131072"}) {
    const Outcome outcome = run_bench(workload + common);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  }
  const auto rows = rows_of(json);
  ASSERT_EQ(rows.size(), 2u);
  const std::string route = rows[0].at("raw_route");
  EXPECT_TRUE(route == "pwrite + fdatasync" || route == "RWF_DSYNC") << route;
  EXPECT_TRUE(rows[0].at("area_size").is_null());
  EXPECT_EQ(rows[1].at("raw_route"), "the same, those bytes in another store");
  EXPECT_EQ(rows[1].at("area_size"), 131072);
  for (const auto& row : rows) EXPECT_GT(row.at("p50_times_raw"), 0.0);
}

TEST(BenchProgram, WrongUseExitsWith2AndSaysWhy) {
  const struct {
    const char* arguments;
    const char* reason;
  } cases[] = {
      {"no-such-workload", "no workload 'no-such-workload'"},
      {"", "workload is required"},
      {"kv-put --backend tape", "tape"},
      {"kv-put --key-size 4", "--key-size"},
      {"log-append --key-size 16", "knows no keys"},
      {"region-write --value-size 100", "--value-size"},
      {"region-view --area-size 1000000", "--area-size"},
      {"region-read --area-size 1048576", "--area-size"},
      {"kv-put --threads 0", "--threads"},
      {"kv-get --reads 50", "does not mix operations"},
      {"kv-mixed --reads 101", "--reads"},
      {"kv-mixed --zipf 1.5", "--zipf"},
      {"log-append --streams 4", "--streams"},
      {"log-multi --streams 100000", "--streams"},
      {"log-read-cold --backend pmem", "n/a on pmem"},
      {"sharded-append --streams 5000", "--streams"},
      {"log-append --key-count 10", "--key-count"},
      {"log-compact --keys 9 --key-count 10", "--key-count"},
      {"sharded-append --kept 5", "--kept"},
      {"reopen --backend memory", "outlives its process"},
      {"raw --with-raw", "no raw side"},
  };
  for (const auto& one : cases) {
    const Outcome outcome = run_bench(one.arguments);
    EXPECT_EQ(outcome.exit_code, 2) << one.arguments << ": " << outcome.text;
    EXPECT_NE(outcome.text.find(one.reason), std::string::npos) << one.arguments << ": " << outcome.text;
  }
}

TEST(BenchProgram, ADirectoryThatIsNotThereIsAnError) {
  const Outcome outcome = run_bench("kv-put --keys 10 --dir /no/such/directory");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.text.find("/no/such/directory: no scratch directory"), std::string::npos) << outcome.text;
}

TEST(BenchProgram, TheTablesOfLogsAreCompleteMarkdown) {
  const Scratch scratch;
  const auto json = scratch.path() / "rows.json";
  const Outcome outcome =
      run_bench("log-tables --keys 40 --dir " + scratch.path().string() + " --json " + json.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.text;
  for (const char* what : {"durable append of 128 B", "| warm |", "| cold |", "the reader asleep", "| 16 threads |",
                           "| IronWal |", "batch of 1000 of 256 B, not synced", "in 1,000 segments", "| Log Manager |",
                           "over 64 shards, buffered", "create, 64 shards, 500 kept", "load, 4 shards, 0 kept",
                           "appends beside it, durable", "| IronWal, shards and checkpoints |",
                           "500 appends and 10 checkpoints", "compaction of 2,000 messages",
                           "retention of 5 segments", "16 threads, a stream each"}) {
    EXPECT_NE(outcome.text.find(what), std::string::npos) << what;
  }
  std::size_t cells = 0;
  std::ptrdiff_t in_table = 0;  // bars of a line
  std::istringstream lines(outcome.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) in_table = 0;
    if (!line.starts_with("|")) continue;  // what it says on stderr
    const auto in_line = std::ranges::count(line, '|');
    if (in_table == 0) in_table = in_line;
    EXPECT_EQ(in_line, in_table) << line;
    cells += static_cast<std::size_t>(in_line);
  }
  EXPECT_GT(cells, 200u);
  EXPECT_FALSE(rows_of(json).empty());
}

#if !HOLDFAST_BENCH_HAS_PMEM
TEST(BenchProgram, PmemWithoutPmdkIsRefused) {
  const Outcome outcome = run_bench("kv-put --backend pmem --keys 10");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.text;
}
#endif

}  // namespace
}  // namespace holdfast::bench
