// docs/format.md is the law of what lies on media: its tables are held to the structs here.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <holdfast/kv.hpp>
#include <holdfast/sharded_data.hpp>

#include "common/format/catalog_entry.hpp"
#include "common/format/footer.hpp"
#include "common/format/record.hpp"
#include "common/format/segment.hpp"
#include "common/format/superblock.hpp"
#include "format_page.hpp"
#include "kv/kv_settings.hpp"
#include "log/log_settings.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/manifest.hpp"
#include "sharded_log/reshard_record.hpp"
#include "store_ledger.hpp"
#include "kv_stream/stream_format.hpp"
#include "pmem/arena_header.hpp"
#include "region/metadata.hpp"
#include "sharded/manifest.hpp"

namespace holdfast {
namespace {

using format_page::Field;
using format_page::read_page;
using format_page::Structures;
using format_page::Values;

#define FIELD(member) \
  { offsetof(T, member), sizeof(T::member), #member }

Structures structures_in_code() {
  Structures all;
  {
    using T = SuperblockDisk;
    all["SuperblockDisk"] = {
        sizeof(T),
        {FIELD(check), FIELD(magic), FIELD(format_version), FIELD(features_compat), FIELD(features_ro_compat),
         FIELD(features_incompat), FIELD(sequence), FIELD(uuid), FIELD(secret), FIELD(epoch), FIELD(clean),
         FIELD(segment_size_bytes), FIELD(catalog_segment_id), FIELD(catalog_offset),
         FIELD(catalog_size_bytes), FIELD(catalog_slice_start), FIELD(catalog_slice_count), FIELD(reserved)}};
  }
  {
    using T = SegmentHeaderDisk;
    all["SegmentHeaderDisk"] = {sizeof(T),
                                {FIELD(check), FIELD(magic), FIELD(epoch), FIELD(segment_id), FIELD(space_id),
                                 FIELD(size_bytes), FIELD(reserved)}};
  }
  {
    using T = SliceLinkDisk;
    all["SliceLinkDisk"] = {sizeof(T), {FIELD(segment_id), FIELD(start), FIELD(count), FIELD(epoch), FIELD(reserved)}};
  }
  {
    using T = SliceHeaderDisk;
    all["SliceHeaderDisk"] = {sizeof(T),
                              {FIELD(check), FIELD(magic), FIELD(epoch), FIELD(segment_id), FIELD(start),
                               FIELD(size_bytes), FIELD(previous), FIELD(cleaned_at)}};
  }
  {
    using T = RecordHeaderDisk;
    all["RecordHeaderDisk"] = {sizeof(T),
                               {FIELD(header_check), FIELD(type), FIELD(flags), FIELD(key_size_bytes),
                                FIELD(payload_size_bytes), FIELD(padded_size_bytes), FIELD(sequence),
                                FIELD(watermark), FIELD(version), FIELD(batch), FIELD(content_check)}};
  }
  {
    using T = LogKeyDisk;
    all["LogKeyDisk"] = {sizeof(T), {FIELD(timestamp_us)}};
  }
  {
    using T = BatchTrailerDisk;
    all["BatchTrailerDisk"] = {sizeof(T), {FIELD(count), FIELD(check_sum)}};
  }
  {
    using T = ValuePartDisk;
    all["ValuePartDisk"] = {sizeof(T), {FIELD(segment_id), FIELD(size_bytes), FIELD(check)}};
  }
  {
    using T = FooterEntryDisk;
    all["FooterEntryDisk"] = {
        sizeof(T),
        {FIELD(key_hash), FIELD(version), FIELD(batch), FIELD(offset), FIELD(padded_size_bytes), FIELD(type),
         FIELD(flags), FIELD(reserved_16), FIELD(reserved_32)}};
  }
  {
    using T = SliceFooterDisk;
    all["SliceFooterDisk"] = {sizeof(T),
                              {FIELD(check), FIELD(magic), FIELD(count), FIELD(segment_id), FIELD(start),
                               FIELD(covered_end), FIELD(reserved)}};
  }
  {
    using T = CatalogEntryDisk;
    all["CatalogEntryDisk"] = {sizeof(T),
                               {FIELD(type), FIELD(kind), FIELD(name_size_bytes), FIELD(start),
                                FIELD(segment_id), FIELD(space_id), FIELD(offset), FIELD(size_bytes)}};
  }
  {
    using T = region::RegionMetadataDisk;
    all["RegionMetadataDisk"] = {sizeof(T),
                                 {FIELD(created_ns), FIELD(expected_size_bytes), FIELD(version_of),
                                  FIELD(version_number), FIELD(content_size_bytes), FIELD(checked_block_bytes),
                                  FIELD(versions_kept), FIELD(flags), FIELD(owner_size_bytes),
                                  FIELD(description_size_bytes), FIELD(attribute_count), FIELD(reserved)}};
  }
  {
    using T = ExpiryDisk;
    all["ExpiryDisk"] = {sizeof(T), {FIELD(time_us)}};
  }
  {
    using T = CompressedValueDisk;
    all["CompressedValueDisk"] = {sizeof(T), {FIELD(size_bytes)}};
  }
  {
    using T = kv::KvSettingsDisk;
    all["KvSettingsDisk"] = {sizeof(T),
                             {FIELD(version), FIELD(flags), FIELD(compress_above_bytes), FIELD(default_ttl_ms),
                              FIELD(keys_max), FIELD(bytes_max), FIELD(reserved)}};
  }
  {
    using T = LedgerKeyDisk;
    all["LedgerKeyDisk"] = {sizeof(T), {FIELD(kind), FIELD(number)}};
  }
  {
    using T = CursorDisk;
    all["CursorDisk"] = {sizeof(T), {FIELD(next), FIELD(committed_us), FIELD(flags)}};
  }
  {
    using T = sharded_log::ShardedLogDisk;
    all["ShardedLogDisk"] = {sizeof(T),
                             {FIELD(version), FIELD(phase), FIELD(log_number), FIELD(generation), FIELD(seed),
                              FIELD(shard_count), FIELD(store_count), FIELD(store_index), FIELD(reserved_32),
                              FIELD(reserved)}};
  }
  {
    using T = sharded_log::ReshardDisk;
    all["ReshardDisk"] = {sizeof(T),
                          {FIELD(version), FIELD(phase), FIELD(generation), FIELD(shard_count), FIELD(old_shard_count),
                           FIELD(done_records)}};
  }
  {
    using T = sharded_log::MovedCutDisk;
    all["MovedCutDisk"] = {sizeof(T), {FIELD(old_shard_count), FIELD(shard_count)}};
  }
  {
    using T = sharded_log::CheckpointDisk;
    all["CheckpointDisk"] = {sizeof(T), {FIELD(version), FIELD(shard_count), FIELD(created_us)}};
  }
  {
    using T = log::LogSettingsDisk;
    all["LogSettingsDisk"] = {sizeof(T),
                              {FIELD(version), FIELD(flags), FIELD(segment_bytes), FIELD(segment_records_max),
                               FIELD(segment_age_ms_max), FIELD(retain_ms), FIELD(retain_bytes), FIELD(retain_records),
                               FIELD(keep_records_min), FIELD(compress_above_bytes), FIELD(compact_garbage_percent_min),
                               FIELD(compact_age_ms_min), FIELD(tombstone_ms), FIELD(reserved)}};
  }
  {
    using T = sharded::ShardedManifestDisk;
    all["ShardedManifestDisk"] = {sizeof(T),
                                  {FIELD(check), FIELD(magic), FIELD(version), FIELD(reserved_32), FIELD(write_id),
                                   FIELD(size_bytes), FIELD(shard_size_bytes), FIELD(shard_count), FIELD(reserved_64)}};
  }
  {
    using T = sharded::ShardDisk;
    all["ShardDisk"] = {sizeof(T), {FIELD(region_id), FIELD(check)}};
  }
  {
    using T = kv_stream::KvStreamHeaderDisk;
    all["KvStreamHeaderDisk"] = {
        sizeof(T),
        {FIELD(magic), FIELD(version), FIELD(reserved_32), FIELD(id), FIELD(entries_expected), FIELD(check)}};
  }
  {
    using T = kv_stream::KvBlockHeaderDisk;
    all["KvBlockHeaderDisk"] = {sizeof(T),
                                {FIELD(magic), FIELD(entries), FIELD(size_bytes), FIELD(first_entry),
                                 FIELD(content_check), FIELD(check)}};
  }
  {
    using T = kv_stream::KvStreamEntryDisk;
    all["KvStreamEntryDisk"] = {sizeof(T),
                                {FIELD(flags), FIELD(reserved_8), FIELD(key_size_bytes), FIELD(value_size_bytes),
                                 FIELD(expires_us)}};
  }
  {
    using T = pmem::ArenaHeaderDisk;
    all["ArenaHeaderDisk"] = {sizeof(T),
                              {FIELD(check), FIELD(magic), FIELD(version), FIELD(pool_index), FIELD(set_id),
                               FIELD(arena_file_offset), FIELD(arena_size_bytes), FIELD(arena_store_offset),
                               FIELD(pool_file_size_bytes), FIELD(pool_metadata_check), FIELD(reserved)}};
  }
  return all;
}

#undef FIELD

template <class Enum>
constexpr std::uint64_t number(Enum value) noexcept {
  return static_cast<std::uint64_t>(value);
}

Values constants_in_code() {
  return {
      {"kFormatVersion", kFormatVersion},
      {"kSuperblockMagic", kSuperblockMagic},
      {"kSuperblockSlotCount", kSuperblockSlotCount},
      {"kSuperblockSlotSizeBytes", kSuperblockSlotSizeBytes},
      {"kSuperblockAreaSizeBytes", kSuperblockAreaSizeBytes},
      {"kBlockSizeBytes", kBlockSizeBytes},
      {"kSegmentMagic", kSegmentMagic},
      {"kSegmentSizeBytesMin", kSegmentSizeBytesMin},
      {"kSegmentSizeBytesMax", kSegmentSizeBytesMax},
      {"kSliceMagic", kSliceMagic},
      {"kFirstSliceStart", kFirstSliceStart},
      {"kSliceAlignment", kSliceAlignment},
      {"kFooterMagic", kFooterMagic},
      {"kRecordAlignmentMin", kRecordAlignmentMin},
      {"kCacheLineSizeBytes", kCacheLineSizeBytes},
      {"kKeySizeBytesMax", kKeySizeBytesMax},
      {"kValueSizeBytesMax", kValueSizeBytesMax},
      {"kNameSizeBytesMax", kNameSizeBytesMax},
      {"kSpaceMetadataSizeBytesMax", kSpaceMetadataSizeBytesMax},
      {"kSegmentIdMax", kSegmentIdMax},
      {"kSpaceIdMax", kSpaceIdMax},
      {"kVersionEnd", kVersionEnd},
      {"kCatalogSpaceId", kCatalogSpaceId},
      {"kRecordFlagValueParts", kRecordFlagValueParts},
      {"kRecordFlagCatalogDecides", kRecordFlagCatalogDecides},
      {"kRecordFlagCompressed", kRecordFlagCompressed},
      {"kRecordFlagExpires", kRecordFlagExpires},
      {"kRecordFlagKeyed", kRecordFlagKeyed},
      {"kRecordFlagErasesKey", kRecordFlagErasesKey},
      {"kTimeUsMax", kTimeUsMax},
      {"kKvSettingsVersion", kv::kKvSettingsVersion},
      {"kKvOrdered", kv::kKvOrdered},
      {"kLogSettingsVersion", log::kLogSettingsVersion},
      {"kLogCompactsByKey", log::kLogCompactsByKey},
      {"LedgerKind::cursor", number(LedgerKind::cursor)},
      {"kCursorProtects", kCursorProtects},
      {"LedgerKind::sharded_log", number(LedgerKind::sharded_log)},
      {"LedgerKind::reshard", number(LedgerKind::reshard)},
      {"LedgerKind::moved_cut", number(LedgerKind::moved_cut)},
      {"kShardedLogVersion", sharded_log::kShardedLogVersion},
      {"kReshardVersion", sharded_log::kReshardVersion},
      {"kLogShardsMax", kLogShardsMax},
      {"LogPhase::preparing", number(sharded_log::LogPhase::preparing)},
      {"LogPhase::whole", number(sharded_log::LogPhase::whole)},
      {"LogPhase::removing", number(sharded_log::LogPhase::removing)},
      {"ReshardPhase::copying", number(sharded_log::ReshardPhase::copying)},
      {"ReshardPhase::dropping", number(sharded_log::ReshardPhase::dropping)},
      {"LedgerKind::checkpoint", number(LedgerKind::checkpoint)},
      {"kCheckpointVersion", sharded_log::kCheckpointVersion},
      {"kCheckpointIdSizeBytesMax", kCheckpointIdSizeBytesMax},
      {"RecordType::put", number(RecordType::put)},
      {"RecordType::erase", number(RecordType::erase)},
      {"RecordType::batch_trailer", number(RecordType::batch_trailer)},
      {"RecordType::slice_end", number(RecordType::slice_end)},
      {"RecordType::catalog", number(RecordType::catalog)},
      {"RecordType::log_entry", number(RecordType::log_entry)},
      {"CatalogEntryType::add_space", number(CatalogEntryType::add_space)},
      {"CatalogEntryType::add_segment", number(CatalogEntryType::add_segment)},
      {"CatalogEntryType::free_segment", number(CatalogEntryType::free_segment)},
      {"CatalogEntryType::slice_count", number(CatalogEntryType::slice_count)},
      {"CatalogEntryType::next_ids", number(CatalogEntryType::next_ids)},
      {"CatalogEntryType::region_size", number(CatalogEntryType::region_size)},
      {"CatalogEntryType::rename_space", number(CatalogEntryType::rename_space)},
      {"CatalogEntryType::remove_space", number(CatalogEntryType::remove_space)},
      {"CatalogEntryType::space_metadata", number(CatalogEntryType::space_metadata)},
      {"CatalogEntryType::batch_decided", number(CatalogEntryType::batch_decided)},
      {"CatalogEntryType::batches_settled", number(CatalogEntryType::batches_settled)},
      {"CatalogEntryType::batches_proved", number(CatalogEntryType::batches_proved)},
      {"CatalogEntryType::batch_dropped", number(CatalogEntryType::batch_dropped)},
      {"CatalogEntryType::clock_mark", number(CatalogEntryType::clock_mark)},
      {"CatalogEntryType::log_begin", number(CatalogEntryType::log_begin)},
      {"CatalogEntryType::log_gap", number(CatalogEntryType::log_gap)},
      {"CatalogEntryType::log_thinned", number(CatalogEntryType::log_thinned)},
      {"SegmentContent::records", number(SegmentContent::records)},
      {"SegmentContent::value", number(SegmentContent::value)},
      {"SegmentContent::region", number(SegmentContent::region)},
      {"SegmentContent::region_hole", number(SegmentContent::region_hole)},
      {"SegmentContent::region_mirror", number(SegmentContent::region_mirror)},
      {"kRegionSealed", region::kRegionSealed},
      {"kRegionMirrored", region::kRegionMirrored},
      {"kRegionCompressed", region::kRegionCompressed},
      {"kRegionCompressesVersions", region::kRegionCompressesVersions},
      {"SpaceKind::catalog", number(SpaceKind::catalog)},
      {"SpaceKind::kv", number(SpaceKind::kv)},
      {"SpaceKind::log", number(SpaceKind::log)},
      {"SpaceKind::region", number(SpaceKind::region)},
      {"kShardedManifestMagic", sharded::kShardedManifestMagic},
      {"kShardedManifestVersion", sharded::kShardedManifestVersion},
      {"kShardCountMax", kShardCountMax},
      {"kKvStreamMagic", kv_stream::kKvStreamMagic},
      {"kKvStreamVersion", kv_stream::kKvStreamVersion},
      {"kKvBlockMagic", kv_stream::kKvBlockMagic},
      {"kKvEndMagic", kv_stream::kKvEndMagic},
      {"kKvEntryExpires", kv_stream::kKvEntryExpires},
      {"kKvBlockSizeBytesMax", kKvBlockSizeBytesMax},
      {"kArenaMagic", pmem::kArenaMagic},
      {"kArenaVersion", pmem::kArenaVersion},
      {"kArenaAlignmentBytes", pmem::kArenaAlignmentBytes},
      {"kArenaMaxBytes", pmem::kArenaMaxBytes},
      {"kHeaderPageBytes", pmem::kHeaderPageBytes},
      {"kPoolFileMinBytes", pmem::kPoolFileMinBytes},
      {"kPoolCountMax", pmem::kPoolCountMax},
      {"kCountCellPageOffset", pmem::kCountCellPageOffset},
  };
}

TEST(FormatDoc, EveryStructureHasItsTableAndNoMore) {
  const Structures code = structures_in_code();
  const Structures page = read_page().structures;
  for (const auto& [name, structure] : code)
    EXPECT_TRUE(page.contains(name)) << name << " is not in the page";
  for (const auto& [name, structure] : page)
    EXPECT_TRUE(code.contains(name)) << name << " is not in the code";
}

TEST(FormatDoc, EveryRowIsAFieldAndEveryFieldARow) {
  const Structures page = read_page().structures;
  for (const auto& [name, structure] : structures_in_code()) {
    const auto found = page.find(name);
    if (found == page.end()) continue;  // the test above says so
    EXPECT_EQ(found->second.size_bytes, structure.size_bytes) << name;
    const auto missing_in = [](const std::vector<Field>& all, const Field& field) {
      return std::find(all.begin(), all.end(), field) == all.end();
    };
    for (const Field& field : structure.fields)
      EXPECT_FALSE(missing_in(found->second.fields, field))
          << name << "." << field.name << ": no row with offset " << field.offset << ", size "
          << field.size_bytes;
    for (const Field& field : found->second.fields)
      EXPECT_FALSE(missing_in(structure.fields, field)) << name << ": a row too much: " << field.name;
    EXPECT_EQ(found->second.fields.size(), structure.fields.size()) << name;
  }
}

/// Types on media have no padding, so a field that this file forgets shows as a gap.
TEST(FormatDoc, TheFieldsListedHereAreAllOfThem) {
  for (const auto& [name, structure] : structures_in_code()) {
    std::uint64_t end = 0;
    for (const Field& field : structure.fields) {
      EXPECT_EQ(field.offset, end) << name << "." << field.name;
      end = field.offset + field.size_bytes;
    }
    EXPECT_EQ(end, structure.size_bytes) << name;
  }
}

TEST(FormatDoc, EveryNameHasItsValueAndNoMore) {
  const Values page = read_page().values;
  const Values code = constants_in_code();
  for (const auto& [name, value] : code) {
    const auto found = page.find(name);
    if (found == page.end()) {
      ADD_FAILURE() << name << " is not in the page; its value is " << value << " = 0x" << std::hex << value;
    } else {
      EXPECT_EQ(found->second, value) << name << " should be 0x" << std::hex << value;
    }
  }
  for (const auto& [name, value] : page) EXPECT_TRUE(code.contains(name)) << name << " is not in the code";
}

}  // namespace
}  // namespace holdfast
