// The kill loop's operations without its threads and its chance: a store is dropped without being
// closed, again and again, and what each opening found free is written at once. Room that still holds
// records, taken for free, shows here, the same way every time.

#include <gtest/gtest.h>

#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"
#include "lanes/key_operations.hpp"
#include "lanes/key_replay.hpp"

namespace holdfast::kill {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::uint32_t kWriters = 2;  // take turns, so that their slices lie between each other
constexpr std::uint64_t kOperationsPerRound = 150;
constexpr int kRounds = 12;

class DropLoop : public ::testing::TestWithParam<BackendRow> {
 protected:
  DropLoop() : directory_(GetParam()->root) {
    options_.backend =
        GetParam()->capabilities.granularity == Granularity::page ? Backend::file : Backend::pmem;
    options_.emulate_pmem = true;
    options_.size_bytes = 8 * kMiB;
    options_.segment_size_bytes = kMiB / 4;
    for (std::uint32_t t = 0; t < kWriters; ++t) replays_.emplace_back(kSeed, t);
  }

  /// Opens the store, compares it with what was written, writes on, and drops it.
  void round(Durability durability) {
    auto store = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(store));
    EXPECT_TRUE(store->recovery().damage.empty());
    auto space = store->kv("drop", {.durability = durability});
    ASSERT_TRUE(ok(space));
    for (std::uint32_t t = 0; t < kWriters; ++t) {
      const lanes::ThreadState found = read_thread(*space, t);
      ASSERT_TRUE(replays_[t].settle(found)) << replays_[t].explain(found);
    }
    const std::uint64_t first = replays_[0].begun() + 1;
    for (std::uint64_t number = first; number < first + kOperationsPerRound; ++number) {
      for (std::uint32_t t = 0; t < kWriters; ++t) ASSERT_TRUE(ok(write(*store, *space, t, number)));
    }
    ASSERT_TRUE(ok(store->sync()));
    for (auto& replay : replays_)
      replay.died(first + kOperationsPerRound - 1, first + kOperationsPerRound - 1);
  }

 private:
  static Result<void> write(Store& store, Kv& space, std::uint32_t thread, std::uint64_t number) {
    Batch batch;
    const lanes::Operation operation = lanes::operation_of(kSeed, thread, number);
    for (const lanes::Change& change : operation.changes) {
      if (change.erases) {
        batch.erase(space, change.key);
      } else {
        batch.put(space, change.key, lanes::make_value(change.key, number, change.value_size_bytes));
      }
    }
    return store.commit(batch);
  }

  static lanes::ThreadState read_thread(const Kv& space, std::uint32_t thread) {
    lanes::ThreadState found;
    for (std::uint32_t index = 0; index < lanes::kKeysPerThread; ++index) {
      const std::string key = lanes::key_of(thread, index);
      const auto value = space.get(key);
      EXPECT_TRUE(ok(value));
      if (!value || !*value) continue;
      const auto number = lanes::number_in(key, **value);
      EXPECT_TRUE(number) << "torn: " << key.substr(0, 40);
      found[key] = {number.value_or(0), static_cast<std::uint32_t>((*value)->size())};
    }
    return found;
  }

  TestDirectory directory_;
  Options options_{};
  std::vector<lanes::Replay> replays_;
};

TEST_P(DropLoop, NothingIsWrittenOverRecords) {
  for (int i = 0; i < kRounds && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("opening " + std::to_string(i));
    round(i % 4 == 0 ? Durability::immediate : Durability::buffered);
  }
}

INSTANTIATE_TEST_SUITE_P(Media, DropLoop, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

}  // namespace
}  // namespace holdfast::kill
