// No kill shows a missing sync: page cache and tmpfs survive it. So here the medium's durable mark is
// asked at every acknowledgement whether each byte of the record lies below it.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"
#include "kv/kv_space.hpp"
#include "lanes/key_operations.hpp"
#include "testing/durable_mark_storage.hpp"

namespace holdfast::kill {
namespace {

using testing::DurableMark;
using testing::DurableMarkStorage;

constexpr std::uint32_t kThreads = 4;
constexpr std::uint64_t kOperations = 300;
constexpr std::uint64_t kSeed = 20'260'101;

/// A store over a medium whose durable mark is watched, and what the mark said.
class WatchedStore {
 public:
  explicit WatchedStore(std::unique_ptr<Storage> storage) {
    auto watched = std::make_unique<DurableMarkStorage>(std::move(storage));
    mark_ = watched->mark();
    auto store = Store::open(std::move(watched), {.segment_size_bytes = std::uint64_t{64} << 10});
    EXPECT_TRUE(ok(store));
    if (store) store_.emplace(std::move(*store));
  }

  [[nodiscard]] Store& store() { return *store_; }
  [[nodiscard]] bool is_open() const { return store_.has_value(); }

  /// Four threads write as the killed processes do; after each operation its records are looked up.
  void write(Durability durability) {
    auto space = store_->kv("watched", {.durability = durability});
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (std::uint64_t number = 1; number <= kOperations; ++number) {
          const lanes::Operation operation = lanes::operation_of(kSeed, t, number);
          if (auto done = apply(operation, number); !done) return keep(done.error().to_string());
          watch(operation);
        }
      });
    }
  }

  /// True if all records that are present now lie below the mark.
  [[nodiscard]] bool all_durable() {
    bool durable = true;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      for (std::uint32_t index = 0; index < lanes::kKeysPerThread; ++index) durable &= below_mark(lanes::key_of(t, index));
    }
    return durable;
  }

  [[nodiscard]] std::uint64_t records_watched() const { return records_; }
  [[nodiscard]] std::uint64_t records_above() const { return above_; }
  [[nodiscard]] std::string failure() const { return failure_; }

 private:
  Result<void> apply(const lanes::Operation& operation, std::uint64_t number) {
    Batch batch;
    for (const lanes::Change& change : operation.changes) {
      if (change.erases) {
        batch.erase(*space_, change.key);
      } else {
        batch.put(*space_, change.key, lanes::make_value(change.key, number, change.value_size_bytes));
      }
    }
    if (operation.is_batch) return store_->commit(batch);
    const lanes::Change& change = operation.changes.front();
    if (!change.erases)
      return space_->put(change.key, lanes::make_value(change.key, number, change.value_size_bytes));
    return space_->erase(change.key).map([](bool) {});
  }

  /// Nobody else writes this thread's keys: what lies there now is what was just acknowledged.
  void watch(const lanes::Operation& operation) {
    for (const lanes::Change& change : operation.changes) {
      if (change.erases) continue;
      ++records_;
      if (kv::space_of(*space_).placements(change.key).empty()) keep("no place of " + change.key);
      if (!below_mark(change.key)) ++above_;
    }
  }

  bool below_mark(const std::string& key) {
    for (const ByteRange range : kv::space_of(*space_).placements(key)) {
      if (!mark_->is_durable(range)) return false;
    }
    return true;
  }

  void keep(std::string failure) {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = std::move(failure);
  }

  std::shared_ptr<DurableMark> mark_;
  std::optional<Store> store_;
  std::optional<Kv> space_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> above_{0};
  std::mutex mutex_;
  std::string failure_;
};

class DurableAtAcknowledgement : public StorageTest {};

TEST_P(DurableAtAcknowledgement, ImmediateWritesLieBelowTheMark) {
  WatchedStore watched(std::move(storage_));
  ASSERT_TRUE(watched.is_open());
  watched.write(Durability::immediate);
  EXPECT_EQ(watched.failure(), "");
  EXPECT_GT(watched.records_watched(), kThreads * kOperations / 2);
  EXPECT_EQ(watched.records_above(), 0u) << "of " << watched.records_watched();
}

TEST_P(DurableAtAcknowledgement, BufferedWritesLieBelowTheMarkAfterSync) {
  WatchedStore watched(std::move(storage_));
  ASSERT_TRUE(watched.is_open());
  watched.write(Durability::buffered);
  EXPECT_EQ(watched.failure(), "");
  EXPECT_TRUE(ok(watched.store().sync()));
  EXPECT_TRUE(watched.all_durable());
}

INSTANTIATE_TEST_SUITE_P(Media, DurableAtAcknowledgement, ::testing::ValuesIn(all_backends()), row_name);

/// Where a sync is dear nobody pays one for a buffered write, so the same watch must find records above
/// the mark: it can fail.
class DurableMarkSeesBuffered : public StorageTest {};

TEST_P(DurableMarkSeesBuffered, RecordsAboveTheMark) {
  WatchedStore watched(std::move(storage_));
  ASSERT_TRUE(watched.is_open());
  watched.write(Durability::buffered);
  EXPECT_EQ(watched.failure(), "");
  EXPECT_GT(watched.records_above(), 0u) << "of " << watched.records_watched();
}

INSTANTIATE_TEST_SUITE_P(Media, DurableMarkSeesBuffered,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::shares_syncs)), row_name);

}  // namespace
}  // namespace holdfast::kill
