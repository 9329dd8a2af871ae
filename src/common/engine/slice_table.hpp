#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <mutex>

#include "common/format/layout.hpp"

namespace holdfast {

/// What reading a record of a slice takes.
struct SliceInfo {
  std::uint64_t segment_offset = 0;  ///< Of the segment in the store.
  std::uint64_t seed = 0;            ///< slice_seed()
  SegmentId segment_id = 0;
  SpaceId space_id = 0;
  std::uint32_t start = 0;           ///< Offset in the segment of the slice's header.
  std::uint32_t end = 0;             ///< Offset in the segment where its range, or if complete its records, end.
  std::uint32_t epoch = 0;
  bool complete = false;             ///< Found by recovery: nothing more will be written to it.
};

/// All slices a store has opened or found, by a dense index that fits into a Location. Entries are
/// added and never change, so readers need no lock.
/// Threads: any.
class SliceTable {
 public:
  [[nodiscard]] std::uint32_t add(const SliceInfo& info) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t index = count_;
    const Place place = place_of(index);
    if (owned_[place.chunk] == nullptr) {
      owned_[place.chunk] = std::make_unique<SliceInfo[]>(std::size_t{kFirstChunkSize} << place.chunk);
      // release: a reader that learns of an index elsewhere must see the chunk it lies in
      chunks_[place.chunk].store(owned_[place.chunk].get(), std::memory_order_release);
    }
    owned_[place.chunk][place.within] = info;
    ++count_;  // last: a chunk that there was no memory for is asked for again
    return index;
  }

  /// Requires: add() returned `index`, and the caller learned of it by something that orders memory.
  [[nodiscard]] const SliceInfo& operator[](std::uint32_t index) const noexcept {
    const Place place = place_of(index);
    return chunks_[place.chunk].load(std::memory_order_acquire)[place.within];
  }

 private:
  struct Place {
    std::uint32_t chunk;
    std::uint32_t within;
  };

  // Chunk k holds 64 * 2^k entries, so that a small store pays little and no entry ever moves.
  static constexpr std::uint32_t kFirstChunkSize = 64;
  static constexpr std::uint32_t kChunkCount = 26;

  [[nodiscard]] static constexpr Place place_of(std::uint32_t index) noexcept {
    const std::uint32_t shifted = index + kFirstChunkSize;
    const auto chunk = static_cast<std::uint32_t>(std::bit_width(shifted)) - 7;
    return {chunk, shifted - (kFirstChunkSize << chunk)};
  }

  std::mutex mutex_;
  std::uint32_t count_ = 0;
  std::array<std::unique_ptr<SliceInfo[]>, kChunkCount> owned_;
  std::array<std::atomic<SliceInfo*>, kChunkCount> chunks_{};
};

}  // namespace holdfast
