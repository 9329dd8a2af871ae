#include "structures.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "common/base/check.hpp"
#include "common/base/checksum.hpp"
#include "common/engine/catalog_state.hpp"
#include "common/engine/segment_scan.hpp"
#include "common/format/catalog_entry.hpp"
#include "common/format/footer.hpp"
#include "common/format/record.hpp"
#include "common/format/segment.hpp"
#include "common/format/superblock.hpp"
#include "store_ledger.hpp"

namespace holdfast::fuzz {
namespace {

template <class T>
T load(const Image& image, std::uint64_t offset) {
  T object;
  std::memcpy(&object, image.data() + offset, sizeof object);
  return object;
}

template <class T>
void store(Image& image, std::uint64_t offset, const T& object) {
  std::memcpy(image.data() + offset, &object, sizeof object);
}

bool is_inside(const Image& image, const Structure& structure) {
  return structure.offset + structure.size_bytes <= image.size();
}

/// What stands before a record's list of parts.
std::uint64_t expiry_size_bytes(const RecordHeaderDisk& header) noexcept {
  return (header.flags & kRecordFlagExpires) != 0 ? sizeof(ExpiryDisk) : 0;
}

SuperblockDisk present_superblock(const Image& image) {
  const auto first = load<SuperblockDisk>(image, 0);
  const auto second = load<SuperblockDisk>(image, kSuperblockSlotSizeBytes);
  return first.sequence > second.sequence ? first : second;
}

// docs/format.md "Record header", "Seeds": by the page's formulas, so that a length may lie, too.
void seal_header(RecordHeaderDisk& header, std::span<const std::byte> content, std::uint64_t seed) {
  constexpr std::size_t kCheckBytes = sizeof header.header_check;
  constexpr std::size_t kSeedBytes = offsetof(RecordHeaderDisk, content_check) - kCheckBytes;
  header.content_check = checksum(content, checksum(bytes_of(header).subspan(kCheckBytes, kSeedBytes), seed));
  header.header_check = static_cast<std::uint32_t>(checksum(bytes_of(header).subspan(kCheckBytes), seed));
}

/// What the value is under a key of the ledger; nothing: another one's.
std::optional<StructureKind> kind_of_value(std::string_view ledger_key) {
  LedgerKeyDisk key{};
  if (ledger_key.size() < sizeof key) return std::nullopt;
  std::memcpy(&key, ledger_key.data(), sizeof key);
  switch (static_cast<LedgerKind>(key.kind)) {
    case LedgerKind::cursor: return StructureKind::cursor;
    case LedgerKind::sharded_log: return StructureKind::sharded_log;
    case LedgerKind::checkpoint: return StructureKind::checkpoint;
    case LedgerKind::reshard: return StructureKind::reshard;
    case LedgerKind::moved_cut: return StructureKind::moved_cut;
  }
  return std::nullopt;
}

}  // namespace

/// Finds the structures, as recovery does.
class Structures::Walk {
 public:
  Walk(Structures& structures, const Image& image) : structures_(structures), image_(image) {}

  void run() {
    const SuperblockDisk superblock = present_superblock(image_);
    structures_.secret_ = superblock.secret;
    for (std::uint64_t slot = 0; slot < kSuperblockSlotCount; ++slot)
      add({.kind = StructureKind::superblock, .offset = slot * kSuperblockSlotSizeBytes, .size_bytes = sizeof superblock});
    walk_segment(superblock.catalog_segment_id, {superblock.catalog_offset, superblock.catalog_size_bytes});
    for (const auto& [id, segment] : state_.segments()) {
      if (segment.content == SegmentContent::records) {
        is_ledger_ = state_.spaces().at(segment.space_id).is_ledger();
        walk_segment(id, segment.extent);
      } else {
        add(in_segment({.kind = StructureKind::raw_extent, .segment_id = id}, segment.extent, 0, segment.extent.size_bytes));
      }
    }
  }

 private:
  std::size_t add(Structure structure) {
    const std::size_t index = structures_.all_.size();
    structure.sealed_by = index;
    structures_.all_.push_back(structure);
    return index;
  }

  // A structure without a check of its own.
  void add_part(Structure part, std::size_t sealed_by, std::uint64_t offset, std::uint64_t size_bytes) {
    part.offset = offset;
    part.size_bytes = size_bytes;
    structures_.all_[add(part)].sealed_by = sealed_by;
  }

  static Structure in_segment(Structure structure, ByteRange extent, std::uint64_t offset, std::uint64_t size_bytes) {
    structure.offset = extent.offset + offset;
    structure.size_bytes = size_bytes;
    structure.segment_offset = extent.offset;
    structure.segment_size_bytes = extent.size_bytes;
    return structure;
  }

