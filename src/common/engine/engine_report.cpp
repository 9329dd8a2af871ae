#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "common/base/checksum.hpp"
#include "common/base/random.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/superblock_slots.hpp"
#include "common/engine/value_parts.hpp"

namespace holdfast {
namespace {

// Which records of a space nothing has replaced, as far as hashes tell.
class NewestVersions {
 public:
  NewestVersions(const RecoveredSpace& space, std::uint64_t log_begin, LogGaps log_gaps)
      : log_begin_(log_begin), log_gaps_(std::move(log_gaps)) {
    for (const RecoveredSlice& slice : space.slices)
      for (const RecoveredRecord& record : slice.records) {
        std::uint64_t& newest = newest_[record.key_hash];
        newest = std::max(newest, record.version);
      }
  }

  [[nodiscard]] bool has(const RecoveredRecord& record) const {
    if (record.type == RecordType::log_entry)
      return record.version >= log_begin_ && !log_gaps_.around(record.version);
    return newest_.at(record.key_hash) == record.version;
  }

 private:
  std::uint64_t log_begin_;
  LogGaps log_gaps_;
  std::unordered_map<std::uint64_t, std::uint64_t> newest_;
};

}  // namespace

// Beside writers a look sees each place at another time: a slice may come into a segment behind the look at it, and be named by
// one that is seen later; a large value may come and go between. A second look, from what the catalog says by then, finds
// those: damage is what both have found.
VerifyReport Engine::verify(const Progress& progress) const {
  VerifyReport report = look_through(progress);
  if (report.damage.empty() || read_only_) return report;
  const VerifyReport again = look_through({});
  std::erase_if(report.damage, [&](const Damage& one) {
    return std::none_of(again.damage.begin(), again.damage.end(), [&](const Damage& other) {
      return other.segment_id == one.segment_id && other.range.offset == one.range.offset;
    });
  });
  return report;
}

// The same reading as at open, over a slice table of its own, so that both can only agree.
VerifyReport Engine::look_through(const Progress& progress) const {
  VerifyReport report;
  const CatalogState state = catalog_->state();
  std::uint64_t total_bytes = 0;
  for (const auto& [id, segment] : state.segments())
    if (segment.content != SegmentContent::region_hole) total_bytes += segment.extent.size_bytes;
  std::uint64_t done_bytes = 0;
  const auto advance = [&](std::uint64_t bytes) {
    done_bytes += bytes;
    if (progress) progress(done_bytes, total_bytes);
  };
  if (const auto search = load_superblock(*storage_, true)) report.superblock_slots_bad = search->bad_slots;
  const auto catalog_damage = catalog_->verify();
  report.damage.insert(report.damage.end(), catalog_damage.begin(), catalog_damage.end());

  SliceTable slices;
  RecoveredSpaces found = recover({.storage = *storage_,
                                   .catalog = state,
                                   .secret = superblock_.secret,
                                   .epoch = superblock_.epoch,
                                   .slices = slices,
                                   .threads = 1,
                                   .use_footers = false,
                                   .progress = advance});
  report.segments = found.report.segments;
  report.records = found.report.records;
  report.bytes = found.report.bytes;
  // A segment that was cleaned meanwhile may hold anything.
  catalog_->with_state([&](const CatalogState& now) {
    for (const Damage& damage : found.report.damage)
      if (now.segments().contains(damage.segment_id)) report.damage.push_back(damage);
  });

  for (const auto& [id, space] : found.spaces) {
    const NewestVersions newest = catalog_->with_state([&, id = id](const CatalogState& now) {
      const auto log = now.spaces().find(id);
      return log == now.spaces().end() ? NewestVersions(space, kVersionEnd, {})
                                       : NewestVersions(space, log->second.log_begin, log->second.log_gaps);
    });
    for (const RecoveredSlice& slice : space.slices)
      for (const RecoveredRecord& record : slice.records)
        if ((record.flags & kRecordFlagValueParts) != 0)
          advance(verify_value_parts(slices[slice.index], slice.location_of(record), newest.has(record), state, report));
  }
  for (const auto& [id, segment] : state.segments())
    if (segment.check) advance(verify_extent(segment, state, report));
  return report;
}

// One that was freed meanwhile may hold anything.
std::uint64_t Engine::verify_extent(const CatalogSegment& segment, const CatalogState& state,
                                    VerifyReport& report) const {
  const ByteRange range = segment.extent;
  const std::span bytes(storage_->at(range.offset), range.size_bytes);
  report.bytes += range.size_bytes;
  if (checksum(bytes, extent_seed(superblock_.secret, segment.id)) == *segment.check) return range.size_bytes;
  const bool is_there =
      catalog_->with_state([&](const CatalogState& now) { return now.segments().contains(segment.id); });
  if (is_there)
    report.damage.push_back({.space = state.spaces().at(segment.space_id).name,
                             .segment_id = segment.id,
                             .range = range,
                             .message = segment.content == SegmentContent::region_mirror
                                            ? "a mirror of a region's bytes fails its checksum"
                                            : "bytes of a region fail their checksum"});
  return range.size_bytes;
}

std::uint64_t Engine::verify_value_parts(const SliceInfo& slice, Location location, bool is_newest,
                                         const CatalogState& state, VerifyReport& report) const {
  const std::uint64_t offset = location.offset();
  const std::span bytes(storage_->at(slice.segment_offset + offset), slice.end - offset);
  const auto header = read_record_header(bytes, place_seed(slice.seed, offset));
  if (!header) return 0;
  const auto parts = value_parts_of(header->flags, view_record(*header, bytes).payload);
  if (!parts) return 0;
  const auto guard = guards_.enter();
  std::uint64_t read_bytes = 0;
  for (const ValuePartDisk& part : *parts) {
    // A part that is gone belongs to a value that was replaced, or is lost with the catalog's record of it.
    const auto segment = state.segments().find(part.segment_id);
    const bool is_there_now = value_extent(part.segment_id).has_value();
    if (segment == state.segments().end() && !is_there_now && is_newest)
      report.damage.push_back({.space = state.spaces().at(slice.space_id).name,
                               .segment_id = part.segment_id,
                               .range = {slice.segment_offset + offset, header->padded_size_bytes},
                               .message = "a part of a large value is not in the catalog"});
    if (segment == state.segments().end() || !is_there_now) continue;
    const ByteRange extent = segment->second.extent;
    read_bytes += extent.size_bytes;
    report.bytes += part.size_bytes;
    if (part.size_bytes <= extent.size_bytes &&
        value_part_matches(part, superblock_.secret, {storage_->at(extent.offset), part.size_bytes}))
      continue;
    report.damage.push_back({.space = state.spaces().at(slice.space_id).name,
                             .segment_id = part.segment_id,
                             .range = {extent.offset, part.size_bytes},
                             .message = "a part of a large value fails its checksum"});
  }
  return read_bytes;
}

std::vector<SpaceInfo> Engine::space_infos() const {
  return catalog_->with_state([](const CatalogState& state) {
    std::map<SpaceId, SpaceInfo> by_id;
    for (const auto& [id, space] : state.spaces())
      if (!space.is_ledger()) by_id.emplace(id, SpaceInfo{.name = space.name, .kind = space.kind, .id = id});
    for (const auto& [id, segment] : state.segments()) {
      const auto owner = by_id.find(segment.space_id);
      if (owner == by_id.end()) continue;
      SpaceInfo& info = owner->second;
      ++info.segment_count;
      if (segment.content != SegmentContent::region_hole) info.size_bytes += segment.extent.size_bytes;
    }
    std::vector<SpaceInfo> infos;
    for (auto& [id, info] : by_id) infos.push_back(std::move(info));
    std::stable_sort(infos.begin(), infos.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return infos;
  });
}

StoreInfo Engine::info() const {
  const auto space = storage_->space();
  return {.path = std::string(storage_->path()),
          .capabilities = storage_->capabilities(),
          .uuid = to_string(superblock_.uuid),
          .format_version = superblock_.format_version,
          .epoch = superblock_.epoch,
          .segment_size_bytes = superblock_.segment_size_bytes,
          .size_bytes = storage_->size_bytes(),
          .free_bytes = extents_->free_bytes(),
          .max_size_bytes = space ? space->max_size_bytes : storage_->size_bytes(),
          .available_bytes = extents_->available_bytes(),
          .counters = storage_->counters()};
}

}  // namespace holdfast
