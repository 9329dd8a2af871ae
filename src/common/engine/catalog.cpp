#include "common/engine/catalog.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/checksum.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/engine/commit_step.hpp"
#include "common/engine/orphans.hpp"
#include "common/engine/segment_scan.hpp"
#include "common/format/catalog_entry.hpp"

namespace holdfast {
namespace {

constexpr SegmentId kFirstCatalogSegmentId = 1;

// A quarter of a segment: about 250 segments' entries of 88 bytes for each 64 KiB of it.
std::uint64_t first_catalog_size(std::uint64_t segment_size_bytes) noexcept {
  return std::max(segment_size_bytes / 4, 4 * kBlockSizeBytes);
}

// Room for the snapshot and as much again, so that the next checkpoint is far.
std::uint64_t catalog_size_for(std::uint64_t payload_size_bytes, std::uint64_t segment_size_bytes) noexcept {
  return std::max(round_up(2 * payload_size_bytes + 2 * kBlockSizeBytes, kBlockSizeBytes),
                  first_catalog_size(segment_size_bytes));
}

// The least that takes the snapshot, and behind it what closing a store adds.
std::uint64_t least_catalog_size_for(std::uint64_t payload_size_bytes) noexcept {
  const std::uint64_t padded = padded_record_size(0, payload_size_bytes, kCacheLineSizeBytes);
  return round_up(kFirstSliceStart + SliceWriter::range_size_for(padded), kBlockSizeBytes) + kBlockSizeBytes;
}

Error damaged(const Storage& storage, std::string what, std::uint64_t offset) {
  return {.code = ErrorCode::corruption,
          .message = "catalog: " + std::move(what),
          .path = std::string(storage.path()),
          .offset = offset};
}

std::uint64_t record_alignment(const Storage& storage) noexcept {
  return storage.capabilities().granularity == Granularity::page ? kRecordAlignmentMin : kCacheLineSizeBytes;
}

// Stages a whole catalog segment: header, one slice, one record with `payload`.
SliceWriter stage_segment(const StoreIdentity& identity, const SegmentPlace& segment, std::string_view payload,
                          std::uint64_t alignment, SliceTable& slices, WriteStage& stage) {
  const SegmentHeaderDisk header = make_segment_header(identity.secret, identity.epoch, segment.segment_id,
                                                       segment.space_id, segment.size_bytes);
  stage.copy(segment.offset, bytes_of(header));
  const SliceRange range{segment, kFirstSliceStart,
                         static_cast<std::uint32_t>(segment.size_bytes - kFirstSliceStart)};
  SliceWriter writer(identity, range, SliceLinkDisk{}, alignment, slices);
  writer.append({.type = RecordType::catalog, .payload = payload}, stage);
  return writer;
}

}  // namespace

// Crash order, as in docs/durability.md "create": (1) the first catalog segment is durable; (2) the superblock
// slots name it.
Result<void> Catalog::format(Storage& storage, SuperblockDisk& superblock) {
  const SegmentPlace segment{.segment_id = kFirstCatalogSegmentId,
                             .space_id = kCatalogSpaceId,
                             .offset = kSuperblockAreaSizeBytes,
                             .size_bytes = first_catalog_size(superblock.segment_size_bytes)};
  if (segment.offset + segment.size_bytes > storage.size_bytes())
    if (auto grown = storage.grow(segment.offset + segment.size_bytes); !grown) return grown;
  SliceTable slices;
  WriteStage stage;
  const std::string payload = encode_catalog_entries({{.type = CatalogEntryType::next_ids,
                                                       .segment_id = kFirstCatalogSegmentId + 1,
                                                       .space_id = 1}});
  stage_segment({superblock.secret, superblock.epoch}, segment, payload, record_alignment(storage), slices, stage);
  if (auto written = storage.commit(stage.ranges()); !written) return written;  // (1)
  superblock.catalog_segment_id = segment.segment_id;
  superblock.catalog_offset = segment.offset;
  superblock.catalog_size_bytes = segment.size_bytes;
  return commit_superblock(storage, superblock);  // (2)
}

Result<std::unique_ptr<Catalog>> Catalog::load(Storage& storage, const SuperblockDisk& superblock) {
  std::unique_ptr<Catalog> catalog(new Catalog(storage));
  if (auto read = catalog->read_records(superblock); !read) return Unexpected(read.error());
  catalog->next_segment_id_ = std::max(catalog->state_.next_segment_id(), superblock.catalog_segment_id + 1);
  catalog->next_space_id_ = catalog->state_.next_space_id();
  return catalog;
}

Result<void> Catalog::read_records(const SuperblockDisk& superblock) {
  const std::uint64_t size = storage_.size_bytes();
  if (superblock.catalog_size_bytes == 0 || superblock.catalog_offset > size ||
      superblock.catalog_size_bytes > size - superblock.catalog_offset) {
    Error error = damaged(storage_, "its extent lies behind the store's end (file truncated?)", superblock.catalog_offset);
    error.expected = std::to_string(superblock.catalog_offset + superblock.catalog_size_bytes) + " bytes or more";
    error.found = std::to_string(size);
    return Unexpected(error);
  }
  superblock_ = superblock;
  segment_ = {superblock.catalog_segment_id, kCatalogSpaceId, superblock.catalog_offset,
              superblock.catalog_size_bytes};
  const std::span segment(storage_.at(segment_.offset), segment_.size_bytes);

  // Slices in order. Of the last one the first record may never have arrived: then nothing was built upon it.
  std::vector<SliceHeaderDisk> headers;
  std::uint32_t last_count = 0;
  for_each_slice(segment, segment_.segment_id, superblock.secret, [&](const SliceHeaderDisk& header) {
    const ScannedSlice slice = scan_slice(segment, header, superblock.secret, 0, [](const ScannedRecord&) {});
    headers.push_back(header);
    last_count = slice.end_sequence;
    return slice.end_offset;
  });
  if (!headers.empty() && last_count == 0 && headers.back().start != superblock.catalog_slice_start) headers.pop_back();
  std::uint32_t previous_start = 0;  // as the first slice of a segment names none
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].previous.start != previous_start)
      return Unexpected(damaged(storage_, "the slice before this one is missing", segment_.offset + headers[i].start));
    previous_start = headers[i].start;
    // The next slice knows how many records this one had; of the last one a clean superblock knows it.
    std::uint32_t known_count = 0;
    if (headers[i].start == superblock.catalog_slice_start) known_count = superblock.catalog_slice_count;
    if (i + 1 < headers.size() && headers[i + 1].previous.start == headers[i].start &&
        headers[i + 1].previous.epoch == headers[i].epoch)
      known_count = headers[i + 1].previous.count;
    if (auto applied = apply_slice(headers[i], known_count); !applied) return applied;
  }
  // Of a store that was not closed nobody but its header knows of the last slice.
  const SegmentGap gap{static_cast<std::uint32_t>(round_up(end_offset_, kSliceAlignment)),
                       static_cast<std::uint32_t>(segment_.size_bytes)};
  if (superblock.clean == 0)
    if (const auto lost = header_of_orphans(segment, segment_.segment_id, superblock.secret, gap, superblock.epoch))
      return Unexpected(damaged(storage_, "the header of its last slice is damaged", segment_.offset + lost->start));
  // A catalog segment is durable, snapshot included, before a superblock names it.
  if (last_slice_.start < superblock.catalog_slice_start || last_slice_.count == 0)
    return Unexpected(damaged(storage_, "its last slice is missing", segment_.offset));
  return {};
}

