// Data sets in shards that somebody has damaged, or told otherwise.

#include "sharded_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, ADamagedShardIsNamed) {
  const std::string bytes = some_bytes(95'000, 2);
  auto data = ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded);
  ASSERT_TRUE(ok(data));
  auto shard = store_->region(data->shard(3).region);
  ASSERT_TRUE(ok(shard));
  ASSERT_TRUE(ok(shard->write_at(1'234, bytes_of_text("~"), kImmediate)));
  for (const auto& damaged : {data->verify(), data->for_each_shard([](const ShardInfo&, const RegionView&) {
                                return Result<void>();
                              })}) {
    ASSERT_TRUE(fails_with(ErrorCode::corruption, damaged));
    EXPECT_EQ(damaged.error().offset, 30'000u);
    EXPECT_NE(damaged.error().message.find("shard 3 "), std::string::npos) << damaged.error().message;
    EXPECT_NE(damaged.error().message.find(std::to_string(shard->id())), std::string::npos);
    EXPECT_EQ(damaged.error().expected.size(), 16u);
    EXPECT_EQ(damaged.error().found.size(), 16u);
  }
  std::string read(20'000, '?');
  EXPECT_TRUE(fails_with(ErrorCode::corruption,
                         data->read(25'000, std::as_writable_bytes(std::span(read)).first(15'000))));
  EXPECT_TRUE(ok(data->read(10'000, std::as_writable_bytes(std::span(read)))));  // others
  EXPECT_TRUE(
      ok(data->read(30'000, std::as_writable_bytes(std::span(read)).first(9'999))));  // a part is not checked
  const auto unchecked = ShardedData::open(*store_, "data", {.verify_on_read = false});
  EXPECT_NE(read_all(*unchecked), "error");
  EXPECT_TRUE(fails_with(ErrorCode::corruption, unchecked->verify()));
  auto another = store_->region(data->shard(7).region);
  ASSERT_TRUE(ok(another->write_at(0, bytes_of_text("~"))));
  const auto verified = data->verify();
  ASSERT_TRUE(fails_with(ErrorCode::corruption, verified));
  EXPECT_NE(verified.error().message.find("the first of 2"), std::string::npos) << verified.error().message;
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  EXPECT_TRUE(ok(ShardedData::open(*store_, "data")->verify()));
}

TEST_P(RegionOn, AMissingOrShorterShardIsCorruption) {
  auto data = ShardedData::write(*store_, "data", bytes_of_text(some_bytes(30'000)), kSharded);
  ASSERT_TRUE(ok(data));
  ASSERT_TRUE(ok(store_->region(data->shard(1).region)->truncate(9'000)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedData::open(*store_, "data")));
  ASSERT_TRUE(ok(store_->region(data->shard(1).region)->remove()));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedData::open(*store_, "data")));
  ASSERT_TRUE(ok(ShardedData::remove(*store_, "data")));
  EXPECT_EQ(shards_in(*store_), 0u);
}

// Each byte of the list, changed; and each length of it.
TEST_P(RegionOn, ADamagedListIsCorruption) {
  const std::string bytes = some_bytes(30'000);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  Region list = region("data");
  const std::string whole = read_all(list);
  ASSERT_EQ(whole.size(), 64u + 3 * 16);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    const std::string changed(1, static_cast<char>(whole[at] ^ 0x10));
    ASSERT_TRUE(ok(list.write_at(at, bytes_of_text(changed))));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedData::open(*store_, "data"))) << at;
    EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedData::remove_leftovers(*store_))) << at;
    ASSERT_TRUE(ok(list.write_at(at, bytes_of_text(whole.substr(at, 1)))));
  }
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    ASSERT_TRUE(ok(list.truncate_write(0, bytes_of_text(whole.substr(0, size)))));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedData::open(*store_, "data"))) << size;
  }
  EXPECT_EQ(shards_in(*store_), 3u);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));  // replaces it
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), bytes);
  EXPECT_EQ(ShardedData::remove_leftovers(*store_), 3u);
  ASSERT_TRUE(ok(region("data").write_at(20, bytes_of_text("damage"))));
  ASSERT_TRUE(ok(ShardedData::remove(*store_, "data")));
  EXPECT_EQ(shards_in(*store_), 0u);
}

// Whatever its metadata says: a list is known by its bytes, and its shards are nobody's leftovers.
TEST_P(RegionOn, AListWithOtherMetadataOrAnotherNameKeepsItsShards) {
  const std::string bytes = some_bytes(30'000);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text(bytes), kSharded)));
  Region list = region("data");
  ASSERT_TRUE(ok(list.set_metadata({.owner = "me"})));
  ASSERT_TRUE(ok(list.rename("renamed")));
  EXPECT_EQ(ShardedData::remove_leftovers(*store_), 0u);
  ASSERT_TRUE(ok(ShardedData::write(*store_, "data", bytes_of_text("other"), kSharded)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, ShardedData::open(*store_, "nothing")));
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "renamed")), bytes);
  EXPECT_EQ(read_all(*ShardedData::open(*store_, "data")), "other");
}

}  // namespace
}  // namespace holdfast::region_suites
