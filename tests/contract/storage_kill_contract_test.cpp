// A process killed inside any call leaves a medium that opens. The worker is killed before each system
// call in turn, so these tests know nothing of how a medium grows or is created.

#include <algorithm>

#include "contract/storage_test_support.hpp"
#include "contract/worker_process.hpp"

namespace holdfast {
namespace {

constexpr int kKillPointsMax = 40;

/// Every system call of a run, or as many of them, evenly spread, as time allows; the last included.
std::vector<int> kill_points(int system_call_count) {
  std::vector<int> points;
  const int count = std::min(system_call_count, kKillPointsMax);
  for (int i = 1; i <= count; ++i)
    points.push_back(static_cast<int>(std::int64_t{system_call_count} * i / count));
  return points;
}

class StorageKillContract : public ::testing::TestWithParam<BackendRow> {
 protected:
  StorageKillContract() : directory_(GetParam()->root) {}

  [[nodiscard]] std::vector<std::string> arguments(const char* command) const {
    return {command, std::string(GetParam()->name), directory_.store().native()};
  }

  /// Removes what an earlier run made. The worker's leftovers under other names stay, as in life.
  void clear() {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      std::filesystem::remove_all(entry.path());
    }
  }

  TestDirectory directory_;
};
INSTANTIATE_TEST_SUITE_P(, StorageKillContract,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(StorageKillContract, GrowthKilledAtAnyCallLeavesAStorageThatOpens) {
  const auto bytes = pattern(3 * kMiB, 1);
  const auto prepare = [&] {
    clear();
    auto fresh = GetParam()->open_fresh(directory_.store());
    ASSERT_TRUE(ok(fresh));
    ASSERT_TRUE(ok((*fresh)->write(kMiB, bytes)));
    ASSERT_TRUE(ok((*fresh)->close()));
  };
  prepare();
  const WorkerEnd whole = run_traced_worker(arguments("grow"), 0);
  ASSERT_EQ(whole.exit_code, 0);
  ASSERT_GT(whole.system_call_count, 2);
  RecordProperty("calls", whole.system_call_count);
  for (const int point : kill_points(whole.system_call_count)) {
    SCOPED_TRACE("killed before system call " + std::to_string(point));
    prepare();
    EXPECT_EQ(run_traced_worker(arguments("grow"), point).exit_code, -1);
    auto storage = GetParam()->open(directory_.store());
    ASSERT_TRUE(ok(storage));
    EXPECT_GE((*storage)->size_bytes(), kTestSizeBytes);
    EXPECT_TRUE(holds(**storage, kMiB, bytes));
    ASSERT_TRUE(ok((*storage)->grow(4 * kTestSizeBytes)));
    ASSERT_TRUE(ok((*storage)->write(4 * kTestSizeBytes - bytes.size(), bytes)));
    ASSERT_TRUE(ok((*storage)->close()));
    storage = GetParam()->open(directory_.store());
    ASSERT_TRUE(ok(storage));
    EXPECT_TRUE(holds(**storage, kMiB, bytes));
    EXPECT_TRUE(holds(**storage, 4 * kTestSizeBytes - bytes.size(), bytes));
  }
}

TEST_P(StorageKillContract, CreateKilledAtAnyCallLeavesAWholeStorageOrNone) {
  const std::vector<std::byte> bytes(5000, std::byte{0x5A});  // what the worker writes
  const WorkerEnd whole = run_traced_worker(arguments("create"), 0);
  ASSERT_EQ(whole.exit_code, 0);
  ASSERT_GT(whole.system_call_count, 2);
  RecordProperty("calls", whole.system_call_count);
  int absent_count = 0;
  int whole_count = 0;
  for (const int point : kill_points(whole.system_call_count)) {
    SCOPED_TRACE("killed before system call " + std::to_string(point));
    clear();
    EXPECT_EQ(run_traced_worker(arguments("create"), point).exit_code, -1);
    auto storage = GetParam()->open(directory_.store());
    if (!storage) {
      EXPECT_TRUE(fails_with(ErrorCode::not_found, storage));
      EXPECT_TRUE(ok(GetParam()->create(directory_.store(), [](Storage&) { return Result<void>(); })))
          << "what the killed process left is in the way";
      ++absent_count;
      continue;
    }
    EXPECT_GE((*storage)->size_bytes(), kTestSizeBytes);
    EXPECT_TRUE(holds(**storage, 100, bytes));
    ++whole_count;
  }
  EXPECT_GT(absent_count, 0);
  EXPECT_GT(whole_count, 0);
}

}  // namespace
}  // namespace holdfast
