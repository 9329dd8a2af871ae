// The numbers that the public headers document, written out. Each structure is taken apart by its number
// of fields: a new option without a line here does not compile.

#include <holdfast/holdfast.hpp>

#include <gtest/gtest.h>

#include "common/format/layout.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kMebibyte = 1'048'576;

TEST(Defaults, OfAStore) {
  const auto [backend, mode, size_bytes, max_size_bytes, segment_size_bytes, emulate_pmem, interval_ms,
              interval_bytes, async_bytes_max, async_wait_ms, snapshot_bytes_max, index_bytes_max, clean_automatically,
              garbage_ratio_max, sweep_interval_ms, clock, recovery_threads, region_statistics,
              low_space_bytes, on_low_space, sigbus_guard] = Options{};
  EXPECT_EQ(backend, Backend::automatic);
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(size_bytes, 64 * kMebibyte);
  EXPECT_EQ(max_size_bytes, 256 * 1024 * kMebibyte);
  EXPECT_EQ(segment_size_bytes, 2 * kMebibyte);
  EXPECT_FALSE(emulate_pmem);
  EXPECT_EQ(interval_ms, 100u);
  EXPECT_EQ(interval_bytes, 8 * kMebibyte);
  EXPECT_EQ(async_bytes_max, 16 * kMebibyte);
  EXPECT_EQ(async_wait_ms, 0u);
  EXPECT_EQ(snapshot_bytes_max, 1024 * kMebibyte);
  EXPECT_EQ(index_bytes_max, 0u);
  EXPECT_TRUE(clean_automatically);
  EXPECT_EQ(garbage_ratio_max, 0.5);
  EXPECT_EQ(sweep_interval_ms, 100u);
  EXPECT_FALSE(clock);
  EXPECT_EQ(recovery_threads, 0u);
  EXPECT_TRUE(region_statistics);
  EXPECT_EQ(low_space_bytes, 0u);
  EXPECT_FALSE(on_low_space);
  EXPECT_FALSE(sigbus_guard);
}

TEST(Defaults, OfAKeyValueSpace) {
  const auto [mode, durability, verify_on_read, expected_keys, settings] = KvOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::immediate);
  EXPECT_TRUE(verify_on_read);
  EXPECT_EQ(expected_keys, 0u);
  const auto [ordered, compress_above_bytes, default_ttl_ms, keys_max, bytes_max] = settings;
  EXPECT_FALSE(ordered);
  EXPECT_EQ(compress_above_bytes, 0u);
  EXPECT_EQ(default_ttl_ms, 0u);
  EXPECT_EQ(keys_max, 0u);
  EXPECT_EQ(bytes_max, 0u);
}

TEST(Defaults, OfALogStream) {
  const auto [mode, durability, verify_on_read, on_damage, settings] = LogOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::immediate);
  EXPECT_TRUE(verify_on_read);
  EXPECT_EQ(on_damage, OnDamage::fail);
  const auto [segment_bytes, segment_records_max, segment_age_ms_max, retain_ms, retain_bytes, retain_records,
              keep_records_min, compress_above_bytes, compact_by_key, compact_garbage_percent_min, compact_age_ms_min,
              tombstone_ms] = settings;
  for (const std::uint64_t setting : {segment_bytes, segment_records_max, segment_age_ms_max, retain_ms, retain_bytes,
                                      retain_records, keep_records_min, compress_above_bytes, compact_age_ms_min, tombstone_ms})
    EXPECT_EQ(setting, 0u);
  EXPECT_FALSE(compact_by_key);
  EXPECT_EQ(compact_garbage_percent_min, 0u);
}

TEST(Defaults, OfARegion) {
  const auto [mode, durability, size_bytes_max] = RegionOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(durability, Durability::buffered);
  EXPECT_EQ(size_bytes_max, 1024 * 1024 * kMebibyte);
}

TEST(Defaults, OfAShardedDataSet) {
  const auto [mode, shard_size_bytes, threads, verify_on_read] = ShardedDataOptions{};
  EXPECT_EQ(mode, OpenMode::open_or_create);
  EXPECT_EQ(shard_size_bytes, 100 * kMebibyte);
  EXPECT_EQ(threads, 0u);
  EXPECT_TRUE(verify_on_read);
}

TEST(Defaults, OfAWrite) {
  const auto [durability] = WriteOptions{};
  EXPECT_FALSE(durability.has_value());
}

TEST(Defaults, OfAPut) {
  const auto [durability, ttl_ms, expires_at_us] = PutOptions{};
  EXPECT_FALSE(durability.has_value());
  EXPECT_FALSE(ttl_ms.has_value());
  EXPECT_FALSE(expires_at_us.has_value());
  const PutOptions from_write = WriteOptions{.durability = Durability::interval};
  EXPECT_EQ(from_write.durability, Durability::interval);
}

TEST(Defaults, OfAnExport) {
  const auto [block_size_bytes, replaces, resumes, observer] = KvExportOptions{};
  EXPECT_EQ(block_size_bytes, kMebibyte / 4);
  EXPECT_FALSE(replaces);
  EXPECT_FALSE(resumes);
  EXPECT_FALSE(observer);
}

TEST(Defaults, OfAnImport) {
  const auto [conflict, durability, batch_entries, mark_every_bytes, resumes, observer] = KvImportOptions{};
  EXPECT_EQ(conflict, KvConflict::replace);
  EXPECT_EQ(durability, Durability::immediate);
  EXPECT_EQ(batch_entries, 256u);
  EXPECT_EQ(mark_every_bytes, 64 * kMebibyte);
  EXPECT_FALSE(resumes);
  EXPECT_FALSE(observer);
}

TEST(Limits, AreTheDocumentedOnes) {
  EXPECT_EQ(kKeySizeBytesMax, 65'535u);
  EXPECT_EQ(kValueSizeBytesMax, 4'294'967'295u);
  EXPECT_EQ(kNameSizeBytesMax, 255u);
  EXPECT_EQ(kKvBlockSizeBytesMax, 16 * kMebibyte);
  EXPECT_EQ(kExpectedKeysMax, std::uint64_t{1} << 40);
  EXPECT_EQ(kTtlMsMax, 281'474'976'710'656u);
  EXPECT_EQ(kSegmentSizeBytesMin, 65'536u);
  EXPECT_EQ(kSegmentSizeBytesMax, 64 * kMebibyte);
}

TEST(Enums, RiseFromStrictToLax) {
  EXPECT_LT(Durability::immediate, Durability::interval);
  EXPECT_LT(Durability::interval, Durability::buffered);
}

}  // namespace
}  // namespace holdfast
