#include "common/engine/room_ahead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "common/base/success.hpp"
#include "contract/comes_true.hpp"
#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kExtent = 2 * kMiB;
constexpr std::uint64_t kStoreBytes = RoomAhead::kStoreBytesMin;

/// A medium that has a size and no bytes, and keeps what it was told.
class SizeOnly final : public Storage {
 public:
  explicit SizeOnly(std::uint64_t size_bytes, Granularity granularity = Granularity::page)
      : capabilities_{.granularity = granularity}, size_bytes_(size_bytes) {}

  std::uint64_t max_size_bytes = 64 * kStoreBytes;
  std::atomic<int> growths_asked{0};

  [[nodiscard]] std::vector<ByteRange> in_memory() const {
    const std::lock_guard lock(mutex_);
    return in_memory_;
  }

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return capabilities_; }
  [[nodiscard]] std::string_view path() const noexcept override { return {}; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return size_bytes_.load(); }
  [[nodiscard]] const std::byte* at(std::uint64_t) const noexcept override { return nullptr; }
  [[nodiscard]] Result<std::byte*> writable(ByteRange) override { return nullptr; }
  void protect(ByteRange) noexcept override {}
  [[nodiscard]] Result<void> write(std::uint64_t, std::span<const std::byte>) override { return success(); }
  [[nodiscard]] Result<void> commit(std::span<const WriteRange>) override { return success(); }
  [[nodiscard]] Result<void> flush(ByteRange) override { return success(); }
  [[nodiscard]] Result<void> drain() override { return success(); }
  [[nodiscard]] Result<void> sync(std::span<const ByteRange>) override { return success(); }
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override {
    growths_asked.fetch_add(1);
    if (size_bytes > max_size_bytes) return Unexpected(Error{.code = ErrorCode::no_space, .message = "full"});
    size_bytes_.store(size_bytes);
    return success();
  }
  [[nodiscard]] Result<void> punch(ByteRange) override { return success(); }
  [[nodiscard]] Result<void> reserve(ByteRange) override { return success(); }
  [[nodiscard]] Result<SpaceReport> space() const override {
    return SpaceReport{.size_bytes = size_bytes(), .max_size_bytes = max_size_bytes, .medium_free_bytes = max_size_bytes};
  }
  void advise(ByteRange range, Access access) noexcept override {
    const std::lock_guard lock(mutex_);
    if (access == Access::will_need) in_memory_.push_back(range);
  }
  [[nodiscard]] Result<void> close() override { return success(); }
  [[nodiscard]] StorageCounters counters() const noexcept override { return {}; }

 private:
  const StorageCapabilities capabilities_;
  std::atomic<std::uint64_t> size_bytes_;
  mutable std::mutex mutex_;
  std::vector<ByteRange> in_memory_;
};

/// A store of that size, and what makes its room ahead.
struct RoomAheadOf {
  explicit RoomAheadOf(std::uint64_t size_bytes, Granularity granularity = Granularity::page)
      : storage(size_bytes, granularity), extents(storage) {
    extents.set_taken([this](std::uint64_t taken_bytes) { ahead.note_taken(taken_bytes); });
  }

  void take(std::uint64_t size_bytes) { ASSERT_TRUE(ok(extents.allocate(size_bytes))); }
  /// The thread has answered to all that it was told of, for good.
  void end() { ahead.stop(); }

  SizeOnly storage;
  Extents extents;
  std::atomic<int> reclaims{0};
  std::function<void()> on_reclaim;
  RoomAhead ahead{{.storage = storage, .extents = extents, .reclaim = [this]() -> Result<void> {
                     if (on_reclaim) on_reclaim();
                     reclaims.fetch_add(1);
                     return success();
                   }}};
};

TEST(RoomAhead, GrowsAStoreBeforeItIsFull) {
  RoomAheadOf store(kStoreBytes);
  store.take(kStoreBytes - kStoreBytes / RoomAhead::kFreePart + kExtent);
  EXPECT_TRUE(comes_true([&] { return store.ahead.growths() == 1; }));
  store.end();
  EXPECT_EQ(store.storage.size_bytes(), kStoreBytes + kStoreBytes / RoomAhead::kFreePart);
  EXPECT_GE(store.extents.free_bytes(), kStoreBytes / RoomAhead::kFreePart);
  EXPECT_EQ(store.reclaims.load(), 1);
}