  void walk_segment(SegmentId id, ByteRange extent) {
    const Structure segment{.segment_id = id};
    Structure header = in_segment(segment, extent, 0, sizeof(SegmentHeaderDisk));
    header.kind = StructureKind::segment_header;
    add(header);
    const std::span bytes(image_.data() + extent.offset, extent.size_bytes);
    for_each_slice(bytes, id, structures_.secret_, [&](const SliceHeaderDisk& slice) {
      Structure found = in_segment(segment, extent, slice.start, sizeof slice);
      found.kind = StructureKind::slice_header;
      const std::size_t index = add(found);
      structures_.all_[index].slice = index;
      found.slice = index;
      const ScannedSlice scan = scan_slice(bytes, slice, structures_.secret_, 0,
                                           [&](const ScannedRecord& record) { add_record(found, extent, record); });
      add_footer(found, bytes, slice);
      return scan.end_offset;
    });
  }

  void add_record(const Structure& slice, ByteRange extent, const ScannedRecord& scanned) {
    const RecordHeaderDisk& header = scanned.view.header;
    Structure record = in_segment(slice, extent, scanned.offset, sizeof header + header.key_size_bytes + header.payload_size_bytes);
    record.kind = StructureKind::record;
    const std::size_t index = add(record);
    const std::uint64_t payload = record.offset + sizeof header + header.key_size_bytes;
    if (scanned.view.type() == RecordType::batch_trailer) {
      record.kind = StructureKind::batch_trailer;
      add_part(record, index, payload, sizeof(BatchTrailerDisk));
    } else if (scanned.view.type() == RecordType::catalog) {
      add_entries(record, index, payload, scanned.view.payload);
    } else if ((header.flags & kRecordFlagValueParts) != 0) {
      record.kind = StructureKind::value_part;
      for (std::uint64_t at = expiry_size_bytes(header); at < header.payload_size_bytes; at += sizeof(ValuePartDisk))
        add_part(record, index, payload + at, sizeof(ValuePartDisk));
    } else if (is_ledger_ && scanned.view.type() == RecordType::put) {
      add_of_ledger(record, index, scanned.view);
    }
  }

  void add_of_ledger(Structure part, std::size_t record, const RecordView& view) {
    const auto kind = kind_of_value(view.key);
    if (!kind) return;
    const std::uint64_t key = part.offset + sizeof view.header;
    part.kind = StructureKind::ledger_key;
    add_part(part, record, key, view.key.size());
    part.kind = *kind;
    add_part(part, record, key + view.key.size(), view.payload.size());
  }

  void add_entries(Structure entry, std::size_t record, std::uint64_t offset, std::string_view payload) {
    const auto entries = decode_catalog_entries(payload);
    HOLDFAST_CHECK(entries.has_value());
    entry.kind = StructureKind::catalog_entry;
    for (const CatalogEntry& one : *entries) {
      HOLDFAST_CHECK(state_.apply(one).has_value());
      add_part(entry, record, offset, sizeof(CatalogEntryDisk) + one.name.size());
      offset += catalog_entry_size_bytes(one.name.size());
    }
  }

  void add_footer(Structure footer, std::span<const std::byte> segment, const SliceHeaderDisk& slice) {
    const auto found = read_footer(segment, slice, slice_seed(structures_.secret_, slice.segment_id, slice.epoch));
    if (!found) return;
    const std::uint64_t end = footer.segment_offset + slice.start + slice.size_bytes;
    footer.kind = StructureKind::footer;
    footer.offset = end - sizeof(SliceFooterDisk);
    footer.size_bytes = sizeof(SliceFooterDisk);
    const std::size_t index = add(footer);
    footer.kind = StructureKind::footer_entry;
    for (std::size_t i = 0; i < found->entries.size(); ++i)
      add_part(footer, index, end - footer_size_bytes(i + 1), sizeof(FooterEntryDisk));
  }

