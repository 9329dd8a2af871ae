// Data sets in shards: what is written is what is read.

#include <mutex>
#include <set>
#include <thread>

#include "sharded_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, ADataSetOfAnySizeIsReadAsWritten) {
  for (const std::uint64_t size : {0ull, 1ull, 9'999ull, 10'000ull, 10'001ull, 40'000ull, 123'456ull}) {
    SCOPED_TRACE(size);
    const std::string bytes = some_bytes(size, 3);
    auto written = ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded);
    ASSERT_TRUE(ok(written));
    EXPECT_EQ(written->size_bytes(), size);
    EXPECT_EQ(written->shard_count(), (size + kShardBytes - 1) / kShardBytes);
    EXPECT_EQ(read_all(*written), bytes);
    const auto opened = ShardedData::open(*store_, "data", kSharded);
    ASSERT_TRUE(ok(opened));
    EXPECT_EQ(opened->size_bytes(), size);
    EXPECT_EQ(opened->shard_size_bytes(), kShardBytes);
    EXPECT_EQ(read_all(*opened), bytes);
    EXPECT_TRUE(ok(opened->verify()));
    EXPECT_EQ(shards_in(*store_), opened->shard_count());  // those of the one before are gone
  }
}

TEST_P(RegionOn, ADataSetIsReadInAnyRange) {
  const std::string bytes = some_bytes(45'000);
  const auto data = ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded);
  ASSERT_TRUE(ok(data));
  for (const std::uint64_t offset : {0, 1, 9'999, 10'000, 25'000, 44'999, 45'000})
    for (const std::uint64_t size : {0, 1, 10'000, 20'002, 45'000}) {
      std::string read(size, '?');
      const auto done = data->read(offset, std::as_writable_bytes(std::span(read)));
      if (offset + size > bytes.size()) {
        EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, done));
        EXPECT_EQ(read, std::string(size, '?'));
      } else {
        EXPECT_TRUE(ok(done));
        EXPECT_EQ(read, bytes.substr(offset, size)) << offset << ' ' << size;
      }
    }
  std::string read(1, '?');
  EXPECT_TRUE(
      fails_with(ErrorCode::out_of_bounds, data->read(UINT64_MAX, std::as_writable_bytes(std::span(read)))));
}

TEST_P(RegionOn, EachShardIsVisitedOnce) {
  const std::string bytes = some_bytes(95'000, 5);
  const auto data = ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded);
  ASSERT_TRUE(ok(data));
  std::mutex mutex;
  std::string seen(bytes.size(), '?');
  std::multiset<std::uint64_t> indexes;
  ASSERT_TRUE(ok(data->for_each_shard([&](const ShardInfo& shard, const RegionView& view) -> Result<void> {
    const std::lock_guard lock(mutex);
    seen.replace(shard.offset, shard.size_bytes, text_of(view));
    indexes.insert(shard.index);
    EXPECT_EQ(view.size_bytes(), shard.size_bytes);
    EXPECT_EQ(shard.region, data->shard(shard.index).region);
    EXPECT_EQ(shard.checksum, data->shard(shard.index).checksum);
    return {};
  })));
  EXPECT_EQ(seen, bytes);
  EXPECT_EQ(indexes, (std::multiset<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_P(RegionOn, TheVisitorsFirstErrorEndsTheVisit) {
  const auto data = ShardedData::write(*store_, "data", bytes_of_text(some_bytes(95'000)),
                                       {.shard_size_bytes = kShardBytes, .threads = 1});
  ASSERT_TRUE(ok(data));
  unsigned visits = 0;
  const auto visited = data->for_each_shard([&](const ShardInfo& shard, const RegionView&) -> Result<void> {
    ++visits;
    if (shard.index < 4) return {};
    return Unexpected(Error{.code = ErrorCode::busy, .message = "enough"});
  });
  EXPECT_TRUE(fails_with(ErrorCode::busy, visited));
  EXPECT_EQ(visits, 5u);
  EXPECT_THROW(
      (void)data->for_each_shard([](const ShardInfo&, const RegionView&) -> Result<void> { throw 5; }), int);
}

// Known vectors: whoever has the bytes can compute them.
TEST_P(RegionOn, AShardsChecksumIsThePlainXxh3) {
  const auto data = ShardedData::write(*store_, "data", bytes_of_text("abc"), {.shard_size_bytes = 3});
  ASSERT_TRUE(ok(data));
  EXPECT_EQ(data->shard(0).checksum, 0x78AF5F94892F3950ull);
}

TEST_P(RegionOn, AsManyBuffersAsThreadsAreLive) {
  const std::string bytes = some_bytes(395'000, 6);
  for (const std::uint32_t threads : {1u, 2u, 5u}) {
    CountingSource source(bytes);
    const auto data = ShardedData::write_from(*store_, "data", bytes.size(), source.source(),
                                              {.shard_size_bytes = kShardBytes, .threads = threads});
    ASSERT_TRUE(ok(data));
    EXPECT_LE(source.live_max(), threads);
    EXPECT_EQ(source.calls(), 40u);
    EXPECT_EQ(read_all(*data), bytes);
  }
}

TEST_P(RegionOn, WithOneThreadTheSourceIsAskedInOrderFromTheCallersThread) {
  std::vector<std::uint64_t> offsets;
  const auto data =
      ShardedData::write_from(*store_, "data", 35'000,
                              [&, caller = std::this_thread::get_id()](
                                  std::uint64_t offset, std::span<std::byte> bytes) -> Result<void> {
                                EXPECT_EQ(std::this_thread::get_id(), caller);
                                EXPECT_EQ(bytes.size(), offset == 30'000 ? 5'000u : kShardBytes);
                                offsets.push_back(offset);
                                std::ranges::fill(bytes, std::byte{'x'});
                                return {};
                              },
                              {.shard_size_bytes = kShardBytes, .threads = 1});
  ASSERT_TRUE(ok(data));
  EXPECT_EQ(offsets, (std::vector<std::uint64_t>{0, 10'000, 20'000, 30'000}));
}

TEST_P(RegionOn, ASourceThatFailsLeavesNothing) {
  const std::string old_bytes = some_bytes(25'000, 1);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(old_bytes), kSharded)));
  const std::uint64_t free = free_bytes();
  const auto failing = [](std::uint64_t offset, std::span<std::byte>) -> Result<void> {
    if (offset < 150'000) return {};
    return Unexpected(Error{.code = ErrorCode::not_supported, .message = "no more"});
  };
  const auto throwing = [](std::uint64_t offset, std::span<std::byte>) -> Result<void> {
    if (offset < 150'000) return {};
    throw std::runtime_error("no more");
  };
  const auto without_memory = [](std::uint64_t offset, std::span<std::byte>) -> Result<void> {
    if (offset < 150'000) return {};
    throw std::bad_alloc();
  };
  for (const char* name : {"data", "new"}) {
    EXPECT_TRUE(fails_with(ErrorCode::not_supported,
                           ShardedData::write_from(*store_, name, 200'000, failing, kSharded)));
    EXPECT_THROW((void)ShardedData::write_from(*store_, name, 200'000, throwing, kSharded),
                 std::runtime_error);
    EXPECT_TRUE(fails_with(ErrorCode::no_memory,
                           ShardedData::write_from(*store_, name, 200'000, without_memory, kSharded)));
  }
  EXPECT_EQ(shards_in(*store_), 3u);
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "new")));
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), old_bytes);
}

TEST_P(RegionOn, WhatDoesNotFitTheStoreLeavesNothing) {
  const std::string old_bytes = some_bytes(25'000, 1);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(old_bytes), kSharded)));
  const std::string large(kRoomBytes, 'x');
  for (const char* name : {"data", "new"})
    EXPECT_TRUE(fails_with(
        ErrorCode::no_space,
        ShardedData::write(*store_, name, bytes_of_text(large), {.shard_size_bytes = kMiB, .threads = 2})));
  EXPECT_EQ(shards_in(*store_), 3u);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "new")));
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), old_bytes);
  const std::string fits(kRoomBytes / 2, 'y');  // all room is back
  EXPECT_TRUE(
      ok(ShardedData::write(*store_, "new", bytes_of_text(fits), {.shard_size_bytes = kMiB, .threads = 2})));
}

}  // namespace
}  // namespace holdfast::region_suites
