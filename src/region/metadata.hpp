#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/region.hpp>

#include "common/format/layout.hpp"

namespace holdfast::region {

/// docs/format.md "Metadata of a region". Owner, description and attributes follow.
struct RegionMetadataDisk {
  std::uint64_t created_ns;
  std::uint64_t expected_size_bytes;
  std::uint16_t owner_size_bytes;
  std::uint16_t description_size_bytes;
  std::uint32_t attribute_count;
};
static_assert(sizeof(RegionMetadataDisk) == 24 && kIsDiskType<RegionMetadataDisk>);
static_assert(offsetof(RegionMetadataDisk, attribute_count) == 20);

/// What a region's creator and owner have said of it, and when it was created.
struct KeptMetadata {
  std::uint64_t created_ns = 0;
  RegionMetadata metadata{};
};

/// As the catalog keeps it. Errors: too_large.
[[nodiscard]] Result<std::string> encode_metadata(const KeptMetadata& kept);

/// What encode_metadata() was given; of nothing at all, nothing. Empty if the lengths do not add up.
[[nodiscard]] std::optional<KeptMetadata> decode_metadata(std::string_view bytes);

}  // namespace holdfast::region