  Structures& structures_;
  const Image& image_;
  CatalogState state_;
  bool is_ledger_ = false;  // the segment at hand belongs to it
};

Structures::Structures(const Image& image) { Walk(*this, image).run(); }

// By the epoch that the slice's header says now.
std::uint64_t Structures::seed_of(const Image& image, const Structure& in_slice) const {
  const auto header = load<SliceHeaderDisk>(image, all_[in_slice.slice].offset);
  return slice_seed(secret_, in_slice.segment_id, header.epoch);
}

void Structures::seal_parts(Image& image, const Structure& record) const {
  const auto header = load<RecordHeaderDisk>(image, record.offset);
  const std::uint64_t begin = record.offset + sizeof header + header.key_size_bytes;
  const std::uint64_t end = std::min<std::uint64_t>(begin + header.payload_size_bytes, image.size());
  for (std::uint64_t at = begin + expiry_size_bytes(header); at + sizeof(ValuePartDisk) <= end; at += sizeof(ValuePartDisk)) {
    auto part = load<ValuePartDisk>(image, at);
    const auto extent = std::find_if(all_.begin(), all_.end(), [&part](const Structure& other) {
      return other.kind == StructureKind::raw_extent && other.segment_id == part.segment_id;
    });
    if (extent == all_.end() || !is_inside(image, *extent) || part.size_bytes > extent->size_bytes) continue;
    const std::span bytes(image.data() + extent->offset, part.size_bytes);
    part.check = checksum(bytes, slice_seed(secret_, part.segment_id, 0));
    store(image, at, part);
  }
}

void Structures::seal_record(Image& image, const Structure& record) const {
  auto header = load<RecordHeaderDisk>(image, record.offset);
  if ((header.flags & kRecordFlagValueParts) != 0) seal_parts(image, record);
  const std::uint64_t begin = record.offset + sizeof header;
  const std::uint64_t size = std::min<std::uint64_t>(std::uint64_t{header.key_size_bytes} + header.payload_size_bytes,
                                                     image.size() - begin);
  const std::uint64_t seed = place_seed(seed_of(image, record), record.offset - record.segment_offset);
  seal_header(header, {image.data() + begin, size}, seed);
  store(image, record.offset, header);
}

void Structures::seal_footer(Image& image, const Structure& structure) const {
  auto footer = load<SliceFooterDisk>(image, structure.offset);
  const std::uint64_t room = structure.offset - all_[structure.slice].offset;
  const std::uint64_t size = std::min<std::uint64_t>(footer.count * std::uint64_t{sizeof(FooterEntryDisk)}, room);
  const std::span entries(image.data() + structure.offset - size, size);
  footer.check = checksum(entries, checksum_behind_check(footer, seed_of(image, structure)));
  store(image, structure.offset, footer);
}

bool Structures::seal(Image& image, std::size_t index) const {
  const Structure& structure = all_[at(index).sealed_by];
  if (!is_inside(image, structure)) return false;
  switch (structure.kind) {
    case StructureKind::superblock: {
      auto superblock = load<SuperblockDisk>(image, structure.offset);
      superblock.check = checksum_behind_check(superblock, kSuperblockMagic);
      store(image, structure.offset, superblock);
      return true;
    }
    case StructureKind::segment_header: {
      auto header = load<SegmentHeaderDisk>(image, structure.offset);
      header.check = checksum_behind_check(header, secret_);
      store(image, structure.offset, header);
      return true;
    }
    case StructureKind::slice_header: {
      const auto header = load<SliceHeaderDisk>(image, structure.offset);
      store(image, structure.offset,
            make_slice_header(secret_, header.epoch, header.segment_id, header.start, header.size_bytes, header.previous));
      return true;
    }
    case StructureKind::record: return seal_record(image, structure), true;
    case StructureKind::footer: return seal_footer(image, structure), true;
    default: return false;
  }
}

std::size_t Structures::seal_slice(Image& image, std::size_t header) const {
  std::size_t sealed = 0;
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (all_[i].slice == header && all_[i].sealed_by == i && all_[i].kind != StructureKind::superblock)
      sealed += seal(image, i) ? 1 : 0;
  return sealed;
}

bool Structures::has_new_record(const Image& base, const Image& image) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Structure& structure) {
    if (structure.kind != StructureKind::record || !is_inside(image, structure)) return false;
    if (std::memcmp(base.data() + structure.offset, image.data() + structure.offset, structure.size_bytes) == 0) return false;
    const std::span bytes(image.data() + structure.offset, structure.size_bytes);
    const std::uint64_t seed = place_seed(seed_of(image, structure), structure.offset - structure.segment_offset);
    const auto header = read_record_header({image.data() + structure.offset, image.size() - structure.offset}, seed);
    return header && sizeof *header + header->key_size_bytes + header->payload_size_bytes <= bytes.size() &&
           content_matches(*header, bytes, seed);
  });
}

const Structures& structures(std::size_t number) {
  static const auto all = [] {
    std::vector<Structures> made;
    for (std::size_t i = 0; i < kBaseStoreCount; ++i) made.emplace_back(base_store(i).image());
    return made;
  }();
  return all[number % kBaseStoreCount];
}

}  // namespace holdfast::fuzz
