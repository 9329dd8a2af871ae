#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/format/layout.hpp"

namespace holdfast {

inline constexpr std::uint64_t kSuperblockMagic = 0x5453'4146'444C'4F48;  // "HOLDFAST"
inline constexpr std::uint64_t kSuperblockSlotCount = 2;
inline constexpr std::uint64_t kSuperblockSlotSizeBytes = 4096;
inline constexpr std::uint64_t kSuperblockAreaSizeBytes = kSuperblockSlotCount * kSuperblockSlotSizeBytes;

/// docs/format.md "Superblock". Two slots, written in turn; the valid one with the higher sequence counts.
struct SuperblockDisk {
  std::uint64_t check;  ///< XXH3-64 of everything behind it, seed kSuperblockMagic.
  std::uint64_t magic;
  std::uint32_t format_version;
  std::uint32_t features_compat;     ///< Unknown bits: open as usual.
  std::uint32_t features_ro_compat;  ///< Unknown bits: open read-only.
  std::uint32_t features_incompat;   ///< Unknown bits: do not open.
  std::uint64_t sequence;            ///< Rises by one each time a slot is written.
  std::array<std::uint8_t, 16> uuid;
  std::uint64_t secret;              ///< Seeds every checksum below the superblock.
  std::uint32_t epoch;               ///< Rises by one with each writing open.
  std::uint32_t clean;               ///< 1: the last writer closed; 0: a writer is or was at work.
  std::uint64_t segment_size_bytes;
  std::uint64_t catalog_segment_id;
  std::uint64_t catalog_offset;
  std::uint64_t catalog_size_bytes;
  std::uint32_t catalog_slice_start;  ///< The catalog's last slice when closed; both 0 while clean is 0.
  std::uint32_t catalog_slice_count;  ///< Its records.
  std::array<std::uint8_t, 400> reserved;  ///< Zero.
};
static_assert(sizeof(SuperblockDisk) == 512 && kIsDiskType<SuperblockDisk>);
static_assert(offsetof(SuperblockDisk, uuid) == 40 && offsetof(SuperblockDisk, epoch) == 64);
static_assert(offsetof(SuperblockDisk, reserved) == 112);

/// Magic, checksum and the plausibility of every field; version and features are the opener's matter.
[[nodiscard]] bool validate(const SuperblockDisk& superblock) noexcept;

/// Fills in magic and check.
void seal(SuperblockDisk& superblock) noexcept;

}  // namespace holdfast
