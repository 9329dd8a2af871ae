// Data sets in shards from their making to their end: names, modes, replacement, leftovers.

#include <thread>

#include "sharded_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, ANameOfSomethingElseIsRefused) {
  ASSERT_TRUE(ok(store_->kv("keys")));
  write(0, "bytes of a region");
  for (const char* name : {"region", "keys"}) {
    EXPECT_TRUE(
        fails_with(ErrorCode::exists, ShardedData::write(*store_, name, bytes_of_text("bytes"), kSharded)));
    EXPECT_TRUE(fails_with(ErrorCode::exists, ShardedData::open(*store_, name)));
    EXPECT_TRUE(fails_with(ErrorCode::exists, ShardedData::remove(*store_, name)));
  }
  for (const std::string& name : {std::string(), some_bytes(256)}) {
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedData::write(*store_, name, {}, kSharded)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedData::open(*store_, name)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, ShardedData::remove(*store_, name)));
  }
  EXPECT_TRUE(holds(*region_, "bytes of a region"));
  EXPECT_EQ(shards_in(*store_), 0u);
}

TEST_P(RegionOn, ADataSetsModeAndLimits) {
  const auto write_with = [this](ShardedDataOptions options) {
    return ShardedData::write(*store_, "data", bytes_of_text(some_bytes(2'000)), options);
  };
  EXPECT_TRUE(fails_with(ErrorCode::not_found, write_with({.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(write_with({.mode = OpenMode::create})));
  EXPECT_TRUE(fails_with(ErrorCode::exists, write_with({.mode = OpenMode::create})));
  EXPECT_TRUE(ok(write_with({.mode = OpenMode::existing})));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, write_with({.shard_size_bytes = 0})));
  EXPECT_TRUE(
      fails_with(ErrorCode::invalid_argument, write_with({.shard_size_bytes = kRegionSizeBytesMax + 1})));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, ShardedData::write_from(*store_, "data", UINT64_MAX, nullptr,
                                                                       {.shard_size_bytes = 1})));
  EXPECT_EQ(shards_in(*store_), 1u);
}

TEST_P(RegionOn, AHandleShowsTheDataSetItWasMadeFor) {
  const auto first = ShardedData::write(*store_, "data", bytes_of_text(some_bytes(30'000, 1)), kSharded);
  ASSERT_TRUE(ok(first));
  const auto nothing = [](const ShardInfo&, const RegionView&) { return Result<void>(); };
  const auto view = store_->region(first->shard(0).region)->view(0, 10);
  ASSERT_TRUE(ok(view));
  const auto second = ShardedData::write(*store_, "data", bytes_of_text(some_bytes(20'000, 2)), kSharded);
  ASSERT_TRUE(ok(second));
  EXPECT_EQ(text_of(*view), some_bytes(10, 1));
  std::string read(30'000, '?');
  EXPECT_TRUE(fails_with(ErrorCode::not_found, first->read(0, std::as_writable_bytes(std::span(read)))));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, first->verify()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, first->for_each_shard(nothing)));
  EXPECT_EQ(read_all(*second), some_bytes(20'000, 2));
  ASSERT_TRUE(ok(ShardedData::remove(*store_, "data")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, second->verify()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::remove(*store_, "data")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "data")));
  EXPECT_EQ(shards_in(*store_), 0u);
}

TEST_P(RegionOn, AClosedStoresDataSetsAnswerClosed) {
  const auto data = ShardedData::write(*store_, "data", bytes_of_text("bytes"), kSharded);
  const auto empty = ShardedData::write(*store_, "empty", {}, kSharded);
  ASSERT_TRUE(ok(data));
  ASSERT_TRUE(ok(empty));
  ASSERT_TRUE(ok(store_->close()));
  for (const auto& handle : {*data, *empty}) {
    EXPECT_TRUE(fails_with(ErrorCode::closed, handle.verify()));
    EXPECT_TRUE(fails_with(ErrorCode::closed, handle.read(0, {})));
  }
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedData::open(*store_, "data")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedData::write(*store_, "data", {}, kSharded)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedData::remove(*store_, "data")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, ShardedData::remove_leftovers(*store_)));
  store_.reset();
  EXPECT_TRUE(fails_with(ErrorCode::closed, data->verify()));
}

TEST_P(RegionOn, OneNameHasOneWriterAtATime) {
  const std::string bytes = some_bytes(30'000);
  const auto data = ShardedData::write_from(
      *store_, "data", bytes.size(),
      [&](std::uint64_t offset, std::span<std::byte> to) -> Result<void> {
        EXPECT_TRUE(fails_with(ErrorCode::busy,
                               ShardedData::write(*store_, "data", bytes_of_text("other"), kSharded)));
        EXPECT_TRUE(fails_with(ErrorCode::busy, ShardedData::remove(*store_, "data")));
        EXPECT_TRUE(ok(ShardedData::write(*store_, "other", bytes_of_text("other"), kSharded)));
        EXPECT_EQ(ShardedData::remove_leftovers(*store_), 0u);  // what is being written is none
        std::ranges::copy(bytes_of_text(bytes).subspan(offset, to.size()), to.begin());
        return {};
      },
      {.shard_size_bytes = kShardBytes, .threads = 1});
  ASSERT_TRUE(ok(data));
  EXPECT_EQ(read_all(*data), bytes);
}

TEST_P(RegionOn, DataSetsAreReadWhileTheyAreReplaced) {
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(std::string(50'000, 'a')), kSharded)));
  std::atomic<bool> stop{false};
  std::atomic<unsigned> reads{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop || reads == 0) {
        const auto data = ShardedData::open(*store_, "data", kSharded);
        ASSERT_TRUE(ok(data));
        std::string bytes(data->size_bytes(), '?');
        const auto read = data->read(0, std::as_writable_bytes(std::span(bytes)));
        if (!read) {
          ASSERT_TRUE(fails_with(ErrorCode::not_found, read));
          continue;
        }
        ++reads;
        ASSERT_EQ(bytes.find_first_not_of(bytes[0]), std::string::npos);
        const auto verified = data->verify();
        if (!verified) {
          ASSERT_TRUE(fails_with(ErrorCode::not_found, verified));
        }
      }
    });
  std::thread cleaner([&] {
    while (!stop) ASSERT_TRUE(ok(ShardedData::remove_leftovers(*store_)));
  });
  for (unsigned i = 0; i < 30; ++i) {
    const std::string bytes(50'000 + i * 3'000, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  cleaner.join();
  EXPECT_EQ(shards_in(*store_), ShardedData::open(*store_, "data")->shard_count());
}

TEST_P(RegionReopen, ADataSetIsThereAfterAKill) {
  const std::string bytes = some_bytes(123'456, 4);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  ASSERT_TRUE(ok(ShardedData::write(*store_, "removed", bytes_of_text(bytes), kSharded)));
  ASSERT_TRUE(ok(ShardedData::remove(*store_, "removed")));
  reopen_after_kill();
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data", kSharded)), bytes);
  EXPECT_TRUE(ok(ShardedData::open(*store_, "data")->verify()));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "removed")));
  EXPECT_EQ(shards_in(*store_), 13u);
}

TEST_P(RegionReopen, ADataSetIsReadFromAReadOnlyStore) {
  const std::string bytes = some_bytes(45'000);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  options_.mode = OpenMode::read_only;
  reopen_after_close();
  const auto data = ShardedData::open(*store_, "data", kSharded);
  ASSERT_TRUE(ok(data));
  EXPECT_EQ(read_all(*data), bytes);
  EXPECT_TRUE(ok(data->verify()));
  for (const char* name : {"data", "new"})
    for (const std::size_t size : {0, 20'000})
      EXPECT_TRUE(fails_with(ErrorCode::read_only,
                             ShardedData::write(*store_, name, bytes_of_text(bytes).first(size), kSharded)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, ShardedData::remove(*store_, "data")));
  EXPECT_EQ(ShardedData::remove_leftovers(*store_), 0u);
  EXPECT_EQ(read_all(*data), bytes);
}

// The process ends in the middle: the store is dropped while the source is asked for the fourth shard.
TEST_P(RegionReopen, AnInterruptedWriteIsNoDataSetAndItsShardsGo) {
  const std::string old_bytes = some_bytes(25'000, 1);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(old_bytes), kSharded)));
  for (const char* name : {"data", "new"}) {
    const auto written =
        ShardedData::write_from(*store_, name, 80'000,
                                [&](std::uint64_t offset, std::span<std::byte>) -> Result<void> {
                                  if (offset == 30'000) {
                                    EXPECT_TRUE(ok(store_->close()));
                                  }
                                  return {};
                                },
                                {.shard_size_bytes = kShardBytes, .threads = 1});
    EXPECT_TRUE(fails_with(ErrorCode::closed, written));
    reopen_after_kill();
  }
  EXPECT_EQ(shards_in(*store_), 3u + 3);  // the second write has taken away what the first had left
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "new")));
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), old_bytes);
  EXPECT_EQ(ShardedData::remove_leftovers(*store_), 3u);
  EXPECT_EQ(shards_in(*store_), 3u);
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), old_bytes);
}

// Only what is marked, and has no name: whoever has named one wants to keep it.
TEST_P(RegionOn, OnlyShardsAreLeftovers) {
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(some_bytes(40'000)), kSharded)));
  ASSERT_TRUE(ok(store_->create_region({.bytes = bytes_of_text("mine"), .metadata = {.owner = "me"}})));
  ASSERT_TRUE(ok(region("data").remove()));
  const auto regions = store_->regions();
  EXPECT_EQ(regions->front().metadata.owner, "holdfast.sharded_data");
  EXPECT_EQ(regions->front().metadata.attributes.at("data_set"), "data");
  ASSERT_TRUE(ok(store_->region(regions->front().id)->rename("kept")));
  EXPECT_EQ(ShardedData::remove_leftovers(*store_), 3u);
  EXPECT_EQ(shards_in(*store_), 1u);
  EXPECT_EQ(store_->regions("kept")->size(), 1u);
}

TEST_P(RegionReopen, TheNextWriteTakesLeftoversAway) {
  const auto written =
      ShardedData::write_from(*store_, "data", 80'000,
                              [&](std::uint64_t offset, std::span<std::byte>) -> Result<void> {
                                if (offset == 30'000) {
                                  EXPECT_TRUE(ok(store_->close()));
                                }
                                return {};
                              },
                              {.shard_size_bytes = kShardBytes, .threads = 1});
  EXPECT_TRUE(fails_with(ErrorCode::closed, written));
  reopen_after_kill();
  EXPECT_EQ(shards_in(*store_), 3u);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "other", bytes_of_text("bytes"), kSharded)));
  EXPECT_EQ(shards_in(*store_), 1u);
}

}  // namespace
}  // namespace holdfast::region_suites
