#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <holdfast/error.hpp>
#include <holdfast/kv_export.hpp>

#include "common/format/layout.hpp"

namespace holdfast::kv_stream {

// docs/format.md "Key-value streams"; tests/unit/format_doc_test.cpp holds the structs to its tables.

inline constexpr std::uint64_t kKvStreamMagic = 0x4D52'5453'564B'4648;  // "HFKVSTRM"
inline constexpr std::uint32_t kKvStreamVersion = 1;
inline constexpr std::uint32_t kKvBlockMagic = 0x4B42'4648;  // "HFBK"
inline constexpr std::uint32_t kKvEndMagic = 0x4445'4648;    // "HFED"
inline constexpr std::uint64_t kEntriesNotKnown = std::numeric_limits<std::uint64_t>::max();

/// At the start of a stream.
struct KvStreamHeaderDisk {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved_32;       ///< Zero.
  std::uint8_t id[16];             ///< KvStreamId.
  std::uint64_t entries_expected;  ///< About; kEntriesNotKnown.
  std::uint64_t check;             ///< XXH3-64 of everything before it, seed 0.
};
static_assert(sizeof(KvStreamHeaderDisk) == 48 && kIsDiskType<KvStreamHeaderDisk>);

/// Before the entries of a block; or, without any, at the stream's end.
struct KvBlockHeaderDisk {
  std::uint32_t magic;          ///< kKvBlockMagic; kKvEndMagic.
  std::uint32_t entries;        ///< In the block, at least 1; 0.
  std::uint64_t size_bytes;     ///< Of the entries behind this header; 0.
  std::uint64_t first_entry;    ///< Entries in the blocks before.
  std::uint64_t content_check;  ///< XXH3-64 of the entries, seed 0; 0.
  std::uint64_t
      check;  ///< XXH3-64 of everything before it, seeded by the check before: a block proves its place.
};
static_assert(sizeof(KvBlockHeaderDisk) == 40 && kIsDiskType<KvBlockHeaderDisk>);

inline constexpr std::uint8_t kKvEntryExpires = 1;  ///< A flag of entries: expires_us counts.

/// Before the key and the value of an entry.
struct KvStreamEntryDisk {
  std::uint8_t flags;       ///< kKvEntryExpires; no other is known.
  std::uint8_t reserved_8;  ///< Zero.
  std::uint16_t key_size_bytes;
  std::uint32_t value_size_bytes;
  std::uint64_t expires_us;  ///< Since 1970, in microseconds; zero without kKvEntryExpires.
};
static_assert(sizeof(KvStreamEntryDisk) == 16 && kIsDiskType<KvStreamEntryDisk>);

[[nodiscard]] constexpr std::uint64_t entry_size_bytes(std::uint64_t key_size_bytes,
                                                       std::uint64_t value_size_bytes) noexcept {
  return sizeof(KvStreamEntryDisk) + key_size_bytes + value_size_bytes;
}

/// The least and the most that a block of one entry may have.
inline constexpr std::uint64_t kEntrySizeBytesMin = entry_size_bytes(1, 0);
inline constexpr std::uint64_t kEntrySizeBytesMax = entry_size_bytes(kKeySizeBytesMax, kValueSizeBytesMax);

[[nodiscard]] std::uint64_t check_of(const KvStreamHeaderDisk& header) noexcept;
[[nodiscard]] std::uint64_t check_of(const KvBlockHeaderDisk& header, std::uint64_t check_before) noexcept;

/// Whether a header makes sense, all but its checksum. Errors: corruption, for the one at `offset`.
[[nodiscard]] Result<void> validate(const KvBlockHeaderDisk& header, std::uint64_t entries_before,
                                    std::uint64_t offset);

}  // namespace holdfast::kv_stream
