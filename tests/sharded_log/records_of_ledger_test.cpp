// What the ledger keeps of sharded logs is read as it was written, or refused.

#include <gtest/gtest.h>

#include <string>

#include <holdfast/sharded_log.hpp>

#include "contract/storage_test_support.hpp"
#include "sharded_log/manifest.hpp"
#include "sharded_log/reshard_record.hpp"

namespace holdfast::sharded_log {
namespace {

Manifest some_manifest() {
  return {.phase = LogPhase::whole,
          .log_number = 7,
          .generation = 3,
          .seed = 11,
          .shard_count = 5,
          .store_count = 2,
          .store_index = 1};
}

/// Every value that differs in one byte, of one bit, and `value` cut at every length.
template <class Visit>
void for_each_spoiled(const std::string& value, const Visit& visit) {
  for (std::size_t i = 0; i < value.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string spoiled = value;
      spoiled[i] = static_cast<char>(spoiled[i] ^ (1 << bit));
      visit(spoiled);
    }
  for (std::size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(visit(value.substr(0, size))) << size;
  EXPECT_FALSE(visit(value + "x"));
}

TEST(ShardedLogManifest, IsReadAsItWasWritten) {
  const Manifest written = some_manifest();
  const auto read = decode_manifest(encode_manifest(written));
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(read->phase, written.phase);
  EXPECT_EQ(read->log_number, written.log_number);
  EXPECT_EQ(read->generation, written.generation);
  EXPECT_EQ(read->seed, written.seed);
  EXPECT_EQ(read->shard_count, written.shard_count);
  EXPECT_EQ(read->store_count, written.store_count);
  EXPECT_EQ(read->store_index, written.store_index);
}

TEST(ShardedLogManifest, ImpossibleOnesAreRefused) {
  for_each_spoiled(encode_manifest(some_manifest()), [](const std::string& value) {
    const auto read = decode_manifest(value);
    if (!read) {
      const bool is_known = read.error().code == ErrorCode::corruption || read.error().code == ErrorCode::version_mismatch;
      EXPECT_TRUE(is_known);
      return false;
    }
    EXPECT_NE(read->shard_count, 0u);
    EXPECT_LE(read->shard_count, kLogShardsMax);
    EXPECT_LT(read->store_index, read->store_count);
    return true;
  });
  Manifest manifest = some_manifest();
  manifest.shard_count = 0;
  EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_manifest(encode_manifest(manifest))));
  manifest = some_manifest();
  manifest.store_index = 2;
  EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_manifest(encode_manifest(manifest))));
  std::string newer = encode_manifest(some_manifest());
  newer[0] = 2;
  EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, decode_manifest(newer + "and more")));
}

TEST(ShardedLogManifest, ShardsHaveNamesOfTheirOwn) {
  EXPECT_EQ(shard_name("log", 1, 0), "log#0");
  EXPECT_EQ(shard_name("log", 1, 12), "log#12");
  EXPECT_EQ(shard_name("log", 2, 12), "log#12.2");
}

TEST(ReshardRecordOfLedger, IsReadAsItWasWritten) {
  const ReshardRecord written{.phase = ReshardPhase::copying,
                              .generation = 4,
                              .shard_count = 3,
                              .done_records = 99,
                              .next = {1, 22, 333}};
  const auto read = decode_reshard(encode_reshard(written));
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(read->phase, written.phase);
  EXPECT_EQ(read->generation, written.generation);
  EXPECT_EQ(read->shard_count, written.shard_count);
  EXPECT_EQ(read->done_records, written.done_records);
  EXPECT_EQ(read->next, written.next);
  for_each_spoiled(encode_reshard(written), [](const std::string& value) {
    const auto spoiled = decode_reshard(value);
    return spoiled.has_value();
  });
}

TEST(ReshardRecordOfLedger, ImpossibleOnesAreRefused) {
  const ReshardRecord dropping{.phase = ReshardPhase::dropping, .generation = 1, .shard_count = 4};
  EXPECT_TRUE(ok(decode_reshard(encode_reshard(dropping))));
  ReshardRecord with_ids = dropping;
  with_ids.next = {1};
  EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_reshard(encode_reshard(with_ids))));
  ReshardRecord without = dropping;
  without.phase = ReshardPhase::copying;
  EXPECT_TRUE(fails_with(ErrorCode::corruption, decode_reshard(encode_reshard(without))));
  std::string newer = encode_reshard(dropping);
  newer[0] = 2;
  EXPECT_TRUE(fails_with(ErrorCode::version_mismatch, decode_reshard(newer)));
}

TEST(MovedCutOfLedger, IsReadAsItWasWritten) {
  const MovedCut written{.old_next = {1, 2, 3}, .next = {40, 50}};
  const auto read = decode_moved_cut(encode_moved_cut(written));
  ASSERT_TRUE(ok(read));
  EXPECT_EQ(read->old_next, written.old_next);
  EXPECT_EQ(read->next, written.next);
  for_each_spoiled(encode_moved_cut(written), [](const std::string& value) { return decode_moved_cut(value).has_value(); });
}

}  // namespace
}  // namespace holdfast::sharded_log
