#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <holdfast/report.hpp>

#include "common/engine/slice_writer.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// One slice as found on the medium.
struct ScannedSlice {
  SliceHeaderDisk header{};
  std::uint64_t seed = 0;
  std::uint32_t end_offset = 0;    ///< Behind the last record found.
  std::uint32_t end_sequence = 0;  ///< Sequence that would come next; damaged records counted.
  std::uint32_t watermark = 0;     ///< Highest one that any record carries.
  bool ended = false;              ///< It has its end record.
  std::vector<ByteRange> damage{}; ///< Offsets in the segment, below a watermark or a known count.

  [[nodiscard]] bool proved_durable() const noexcept { return watermark > header.start; }
};

/// A record that has proved itself, and its place in the segment.
struct ScannedRecord {
  RecordView view;
  std::uint32_t offset = 0;
};

/// Where in a slice to begin: everything before is known to be durable.
struct ScanBegin {
  std::uint32_t offset = 0;
  std::uint32_t sequence = 0;
};

using RecordVisitor = std::function<void(const ScannedRecord&)>;

/// Reads records of one slice at offsets of its segment, each by its own seed. Threads: any.
class SliceReader {
 public:
  /// `end` is the offset in the segment where the slice's range ends.
  SliceReader(std::span<const std::byte> segment, std::uint32_t end, std::uint64_t seed) noexcept
      : segment_(segment), end_(end), seed_(seed) {}

  /// The record at `offset`, if it proves itself.
  [[nodiscard]] std::optional<RecordView> at(std::uint32_t offset) const noexcept;

  /// Where reading goes on behind a record at `offset` that fails: at the next 8-byte step where a record
  /// of a later sequence holds, if a watermark or `known_count` says that `offset` had been durable.
  /// Nothing: it may be a torn tail. `offset` itself: its record has arrived meanwhile.
  [[nodiscard]] std::optional<std::uint32_t> resume(std::uint32_t offset, std::uint32_t sequence,
                                                    std::uint32_t known_count) const noexcept;

  /// The first 8-byte step from `offset` on whose byte of the type may be a record's; end(), if there is none. Most of
  /// what lies behind a tail is zeros.
  [[nodiscard]] std::uint32_t next_candidate(std::uint32_t offset) const noexcept;

  [[nodiscard]] std::uint32_t end() const noexcept { return end_; }

 private:
  [[nodiscard]] std::uint32_t first_behind(std::uint32_t offset, std::uint32_t prover,
                                           std::uint32_t sequence) const noexcept;

  std::span<const std::byte> segment_;
  std::uint32_t end_;
  std::uint64_t seed_;
};

/// Reads one slice from its header on. Stops at the first record that does not prove itself, unless a
/// later record's watermark (or `known_count`) says that it had been durable: then the bytes between
/// are damage, and reading goes on at the next 8-byte step where a record holds.
/// Threads: any; reads only.
/// `begin` skips records that a footer has told of.
[[nodiscard]] ScannedSlice scan_slice(std::span<const std::byte> segment, const SliceHeaderDisk& header,
                                      std::uint64_t secret, std::uint32_t known_count, const RecordVisitor& visitor,
                                      std::optional<ScanBegin> begin = std::nullopt);

/// Finds the slice headers of a segment, in order. `skip` is told each header and returns the offset
/// in the segment behind which the next one may lie.
void for_each_slice(std::span<const std::byte> segment, SegmentId segment_id, std::uint64_t secret,
                    const std::function<std::uint32_t(const SliceHeaderDisk&)>& visit);

}  // namespace holdfast
