#include "common/format/footer.hpp"

#include <cstring>

#include "common/base/checksum.hpp"
#include "common/format/record.hpp"

namespace holdfast {
namespace {

std::uint64_t footer_check(const SliceFooterDisk& footer, std::span<const std::byte> entries,
                           std::uint64_t slice_seed) noexcept {
  return checksum(entries, checksum_behind_check(footer, slice_seed));
}

bool is_plausible(const FooterEntryDisk& entry, const SliceHeaderDisk& slice, std::uint32_t covered_end) noexcept {
  return entry.offset % kRecordAlignmentMin == 0 && entry.offset >= slice.start + sizeof slice &&
         entry.offset < covered_end && entry.padded_size_bytes <= covered_end - entry.offset &&
         entry.type >= static_cast<std::uint8_t>(RecordType::put) &&
         entry.type <= static_cast<std::uint8_t>(kRecordTypeLast);
}

}  // namespace

SliceFooterDisk make_footer(std::uint64_t slice_seed, SegmentId segment_id, std::uint32_t start,
                            std::uint32_t covered_end, std::span<const FooterEntryDisk> entries) noexcept {
  SliceFooterDisk footer{};
  footer.magic = kFooterMagic;
  footer.count = static_cast<std::uint32_t>(entries.size());
  footer.segment_id = segment_id;
  footer.start = start;
  footer.covered_end = covered_end;
  footer.check = footer_check(footer, std::as_bytes(entries), slice_seed);
  return footer;
}

std::optional<SliceFooter> read_footer(std::span<const std::byte> segment, const SliceHeaderDisk& header,
                                       std::uint64_t slice_seed) {
  SliceFooter found;
  SliceFooterDisk& footer = found.footer;
  const auto slice = segment.subspan(header.start, header.size_bytes);
  if (slice.size() < sizeof header + sizeof footer) return std::nullopt;
  std::memcpy(&footer, slice.data() + slice.size() - sizeof footer, sizeof footer);
  if (footer.magic != kFooterMagic || footer.segment_id != header.segment_id || footer.start != header.start)
    return std::nullopt;
  if (footer_size_bytes(footer.count) > slice.size() - sizeof header || footer.covered_end < header.start ||
      footer.covered_end > header.start + slice.size() - footer_size_bytes(footer.count))
    return std::nullopt;
  const auto entries = slice.last(footer_size_bytes(footer.count)).first(footer.count * sizeof(FooterEntryDisk));
  if (footer.check != footer_check(footer, entries, slice_seed)) return std::nullopt;
  found.entries.resize(footer.count);
  if (footer.count > 0) std::memcpy(found.entries.data(), entries.data(), entries.size());
  for (const FooterEntryDisk& entry : found.entries)
    if (!is_plausible(entry, header, footer.covered_end)) return std::nullopt;
  return found;
}

}  // namespace holdfast
