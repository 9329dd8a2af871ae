#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/region.hpp>

#include "common/format/layout.hpp"

namespace holdfast::region {

/// Bits of RegionMetadataDisk::flags.
inline constexpr std::uint32_t kRegionSealed = 1;
inline constexpr std::uint32_t kRegionMirrored = 2;
inline constexpr std::uint32_t kRegionCompressed = 4;  ///< a version; its bytes are as compressed.hpp says
inline constexpr std::uint32_t kRegionCompressesVersions = 8;
inline constexpr std::uint32_t kRegionFlagsKnown = 15;

/// docs/format.md "Metadata of a region". Owner, description and attributes follow.
struct RegionMetadataDisk {
  std::uint64_t created_ns;
  std::uint64_t expected_size_bytes;
  std::uint64_t version_of;      ///< of a version, the space whose version it is; else 0
  std::uint64_t version_number;  ///< of a version its own; else that of the last one kept
  std::uint64_t content_size_bytes;  ///< of a compressed version, what it unpacks to; else 0
  std::uint32_t checked_block_bytes;
  std::uint32_t versions_kept;
  std::uint32_t flags;
  std::uint16_t owner_size_bytes;
  std::uint16_t description_size_bytes;
  std::uint32_t attribute_count;
  std::uint32_t reserved;
};
static_assert(sizeof(RegionMetadataDisk) == 64 && kIsDiskType<RegionMetadataDisk>);
static_assert(offsetof(RegionMetadataDisk, flags) == 48 && offsetof(RegionMetadataDisk, attribute_count) == 56);

/// What the catalog keeps of a region beside its extents and size.
struct KeptMetadata {
  std::uint64_t created_ns = 0;
  RegionMetadata metadata{};
  RegionForm form{};
  bool is_sealed = false;
  bool is_compressed = false;
  SpaceId version_of = 0;
  std::uint64_t version_number = 0;
  std::uint64_t content_size_bytes = 0;
};

/// Errors: invalid_argument (the form is not possible).
[[nodiscard]] Result<void> check_form(const RegionForm& form);

/// As the catalog keeps it. Errors: too_large.
[[nodiscard]] Result<std::string> encode_metadata(const KeptMetadata& kept);

/// What encode_metadata() was given; of nothing at all, nothing. Empty if it contradicts itself.
[[nodiscard]] std::optional<KeptMetadata> decode_metadata(std::string_view bytes);

/// Nanoseconds since 1970, by the system's clock.
[[nodiscard]] std::uint64_t now_ns() noexcept;
[[nodiscard]] std::chrono::system_clock::time_point time_of(std::uint64_t ns) noexcept;

}  // namespace holdfast::region