Result<void> Catalog::apply_slice(const SliceHeaderDisk& header, std::uint32_t known_count) {
  const std::span segment(storage_.at(segment_.offset), segment_.size_bytes);
  Result<void> applied;
  const auto apply = [&](const ScannedRecord& record) {
    if (!applied) return;
    const auto entries = decode_catalog_entries(record.view.payload);
    if (record.view.type() != RecordType::catalog || !entries) {
      applied = Unexpected(damaged(storage_, "a record of another kind", segment_.offset + record.offset));
      return;
    }
    for (const CatalogEntry& entry : *entries)
      if (applied) applied = state_.apply(entry);
  };
  const ScannedSlice slice = scan_slice(segment, header, superblock_.secret, known_count, apply);
  if (!slice.damage.empty())
    return Unexpected(damaged(storage_, "a record that had been durable fails its checksum",
                              segment_.offset + slice.damage.front().offset));
  if (!applied) return applied;
  end_offset_ = slice.end_offset;
  last_slice_ = {segment_.segment_id, slice.header.start, slice.end_sequence, slice.header.epoch, 0};
  return {};
}

void Catalog::start_writing(const SuperblockDisk& superblock, Extents& extents, SliceTable& slices) {
  const std::lock_guard lock(mutex_);
  superblock_ = superblock;
  extents_ = &extents;
  slices_ = &slices;
  // In a store that is full already there is none; whoever wants to add something will be told.
  static_cast<void>(keep_spare_for(state_.snapshot_size_bytes()));
}

