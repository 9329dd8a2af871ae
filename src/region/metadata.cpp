#include "region/metadata.hpp"

#include <cstring>

#include "common/format/catalog_entry.hpp"

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

template <class Value>
void put(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);  // bytes as text
}

}  // namespace

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
                                .owner_size_bytes = static_cast<std::uint16_t>(metadata.owner.size()),
                                .description_size_bytes = static_cast<std::uint16_t>(metadata.description.size()),
                                .attribute_count = static_cast<std::uint32_t>(metadata.attributes.size())});
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
  kept.created_ns = disk.created_ns;
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
