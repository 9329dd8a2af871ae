#include "common/engine/extents.hpp"

#include <algorithm>
#include <string>

#include "common/base/success.hpp"
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

std::uint64_t Extents::available_bytes() const {
  const auto space = storage_.space();
  std::uint64_t available = allocator_.free_bytes();
  if (space)
    available += std::min(space->max_size_bytes - std::min(space->max_size_bytes, space->size_bytes),
                          space->medium_free_bytes);
  return available - std::min(available, reserve_.missing() * reserve_.run_size_bytes());
}

// What is free already.
void Extents::fill_reserve() {
  while (reserve_.missing() > 0) {
    const auto run = allocator_.allocate(reserve_.run_size_bytes());
    if (!run) return;
    if (!reserve_.add(*run)) return allocator_.release(*run);
  }
}

// By growing, if it must.
Result<void> Extents::require_reserve() {
  while (reserve_.missing() > 0) {
    const auto run = allocate_or_grow(reserve_.run_size_bytes());
    if (!run) return Unexpected(run.error());
    if (!reserve_.add(*run)) allocator_.release(*run);
  }
  return success();
}

Result<ByteRange> Extents::allocate_for(std::uint64_t size_bytes, Room room) {
  switch (room) {
    case Room::common:
      if (auto kept = require_reserve(); !kept) return Unexpected(kept.error());
      break;
    case Room::erasing:
    case Room::cleaning:
      if (const auto extent = allocator_.allocate(size_bytes)) return reserved(*extent);
      if (const auto run = reserve_.take(round_up(size_bytes, kBlockSizeBytes), room == Room::erasing ? 1 : 0))
        return reserved(*run);
      break;
    case Room::catalog:
      break;
  }
  return allocate_or_grow(size_bytes);
}

void Extents::note_taken(std::uint64_t size_bytes) const {
  if (low_space_ != nullptr) low_space_->note(available_bytes());
  if (taken_) taken_(size_bytes);
}

Result<ByteRange> Extents::allocate(std::uint64_t size_bytes, Room room) {
  auto extent = allocate_for(size_bytes, room);
  note_taken(size_bytes);
  return extent;
}

Result<std::vector<ByteRange>> Extents::allocate_parts(std::uint64_t size_bytes) {
  const auto kept = require_reserve();
  auto parts = kept ? allocate_in_parts(size_bytes) : Unexpected(kept.error());
  note_taken(size_bytes);
  return parts;
}

Result<ByteRange> Extents::allocate_or_grow(std::uint64_t size_bytes) {
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

Result<std::vector<ByteRange>> Extents::allocate_in_parts(std::uint64_t size_bytes) {
  std::vector<ByteRange> parts;
  if (auto whole = allocate_or_grow(size_bytes)) {
    parts.push_back(*whole);
    return parts;
  } else if (whole.error().code != ErrorCode::no_space) {
    return Unexpected(whole.error());
  }
  std::uint64_t left = round_up(size_bytes, kBlockSizeBytes);
  if (const std::uint64_t free = allocator_.free_bytes(); free < left) {
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

Result<void> Extents::grow_by(std::uint64_t size_bytes) {
  const std::lock_guard lock(growing_);
  auto grown = storage_.grow(storage_.size_bytes() + round_up(size_bytes, kBlockSizeBytes));
  if (grown) allocator_.grow(storage_.size_bytes());
  return grown;
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
