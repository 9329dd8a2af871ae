#include "common/engine/extents.hpp"

#include <algorithm>
#include <string>

#include "common/format/layout.hpp"

namespace holdfast {
namespace {

// A store grows by a quarter of itself within these bounds: few steps, and little beyond the need.
constexpr std::uint64_t kGrowthBytesMin = std::uint64_t{1} << 20;
constexpr std::uint64_t kGrowthBytesMax = std::uint64_t{1} << 30;

// A value in more pieces than this would cost more in the catalog than it is worth.
constexpr std::size_t kPartCountMax = 1024;

}  // namespace

Result<ByteRange> Extents::allocate_present(std::uint64_t size_bytes) {
  if (const auto extent = allocator_.allocate(size_bytes)) return reserved(*extent);
  return Unexpected(Error{.code = ErrorCode::no_space,
                          .message = "no free run of " + std::to_string(size_bytes) + " bytes",
                          .path = std::string(storage_.path())});
}

Result<ByteRange> Extents::allocate(std::uint64_t size_bytes) {
  if (const auto extent = allocator_.allocate(size_bytes)) return reserved(*extent);
  const std::lock_guard lock(growing_);
  // Another caller may have grown the store.
  if (const auto extent = allocator_.allocate(size_bytes)) return reserved(*extent);
  // Up to all of the new bytes are needed: a free run at the old end may be too short to count on.
  if (auto grown = grow_for(round_up(size_bytes, kBlockSizeBytes)); !grown) return Unexpected(grown.error());
  return allocate_present(size_bytes);
}

// Copying a store's file may have turned what was free in it into holes; then the blocks are missing.
Result<ByteRange> Extents::reserved(ByteRange extent) {
  if (auto there = storage_.reserve(extent); !there) {
    allocator_.release(extent);
    return Unexpected(there.error());
  }
  return extent;
}

Result<std::vector<ByteRange>> Extents::allocate_parts(std::uint64_t size_bytes) {
  std::vector<ByteRange> parts;
  if (auto whole = allocate(size_bytes)) {
    parts.push_back(*whole);
    return parts;
  } else if (whole.error().code != ErrorCode::no_space) {
    return Unexpected(whole.error());
  }
  std::uint64_t left = round_up(size_bytes, kBlockSizeBytes);
  if (const std::uint64_t free = free_bytes(); free < left) {
    const std::lock_guard lock(growing_);
    if (auto grown = grow_for(left - free); !grown) return Unexpected(grown.error());
  }
  while (left > 0 && parts.size() < kPartCountMax) {
    const auto part = allocator_.allocate_largest(left);
    if (!part) break;
    parts.push_back(*part);
    if (auto there = storage_.reserve(*part); !there) {
      release(parts);
      return Unexpected(there.error());
    }
    left -= part->size_bytes;
  }
  if (left == 0) return parts;
  release(parts);
  return Unexpected(Error{.code = ErrorCode::no_space,
                          .message = "no room for a value of " + std::to_string(size_bytes) + " bytes",
                          .path = std::string(storage_.path())});
}

Result<void> Extents::take(ByteRange extent) {
  if (allocator_.take(extent)) return {};
  Error error{.code = ErrorCode::corruption,
              .message = "the catalog names an extent that overlaps another or lies behind the store's end",
              .path = std::string(storage_.path()),
              .offset = extent.offset};
  error.expected = "a free extent of " + std::to_string(extent.size_bytes) + " bytes";
  error.found = "store size " + std::to_string(storage_.size_bytes());
  return Unexpected(error);
}

Result<void> Extents::grow_for(std::uint64_t size_bytes) {
  const std::uint64_t size = storage_.size_bytes();
  const std::uint64_t comfortable = std::max(size_bytes, std::clamp(size / 4, kGrowthBytesMin, kGrowthBytesMax));
  auto grown = storage_.grow(size + comfortable);
  if (!grown && grown.error().code == ErrorCode::no_space && comfortable > size_bytes)
    grown = storage_.grow(size + size_bytes);
  if (!grown) return grown;
  allocator_.grow(storage_.size_bytes());
  return {};
}

}  // namespace holdfast
