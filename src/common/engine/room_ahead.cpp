#include "common/engine/room_ahead.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"

namespace holdfast {

RoomAhead::RoomAhead(Parts parts)
    : parts_(std::move(parts)),
      is_paged_(parts_.storage.capabilities().granularity == Granularity::page),
      timer_(std::chrono::milliseconds(0), [this] { work(); }) {}

void RoomAhead::note_taken(std::uint64_t size_bytes) noexcept {
  if (parts_.storage.size_bytes() < kStoreBytesMin) return;
  // Relaxed: a hint. A large one, as of a region, is none for what comes next.
  extent_bytes_.store(size_bytes <= kExtentBytesMax ? size_bytes : 0, std::memory_order_relaxed);
  static_cast<void>(timer_.fire());  // without a thread writers make room by themselves
}

void RoomAhead::work() noexcept {
  const std::uint64_t extent_bytes = extent_bytes_.load(std::memory_order_relaxed);
  static_cast<void>(without_bad_alloc([&] { return grow_if_short(extent_bytes); }));
  bring_into_memory(extent_bytes);
}

// What is free already, if nobody looks at it, comes before new room.
Result<void> RoomAhead::grow_if_short(std::uint64_t extent_bytes) {
  const std::uint64_t size_bytes = parts_.storage.size_bytes();
  const std::uint64_t wanted_bytes = std::min(size_bytes / kFreePart, kFreeBytesMax);
  const auto is_short = [&] {
    return parts_.extents.free_bytes() < wanted_bytes || !parts_.extents.has_run_of(extent_bytes);
  };
  if (size_bytes == refused_at_bytes_ || !is_short()) return success();
  if (auto reclaimed = parts_.reclaim(); !reclaimed) return reclaimed;
  if (!is_short()) return success();
  auto grown = parts_.extents.grow_by(wanted_bytes);
  if (grown)
    growths_.fetch_add(1);
  else
    refused_at_bytes_ = size_bytes;
  return grown;
}

// On media that are memory a page that is there spares a store its fault. Nothing is written: what is free may be had by
// somebody else meanwhile.
void RoomAhead::bring_into_memory(std::uint64_t extent_bytes) noexcept {
  if (is_paged_ || extent_bytes == 0) return;
  const auto next = parts_.extents.next_run(extent_bytes, kExtentsAhead * extent_bytes);
  if (!next) return;
  const std::uint64_t end = next->offset + next->size_bytes;
  const std::uint64_t known_end = in_memory_.offset + in_memory_.size_bytes;
  const bool goes_on = next->offset >= in_memory_.offset && next->offset <= known_end;
  const std::uint64_t begin = goes_on ? std::min(known_end, end) : next->offset;
  if (begin < end) parts_.storage.advise({begin, end - begin}, Access::will_need);
  in_memory_ = *next;
}

}  // namespace holdfast