TEST(RoomAhead, LeavesAStoreAloneThatHasRoom) {
  RoomAheadOf store(kStoreBytes, Granularity::cache_line);
  store.take(kStoreBytes - kStoreBytes / RoomAhead::kFreePart - kExtent);
  store.take(kExtent);
  EXPECT_TRUE(comes_true([&] { return !store.storage.in_memory().empty(); }));  // it was there, and looked
  store.end();
  EXPECT_EQ(store.storage.growths_asked.load(), 0);
  EXPECT_EQ(store.reclaims.load(), 0);
}

TEST(RoomAhead, LeavesSmallStoresAlone) {
  RoomAheadOf store(kStoreBytes - kExtent, Granularity::cache_line);
  store.take(kStoreBytes - 2 * kExtent);
  store.end();
  EXPECT_EQ(store.storage.growths_asked.load(), 0);
  EXPECT_TRUE(store.storage.in_memory().empty());
}

TEST(RoomAhead, TakesWhatIsFreeAlreadyBeforeItGrows) {
  RoomAheadOf store(kStoreBytes);
  const auto garbage = store.extents.allocate(kStoreBytes / 4);
  ASSERT_TRUE(ok(garbage));
  store.on_reclaim = [&, is_there = true]() mutable {
    if (std::exchange(is_there, false)) store.extents.release(*garbage);
  };
  store.take(kStoreBytes - kStoreBytes / 4 - kExtent);
  EXPECT_TRUE(comes_true([&] { return store.reclaims.load() == 1; }));
  store.end();
  EXPECT_EQ(store.storage.growths_asked.load(), 0);
}

TEST(RoomAhead, ARefusalIsNotAskedForAgainUntilTheStoreHasGrown) {
  RoomAheadOf store(kStoreBytes);
  store.storage.max_size_bytes = kStoreBytes;
  store.take(kStoreBytes - 4 * kExtent);
  EXPECT_TRUE(comes_true([&] { return store.storage.growths_asked.load() == 1; }));
  for (int i = 1; i <= 3; ++i) store.take(kExtent);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, store.extents.allocate(2 * kExtent)));  // asks for itself, twice
  store.end();
  EXPECT_EQ(store.ahead.growths(), 0u);
  EXPECT_LE(store.storage.growths_asked.load(), 3);
}

TEST(RoomAhead, BringsTheNextExtentsIntoMemoryOnce) {
  RoomAheadOf store(kStoreBytes, Granularity::cache_line);
  constexpr std::uint64_t kAhead = RoomAhead::kExtentsAhead * kExtent;
  const auto end_of = [](const std::vector<ByteRange>& ranges) { return ranges.back().offset + ranges.back().size_bytes; };
  for (std::uint64_t taken = 1; taken <= 8; ++taken) {
    store.take(kExtent);
    ASSERT_TRUE(comes_true([&] {
      const auto ranges = store.storage.in_memory();
      return !ranges.empty() && end_of(ranges) == taken * kExtent + kAhead;
    }));
  }
  store.end();
  std::uint64_t at = kExtent;
  for (const ByteRange& range : store.storage.in_memory()) {
    EXPECT_EQ(range.offset, at);
    at += range.size_bytes;
  }
}

TEST(RoomAhead, BringsNothingIntoMemoryThatIsADisks) {
  RoomAheadOf store(kStoreBytes);
  store.take(kStoreBytes - kExtent);
  EXPECT_TRUE(comes_true([&] { return store.ahead.growths() == 1; }));
  store.end();
  EXPECT_TRUE(store.storage.in_memory().empty());
}

TEST(RoomAhead, MayBeToldOfWhatIsTakenWhenItHasEnded) {
  RoomAheadOf store(kStoreBytes);
  store.end();
  store.take(kStoreBytes - kExtent);
  EXPECT_EQ(store.storage.growths_asked.load(), 0);
}

}  // namespace
}  // namespace holdfast
