#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

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

/// What of a slice is in use, for cleaning. A line of memory of its own: its writer counts there with every record.
struct alignas(64) SliceUsage {
  static constexpr std::uint64_t kNoFloor = std::numeric_limits<std::uint64_t>::max();

  std::atomic<std::int64_t> live_bytes{0};        ///< Of records that an index shows. May be off for a moment.
  std::atomic<std::uint64_t> tombstone_bytes{0};  ///< Of records that only say that a key was erased.
  std::atomic<std::uint64_t> written_bytes{0};    ///< Of all puts and erases, whoever needs them.
  std::atomic<bool> is_of_copies{false};          ///< Filled by cleaning.
  /// No tombstone of a version below hides a record of this slice: the lowest version in it, or SliceHeaderDisk::cleaned_at.
  std::atomic<std::uint64_t> floor{kNoFloor};

  /// Of a log: how many entries, their ids and timestamps.
  std::atomic<std::uint64_t> entries{0};
  std::atomic<std::uint64_t> id_min{kNoFloor};
  std::atomic<std::uint64_t> id_max{0};
  std::atomic<std::uint64_t> time_min_us{kNoFloor};
  std::atomic<std::uint64_t> time_max_us{0};
  std::atomic<std::uint64_t> entries_in_parts{0};  ///< Whose payloads lie in extents of their own.

  void reset() noexcept;
  /// An entry of a log; its writer counts it, one thread at a time.
  struct LogEntry {
    std::uint64_t id = 0;
    std::uint64_t time_us = 0;
    std::uint64_t size_bytes = 0;  // of the record
    bool is_in_parts = false;
  };
  void note(const LogEntry& entry) noexcept;
};

// Relaxed throughout: who looks has something else that orders memory, or takes a number that may be off for a moment.

inline void SliceUsage::reset() noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  live_bytes.store(0, kRelaxed);
  tombstone_bytes.store(0, kRelaxed);
  written_bytes.store(0, kRelaxed);
  is_of_copies.store(false, kRelaxed);
  floor.store(kNoFloor, kRelaxed);
  entries.store(0, kRelaxed);
  id_min.store(kNoFloor, kRelaxed);
  id_max.store(0, kRelaxed);
  time_min_us.store(kNoFloor, kRelaxed);
  time_max_us.store(0, kRelaxed);
  entries_in_parts.store(0, kRelaxed);
}

inline void SliceUsage::note(const LogEntry& entry) noexcept {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  written_bytes.store(written_bytes.load(kRelaxed) + entry.size_bytes, kRelaxed);
  entries.store(entries.load(kRelaxed) + 1, kRelaxed);
  if (entry.id < id_min.load(kRelaxed)) id_min.store(entry.id, kRelaxed);
  if (entry.id > id_max.load(kRelaxed)) id_max.store(entry.id, kRelaxed);
  if (entry.time_us < time_min_us.load(kRelaxed)) time_min_us.store(entry.time_us, kRelaxed);
  if (entry.time_us > time_max_us.load(kRelaxed)) time_max_us.store(entry.time_us, kRelaxed);
  if (entry.is_in_parts) entries_in_parts.fetch_add(1, kRelaxed);
}

/// All slices a store has opened or found, by a dense index that fits into a Location. Entries never change while anybody
/// may look at them, so readers need no lock.
/// Threads: any.
class SliceTable {
 public:
  [[nodiscard]] std::uint32_t add(const SliceInfo& info) {
    const std::lock_guard lock(mutex_);
    const bool is_reused = !free_.empty();
    const std::uint32_t index = is_reused ? free_.back() : count_;
    const Place place = place_of(index);
    Chunk& chunk = owned_[place.chunk];
    if (chunk.usages == nullptr) {
      const std::size_t size = std::size_t{kFirstChunkSize} << place.chunk;
      if (chunk.infos == nullptr) chunk.infos = std::make_unique<SliceInfo[]>(size);
      chunk.usages = std::make_unique<SliceUsage[]>(size);
      // release: a reader that learns of an index elsewhere must see the chunk it lies in
      usages_[place.chunk].store(chunk.usages.get(), std::memory_order_release);
      infos_[place.chunk].store(chunk.infos.get(), std::memory_order_release);
    }
    if (free_.capacity() <= count_) free_.reserve(2 * free_.capacity() + kFirstChunkSize);  // for remove()
    chunk.infos[place.within] = info;
    chunk.usages[place.within].reset();
    if (is_reused)
      free_.pop_back();
    else
      ++count_;  // last: a chunk that there was no memory for is asked for again
    return index;
  }

  /// These slices are gone; their indexes may be given out again. Requires: nobody looks at them any more.
  void remove(std::span<const std::uint32_t> indexes) noexcept {
    const std::lock_guard lock(mutex_);
    free_.insert(free_.end(), indexes.begin(), indexes.end());
  }

  /// Requires: add() returned `index`, and the caller learned of it by something that orders memory.
  [[nodiscard]] const SliceInfo& operator[](std::uint32_t index) const noexcept {
    const Place place = place_of(index);
    return infos_[place.chunk].load(std::memory_order_acquire)[place.within];
  }
  [[nodiscard]] SliceUsage& usage(std::uint32_t index) const noexcept {
    const Place place = place_of(index);
    return usages_[place.chunk].load(std::memory_order_acquire)[place.within];
  }

 private:
  struct Place {
    std::uint32_t chunk;
    std::uint32_t within;
  };
  struct Chunk {
    std::unique_ptr<SliceInfo[]> infos;
    std::unique_ptr<SliceUsage[]> usages;
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
  std::vector<std::uint32_t> free_;  // with room for all
  std::array<Chunk, kChunkCount> owned_;
  std::array<std::atomic<SliceInfo*>, kChunkCount> infos_{};
  std::array<std::atomic<SliceUsage*>, kChunkCount> usages_{};
};

}  // namespace holdfast
