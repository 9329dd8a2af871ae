#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "common/engine/segment_scan.hpp"
#include "common/engine/slice_writer.hpp"

namespace holdfast {

inline constexpr std::uint64_t kTestSecret = 0xABCD'EF01'2345'6789;
inline constexpr SegmentId kTestSegment = 12;

/// The bytes of one segment, as a medium would hold them.
using SegmentBytes = std::vector<std::byte>;

[[nodiscard]] inline SegmentBytes empty_segment() { return SegmentBytes(kSegmentSizeBytesMin); }

/// A slice that is written into a segment's bytes. Only what was written is on the medium.
class TestSlice {
 public:
  struct Place {
    std::uint32_t epoch = 1;
    std::uint32_t start = kFirstSliceStart;
    std::uint32_t size_bytes = 16384;
    SegmentId segment_id = kTestSegment;
    SliceLinkDisk previous{};
  };

  TestSlice(SegmentBytes& segment, const Place& place)
      : segment_(segment),
        writer_({kTestSecret, place.epoch},
                {{place.segment_id, 1, 0, segment.size()}, place.start, place.size_bytes}, place.previous,
                kRecordAlignmentMin, slices_) {}
  explicit TestSlice(SegmentBytes& segment) : TestSlice(segment, Place{}) {}

  /// Stages a put; its offset in the segment.
  std::uint32_t append(std::string_view key, std::string_view payload = "value", std::uint64_t version = 0) {
    const RecordDraft draft{.type = RecordType::put, .version = version, .key = key, .payload = payload};
    return static_cast<std::uint32_t>(writer_.append(draft, stage_).offset());
  }

  /// What was staged reaches the medium, but is not known to be durable.
  void write() {
    for (const WriteRange& range : stage_.ranges())
      std::memcpy(segment_.data() + range.offset, range.bytes.data(), range.bytes.size());
    stage_.clear();
  }

  /// The same, and later records will say that it is durable.
  void write_durably() {
    write();
    writer_.mark_durable();
  }

  void end() { writer_.end(stage_); }
  [[nodiscard]] SliceWriter& writer() noexcept { return writer_; }

 private:
  SegmentBytes& segment_;
  SliceTable slices_;
  WriteStage stage_;
  SliceWriter writer_;
};

/// What a scan has found.
struct Scanned {
  ScannedSlice slice;
  std::vector<std::string> keys;
  std::vector<std::uint32_t> offsets;
};

[[nodiscard]] inline std::vector<SliceHeaderDisk> slice_headers(const SegmentBytes& segment,
                                                                SegmentId id = kTestSegment) {
  std::vector<SliceHeaderDisk> headers;
  for_each_slice(segment, id, kTestSecret, [&](const SliceHeaderDisk& header) {
    headers.push_back(header);
    return scan_slice(segment, header, kTestSecret, 0, [](const ScannedRecord&) {}).end_offset;
  });
  return headers;
}

/// Scans the slice whose header lies at `start`.
[[nodiscard]] inline Scanned scan(const SegmentBytes& segment, std::uint32_t known_count = 0,
                                  std::uint32_t start = kFirstSliceStart) {
  Scanned scanned;
  SliceHeaderDisk header;
  std::memcpy(&header, segment.data() + start, sizeof header);
  scanned.slice = scan_slice(segment, header, kTestSecret, known_count, [&](const ScannedRecord& record) {
    scanned.keys.emplace_back(record.view.key);
    scanned.offsets.push_back(record.offset);
  });
  return scanned;
}

inline void damage(SegmentBytes& segment, std::uint32_t offset) { segment.at(offset) ^= std::byte{0x10}; }

}  // namespace holdfast
