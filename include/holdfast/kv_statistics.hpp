#pragma once

#include <cstdint>

namespace holdfast {

/// What a key-value space holds, and what cleaning has done there. Sizes are bytes on the medium, of records with their
/// headers; values that are too large for a segment lie in extents of their own, which SpaceInfo counts.
struct KvStatistics {
  std::uint64_t keys = 0;
  std::uint64_t segments = 0;
  std::uint64_t size_bytes = 0;       ///< Of the segments, free runs included.
  std::uint64_t live_bytes = 0;       ///< Records that are read.
  std::uint64_t tombstone_bytes = 0;  ///< Records that keep erased keys away.
  std::uint64_t garbage_bytes = 0;    ///< What cleaning can give back: not in segments that are written to, or wait for a sync.
  std::uint64_t snapshot_bytes = 0;   ///< Replaced records that snapshots hold back.
  std::uint64_t data_bytes = 0;       ///< Present records with their large values: what KvSettings::bytes_max bounds.
  std::uint64_t index_bytes = 0;      ///< Memory of the index, as Options::index_bytes_max counts it.

  // Since the store was opened:
  std::uint64_t written_bytes = 0;  ///< By puts and erases.
  std::uint64_t moved_bytes = 0;    ///< Copied by cleaning.
  std::uint64_t cleaned_segments = 0;
  std::uint64_t freed_bytes = 0;    ///< Of these segments.
  std::uint64_t evicted_keys = 0;   ///< Erased to keep to KvSettings::keys_max and bytes_max.

  /// The part of the space that cleaning can give back.
  [[nodiscard]] double garbage_ratio() const noexcept {
    return size_bytes == 0 ? 0 : static_cast<double>(garbage_bytes) / static_cast<double>(size_bytes);
  }
  /// Bytes that were written for each that was asked for.
  [[nodiscard]] double write_amplification() const noexcept {
    return written_bytes == 0 ? 1 : 1 + static_cast<double>(moved_bytes) / static_cast<double>(written_bytes);
  }
};

}  // namespace holdfast
