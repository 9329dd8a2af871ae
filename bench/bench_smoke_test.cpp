#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

struct Outcome {
  int exit_code = -1;
  std::string text;  ///< stdout and stderr
};

Outcome run_bench(const std::string& arguments) {
  const std::string command = std::string(HOLDFAST_BENCH_PROGRAM) + " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  Outcome outcome;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    outcome.text.append(buffer, size);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

/// A directory of the test's own; the program must leave it empty but for our JSON file.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-bench-test-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<nlohmann::json> rows_of(const std::filesystem::path& file) {
  std::vector<nlohmann::json> rows;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

const std::vector<std::string>& all_workloads() {
  static const std::vector<std::string> names{
      "kv-put",       "kv-get",      "kv-update",    "kv-delete", "kv-batch", "log-append", "log-scan",
      "region-write", "region-read", "region-flush", "commit",    "reopen",   "raw"};
  return names;
}

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

bool runs_on_a_store(const std::string& workload) { return workload != "reopen" && workload != "raw"; }

/// What the workload is run with here; the sizes that it takes by itself where none is named.
struct Sizes {
  std::uint64_t key = 16;
  std::uint64_t value = 100;
  std::string options{};
};

Sizes sizes_of(const std::string& workload) {
  if (workload.starts_with("log-")) return {0, 128, ""};
  if (workload.starts_with("region-")) return {0, 8192, " --value-size 8192"};
  return {16, 100, workload == "kv-batch" ? " --batch 10" : ""};
}

/// Shown by GoogleTest.
void PrintTo(const BenchRun& run, std::ostream* out) { *out << run.workload << " on " << run.backend; }

std::vector<BenchRun> all_runs() {
  std::vector<BenchRun> runs;
  for (const auto& backend : all_backends()) {
    for (const auto& workload : all_workloads()) {
      if (workload == "reopen" && backend == "memory") continue;  // refused; a test of its own
      runs.push_back({workload, backend, "--threads 1"});
      if (workload != "reopen") runs.push_back({workload, backend, "--threads 3 --durability buffered"});
      if (runs_on_a_store(workload)) runs.push_back({workload, backend, "--threads 2 --with-raw"});
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
    EXPECT_EQ(row.at("ops"), 120);
    EXPECT_EQ(row.at("key_size"), sizes.key);
    EXPECT_EQ(row.at("value_size"), sizes.value);
    EXPECT_TRUE(row.at("durable").is_boolean());
    for (const char* field :
         {"ops_per_s", "ops_per_s_median", "mb_per_s", "p10_ns", "p50_ns", "p99_ns", "p999_ns"}) {
      EXPECT_GT(row.at(field).get<double>(), 0.0) << field;
    }
    EXPECT_LE(row.at("p10_ns").get<double>(), row.at("p50_ns").get<double>());
    EXPECT_LE(row.at("p50_ns").get<double>(), row.at("p99_ns").get<double>());
    EXPECT_LE(row.at("p99_ns").get<double>(), row.at("p999_ns").get<double>());
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
      const bool counts_raw = with_raw && run.workload == "commit";  // its raw side works on the store, too
      EXPECT_EQ(row.at("syncs").is_number(), !counts_raw);
      EXPECT_EQ(row.at("fences").is_number(), !counts_raw);
    }
    EXPECT_EQ(row.at("ratio_to_raw").is_number(), with_raw);
    EXPECT_EQ(row.at("ratio_to_bound").is_number(), run.workload == "reopen");
    EXPECT_EQ(row.at("records_per_s").is_number(), run.workload == "reopen");
  }
  std::filesystem::remove(json);
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "the scratch directory was left behind";
}

INSTANTIATE_TEST_SUITE_P(All, BenchSmoke, testing::ValuesIn(all_runs()), name_of);

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
      {"kv-put --threads 0", "--threads"},
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

#if !HOLDFAST_BENCH_HAS_PMEM
TEST(BenchProgram, PmemWithoutPmdkIsRefused) {
  const Outcome outcome = run_bench("kv-put --backend pmem --keys 10");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.text;
}
#endif

}  // namespace
