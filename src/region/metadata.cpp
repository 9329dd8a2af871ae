#include "region/metadata.hpp"

#include <bit>
#include <chrono>
#include <cstring>

#include "common/format/catalog_entry.hpp"
#include "region/limits.hpp"

namespace holdfast::region {
namespace {

struct AttributeSizes {
  std::uint16_t key = 0;
  std::uint16_t value = 0;
};

/// Takes texts off the front of bytes that may be anything.
class Reader {
 public:
  explicit Reader(std::string_view bytes) noexcept : left_(bytes) {}

  template <class Value>
  [[nodiscard]] bool take(Value& value) noexcept {
    if (left_.size() < sizeof value) return false;
    std::memcpy(&value, left_.data(), sizeof value);
    left_.remove_prefix(sizeof value);
    return true;
  }

  [[nodiscard]] bool take(std::string& text, std::size_t size_bytes) {
    if (left_.size() < size_bytes) return false;
    text = left_.substr(0, size_bytes);
    left_.remove_prefix(size_bytes);
    return true;
  }

  [[nodiscard]] bool is_at_end() const noexcept { return left_.empty(); }

 private:
  std::string_view left_;
};

std::uint32_t flags_of(const KeptMetadata& kept) noexcept {
  return (kept.is_sealed ? kRegionSealed : 0) | (kept.form.is_mirrored ? kRegionMirrored : 0) |
         (kept.is_compressed ? kRegionCompressed : 0) |
         (kept.form.compresses_versions ? kRegionCompressesVersions : 0);
}

template <class Value>
void put(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);  // bytes as text
}

}  // namespace

Result<void> check_form(const RegionForm& form) {
  const std::uint32_t block = form.checked_block_bytes;
  const auto refuse = [](std::string message, std::string expected, std::string found) {
    return Unexpected(Error{.code = ErrorCode::invalid_argument,
                            .message = std::move(message),
                            .expected = std::move(expected),
                            .found = std::move(found)});
  };
  if (block != 0 && (!std::has_single_bit(block) || block < kCheckedBlockBytesMin || block > kCheckedBlockBytesMax))
    return refuse("a region's checked blocks cannot have that size",
                  "0, or a power of two from " + std::to_string(kCheckedBlockBytesMin) + " to " +
                      std::to_string(kCheckedBlockBytesMax),
                  std::to_string(block));
  if (form.is_mirrored && block == 0)
    return refuse("a mirrored region must be checked: nothing else tells which copy is right",
                  "checked_block_bytes", "0");
  if (form.versions_kept > kVersionsKeptMax)
    return refuse("a region cannot keep so many versions", "at most " + std::to_string(kVersionsKeptMax),
                  std::to_string(form.versions_kept));
  return {};
}

std::uint64_t now_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

std::chrono::system_clock::time_point time_of(std::uint64_t ns) noexcept {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(ns)));
}

Result<std::string> encode_metadata(const KeptMetadata& kept) {
  const RegionMetadata& metadata = kept.metadata;
  std::uint64_t size_bytes = sizeof(RegionMetadataDisk) + metadata.owner.size() + metadata.description.size();
  for (const auto& [key, value] : metadata.attributes) size_bytes += sizeof(AttributeSizes) + key.size() + value.size();
  if (size_bytes > kSpaceMetadataSizeBytesMax) {
    Error error{.code = ErrorCode::too_large, .message = "the region's metadata is too large"};
    error.expected = "at most " + std::to_string(kSpaceMetadataSizeBytesMax) + " bytes in all";
    error.found = std::to_string(size_bytes);
    return Unexpected(error);
  }
  std::string bytes;
  bytes.reserve(size_bytes);
  put(bytes, RegionMetadataDisk{.created_ns = kept.created_ns,
                                .expected_size_bytes = metadata.expected_size_bytes,
                                .version_of = kept.version_of,
                                .version_number = kept.version_number,
                                .content_size_bytes = kept.content_size_bytes,
                                .checked_block_bytes = kept.form.checked_block_bytes,
                                .versions_kept = kept.form.versions_kept,
                                .flags = flags_of(kept),
                                .owner_size_bytes = static_cast<std::uint16_t>(metadata.owner.size()),
                                .description_size_bytes = static_cast<std::uint16_t>(metadata.description.size()),
                                .attribute_count = static_cast<std::uint32_t>(metadata.attributes.size()),
                                .reserved = 0});
  bytes += metadata.owner;
  bytes += metadata.description;
  for (const auto& [key, value] : metadata.attributes) {
    put(bytes, AttributeSizes{static_cast<std::uint16_t>(key.size()), static_cast<std::uint16_t>(value.size())});
    bytes += key;
    bytes += value;
  }
  return bytes;
}

std::optional<KeptMetadata> decode_metadata(std::string_view bytes) {
  KeptMetadata kept;
  if (bytes.empty()) return kept;
  Reader reader(bytes);
  RegionMetadataDisk disk;
  if (!reader.take(disk)) return std::nullopt;
  if ((disk.flags & ~kRegionFlagsKnown) != 0) return std::nullopt;
  kept.created_ns = disk.created_ns;
  kept.form = {.checked_block_bytes = disk.checked_block_bytes,
               .is_mirrored = (disk.flags & kRegionMirrored) != 0,
               .versions_kept = disk.versions_kept,
               .compresses_versions = (disk.flags & kRegionCompressesVersions) != 0};
  kept.is_sealed = (disk.flags & kRegionSealed) != 0;
  kept.is_compressed = (disk.flags & kRegionCompressed) != 0;
  kept.version_of = disk.version_of;
  kept.version_number = disk.version_number;
  kept.content_size_bytes = disk.content_size_bytes;
  if (!check_form(kept.form) || (kept.is_compressed && !kept.is_sealed) ||
      kept.content_size_bytes > kRegionSizeBytesMax)
    return std::nullopt;
  kept.metadata.expected_size_bytes = disk.expected_size_bytes;
  if (!reader.take(kept.metadata.owner, disk.owner_size_bytes)) return std::nullopt;
  if (!reader.take(kept.metadata.description, disk.description_size_bytes)) return std::nullopt;
  for (std::uint32_t i = 0; i < disk.attribute_count; ++i) {
    AttributeSizes sizes;
    std::string key;
    std::string value;
    if (!reader.take(sizes) || !reader.take(key, sizes.key) || !reader.take(value, sizes.value)) return std::nullopt;
    if (!kept.metadata.attributes.emplace(std::move(key), std::move(value)).second) return std::nullopt;
  }
  if (!reader.is_at_end()) return std::nullopt;
  return kept;
}

}  // namespace holdfast::region
