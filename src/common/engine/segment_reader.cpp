#include "common/engine/segment_reader.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/key_hash.hpp"
#include "common/format/footer.hpp"

namespace holdfast {
namespace {

bool is_content(RecordType type) noexcept {
  return type == RecordType::put || type == RecordType::erase || type == RecordType::log_entry;
}

void note_numbers(FoundSlice& slice, RecordType type, std::uint64_t version, std::uint64_t batch) {
  slice.batch_max = std::max(slice.batch_max, batch);
  if (type == RecordType::put || type == RecordType::erase) slice.version_max = std::max(slice.version_max, version);
  if (type == RecordType::slice_end) slice.next_number = version;
}

// Most slices hold records of about one size: so room for those of the whole slice is made early, and only once.
constexpr std::size_t kFirstRecords = 16;

void add_record(FoundSlice& slice, const RecoveredRecord& record) {
  if (slice.records.size() == slice.records.capacity()) {
    const SliceHeaderDisk& header = slice.scan.header;
    const std::uint64_t passed = std::uint64_t{record.offset_8} * 8 - header.start;
    const std::uint64_t of_slice = slice.records.size() * header.size_bytes / std::max<std::uint64_t>(passed, 1);
    slice.records.reserve(std::max({kFirstRecords, slice.records.size() * 3 / 2, of_slice * 17 / 16}));
  }
  slice.records.push_back(record);
  slice.tally.add(record);
  slice.bytes += record.padded_size_bytes;
}

void add(FoundSlice& slice, const ScannedRecord& record) {
  const RecordHeaderDisk& header = record.view.header;
  note_numbers(slice, record.view.type(), header.version, header.batch);
  switch (record.view.type()) {
    case RecordType::put:
    case RecordType::erase:
    case RecordType::log_entry:
      if (header.batch != 0)
        slice.members.push_back({header.batch, header.content_check, record.offset});
      add_record(slice, {.key_hash = record.view.type() == RecordType::log_entry
                                         ? log_timestamp_us(record.view.key)
                                         : key_hash(record.view.key),
                         .version = header.version,
                         .offset_8 = record.offset / 8,
                         .padded_size_bytes = header.padded_size_bytes,
                         .type = record.view.type(),
                         .flags = header.flags});
      break;
    case RecordType::batch_trailer: {
      BatchTrailer trailer{header.batch, {}, record.offset, (header.flags & kRecordFlagCatalogDecides) != 0};
      if (record.view.payload.size() != sizeof trailer.content) break;
      std::memcpy(&trailer.content, record.view.payload.data(), sizeof trailer.content);
      slice.trailers.push_back(trailer);
      break;
    }
    case RecordType::slice_end:
    case RecordType::catalog:
      break;
  }
}

}  // namespace

SegmentReader::SegmentReader(const RecoveryInput& input, const CatalogSegment& segment)
    : input_(input),
      place_{segment.id, segment.space_id, segment.extent.offset, segment.extent.size_bytes},
      bytes_(input.storage.at(segment.extent.offset), segment.extent.size_bytes) {}

std::vector<FoundSlice> SegmentReader::read() const {
  std::vector<FoundSlice> found;
  for_each_slice(bytes_, place_.segment_id, input_.secret, [&](const SliceHeaderDisk& header) {
    found.push_back(read_slice(header, input_.catalog.slice_count(place_.segment_id, header.start), input_.use_footers));
    return found.back().scan.end_offset;
  });
  if (input_.finds_orphans) add_orphans(found);
  return found;
}

FoundSlice SegmentReader::read_slice(const SliceHeaderDisk& header, std::uint32_t known_count, bool use_footer) const {
  FoundSlice slice{.space_id = place_.space_id, .segment = place_};
  slice.scan.header = header;
  std::optional<ScanBegin> begin;
  if (use_footer) begin = take_footer(slice, header);
  slice.scan = scan_slice(
      bytes_, header, input_.secret, known_count, [&slice](const ScannedRecord& record) { add(slice, record); },
      begin);
  slice.kept_end = slice.scan.end_offset;
  return slice;
}

void SegmentReader::add_orphans(std::vector<FoundSlice>& found) const {
  const std::size_t with_header = found.size();
  std::uint64_t begin = kFirstSliceStart;
  for (std::size_t i = 0; i <= with_header; ++i) {
    const bool is_last = i == with_header;
    const std::uint64_t end = is_last ? place_.size_bytes : found[i].scan.header.start;
    if (begin < end) add_orphans_of({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, found);
    if (!is_last) begin = round_up(found[i].scan.end_offset, kSliceAlignment);
  }
}

void SegmentReader::add_orphans_of(SegmentGap gap, std::vector<FoundSlice>& found) const {
  const auto header = header_of_orphans(bytes_, place_.segment_id, input_.secret, gap, input_.epoch);
  if (!header) return;
  found.push_back(read_slice(*header, 0, false));
  found.back().is_orphan = true;
}

// Everything a footer covers is durable, and the batches it names are whole.
std::optional<ScanBegin> SegmentReader::take_footer(FoundSlice& slice, const SliceHeaderDisk& header) const {
  const auto found = read_footer(bytes_, header, slice_seed(input_.secret, header.segment_id, header.epoch));
  if (!found) return std::nullopt;
  slice.footer_size_bytes = footer_size_bytes(found->footer.count);
  for (const FooterEntryDisk& entry : found->entries) {
    const auto type = static_cast<RecordType>(entry.type);
    note_numbers(slice, type, entry.version, entry.batch);
    if (entry.batch != 0) slice.proved_batches.push_back(entry.batch);
    if (!is_content(type)) continue;
    add_record(slice, {.key_hash = entry.key_hash,
                       .version = entry.version,
                       .offset_8 = entry.offset / 8,
                       .padded_size_bytes = entry.padded_size_bytes,
                       .type = type,
                       .flags = entry.flags});
  }
  return ScanBegin{found->footer.covered_end, found->footer.count};
}

}  // namespace holdfast