Result<void> Catalog::keep_spare_for(std::uint64_t snapshot_size_bytes) {
  if (spare_ && spare_->size_bytes >= least_catalog_size_for(snapshot_size_bytes)) return {};
  auto extent = extents_->allocate(catalog_size_for(snapshot_size_bytes, superblock_.segment_size_bytes), Room::catalog);
  if (!extent && extent.error().code == ErrorCode::no_space)
    extent = extents_->allocate(least_catalog_size_for(snapshot_size_bytes), Room::catalog);
  if (!extent) return Unexpected(extent.error());
  if (spare_) extents_->release(*spare_);
  spare_ = *extent;
  return {};
}

Result<ByteRange> Catalog::take_spare_for(std::uint64_t snapshot_size_bytes) {
  if (auto kept = keep_spare_for(snapshot_size_bytes); !kept) return Unexpected(kept.error());
  return *std::exchange(spare_, std::nullopt);
}

std::optional<SliceRange> Catalog::free_range() const {
  const std::uint64_t start = round_up(end_offset_, kSliceAlignment);
  if (start + SliceWriter::range_size_for(0) > segment_.size_bytes) return std::nullopt;
  return SliceRange{segment_, static_cast<std::uint32_t>(start),
                    static_cast<std::uint32_t>(segment_.size_bytes - start)};
}

void Catalog::open_slice() {
  if (writer_) return;
  if (const auto range = free_range())
    writer_.emplace(StoreIdentity{superblock_.secret, superblock_.epoch}, *range, last_slice_, record_alignment(storage_),
                    *slices_);
}

bool Catalog::has_room_for(const RecordDraft& draft) const noexcept {
  return writer_ && SliceWriter::room_for(writer_->padded_size(draft)) <= writer_->room();
}

Result<void> Catalog::checkpoint(const std::vector<CatalogEntry>& entries, std::uint64_t room_size_bytes) {
  CatalogState next = state_;
  for (const CatalogEntry& entry : entries)
    if (auto applied = next.apply(entry); !applied) return applied;
  std::vector<CatalogEntry> snapshot = next.snapshot();
  const SegmentId segment_id = next_segment_id_++;
  snapshot.front().segment_id = next_segment_id_;  // next_ids: what this session has reserved is used
  snapshot.front().space_id = next_space_id_;
  const std::string payload = encode_catalog_entries(snapshot);
  auto extent = take_spare_for(payload.size() + room_size_bytes);
  if (!extent) return Unexpected(extent.error());

  const StoreIdentity identity{superblock_.secret, superblock_.epoch};
  const SegmentPlace segment{segment_id, kCatalogSpaceId, extent->offset, extent->size_bytes};
  stage_.clear();
  SliceWriter writer = stage_segment(identity, segment, payload, record_alignment(storage_), *slices_, stage_);
  if (auto written = commit_step(storage_, stage_.ranges(), Mutant::snapshot_not_synced); !written)  // (1)
    return written;
  SuperblockDisk superblock = superblock_;
  superblock.catalog_segment_id = segment_id;
  superblock.catalog_offset = extent->offset;
  superblock.catalog_size_bytes = extent->size_bytes;
  if (auto written = commit_superblock(storage_, superblock); !written) return written;  // (2)
  spare_ = {segment_.offset, segment_.size_bytes};                                       // (3)
  superblock_ = superblock;
  segment_ = segment;
  end_offset_ = 0;
  writer.mark_durable();
  last_slice_ = writer.link();
  writer_ = std::move(writer);
  return {};
}

Result<void> Catalog::close() {
  const std::lock_guard lock(mutex_);
  superblock_.clean = 1;
  superblock_.catalog_slice_start = last_slice_.start;
  superblock_.catalog_slice_count = last_slice_.count;
  return commit_superblock(storage_, superblock_);
}

SegmentId Catalog::reserve_segment_id() {
  const std::lock_guard lock(mutex_);
  return next_segment_id_++;
}

SpaceId Catalog::reserve_space_id() {
  const std::lock_guard lock(mutex_);
  return next_space_id_++;
}

CatalogState Catalog::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::vector<Damage> Catalog::verify() const {
  const std::lock_guard lock(mutex_);  // a checkpoint would move the segment away
  Catalog copy(storage_);
  SuperblockDisk superblock = superblock_;
  superblock.catalog_slice_start = last_slice_.start;
  superblock.catalog_slice_count = last_slice_.count;
  const auto read = copy.read_records(superblock);
  if (read) return {};
  return {{.space = {},
           .segment_id = segment_.segment_id,
           .range = {read.error().offset, 0},
           .message = read.error().message}};
}

ByteRange Catalog::extent() const {
  const std::lock_guard lock(mutex_);
  return {segment_.offset, segment_.size_bytes};
}

ByteRange Catalog::used() const {
  const std::lock_guard lock(mutex_);
  return {segment_.offset, end_offset_};
}

}  // namespace holdfast
