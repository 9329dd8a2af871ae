#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/format/layout.hpp"
#include "common/format/segment.hpp"

namespace holdfast {

inline constexpr std::uint32_t kFooterMagic = 0x5446'4648;  // "HFFT"

/// What an index needs to know of one record of a slice.
struct FooterEntryDisk {
  std::uint64_t key_hash;  ///< XXH3-64 of the key, seed 0.
  std::uint64_t version;
  std::uint64_t batch;
  std::uint32_t offset;             ///< In the segment.
  std::uint32_t padded_size_bytes;
  std::uint8_t type;
  std::uint8_t flags;
  std::uint16_t reserved_16;  ///< Zero.
  std::uint32_t reserved_32;  ///< Zero.
};
static_assert(sizeof(FooterEntryDisk) == 40 && kIsDiskType<FooterEntryDisk>);
static_assert(offsetof(FooterEntryDisk, offset) == 24 && offsetof(FooterEntryDisk, type) == 32);

/// docs/format.md "Footer". The last 64 bytes of an ended slice's range, its entries right before it.
/// A hint: it spares reading the records, and is rebuilt from them by whoever finds it missing or bad.
struct SliceFooterDisk {
  std::uint64_t check;  ///< XXH3-64 of the entries, seeded by XXH3-64 of everything behind this field.
  std::uint32_t magic;
  std::uint32_t count;          ///< Entries, and records below covered_end.
  std::uint64_t segment_id;
  std::uint32_t start;          ///< Of the slice.
  std::uint32_t covered_end;    ///< Offset in the segment; records from here on are not in the footer.
  std::uint64_t reserved[4];    ///< Zero.
};
static_assert(sizeof(SliceFooterDisk) == 64 && kIsDiskType<SliceFooterDisk>);
static_assert(offsetof(SliceFooterDisk, start) == 24 && offsetof(SliceFooterDisk, reserved) == 32);

/// Length of a footer with `count` entries.
[[nodiscard]] constexpr std::uint64_t footer_size_bytes(std::uint64_t count) noexcept {
  return sizeof(SliceFooterDisk) + count * sizeof(FooterEntryDisk);
}

/// The footer over `entries`, to stand at the end of the slice's range.
[[nodiscard]] SliceFooterDisk make_footer(std::uint64_t slice_seed, SegmentId segment_id, std::uint32_t start,
                                          std::uint32_t covered_end, std::span<const FooterEntryDisk> entries) noexcept;

struct SliceFooter {
  SliceFooterDisk footer{};
  std::vector<FooterEntryDisk> entries{};
};

/// The footer of the slice that `header` describes, if there is one that proves itself and whose entries
/// lie inside the slice.
[[nodiscard]] std::optional<SliceFooter> read_footer(std::span<const std::byte> segment, const SliceHeaderDisk& header,
                                                     std::uint64_t slice_seed);

}  // namespace holdfast
