#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/location.hpp"

namespace holdfast {

/// Where the records 1, 2, 3, ... of a stream lie, 8 bytes each. One at a time adds at the end; readers take no
/// lock: what they may see never moves or changes.
class SequenceIndex {
 public:
  /// Shows the next number's record. Threads: one at a time, each behind the last.
  void append(Location location) { add(location.packed()); }

  /// Room for all numbers below `end`: appending them needs no memory then. Threads: as append.
  void make_room(std::uint64_t end);

  /// The next number's record is lost. Threads: as append.
  void append_lost() { add(kLost); }

  /// The number behind the last one shown.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_.load(std::memory_order_acquire); }

  /// Where record `number` lies; nothing if it is lost. Requires: 0 < number < what next() has returned.
  [[nodiscard]] std::optional<Location> find(std::uint64_t number) const noexcept;

 private:
  // Chunk k holds 1024 * 2^k entries, so that a small stream pays little and no entry ever moves.
  static constexpr std::uint64_t kFirstChunkSize = 1024;
  static constexpr std::size_t kChunkCount = 54;
  static constexpr std::uint64_t kLost = 0;  // where the first segment header would lie: no record's place

  struct Place {
    std::size_t chunk;
    std::uint64_t within;
  };
  [[nodiscard]] static Place place_of(std::uint64_t number) noexcept;
  void add(std::uint64_t packed);

  // Chunks and entries are written before next_ shows them, and never again.
  std::array<std::unique_ptr<std::uint64_t[]>, kChunkCount> chunks_;
  std::atomic<std::uint64_t> next_{1};
};

}  // namespace holdfast
