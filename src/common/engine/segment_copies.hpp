#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/engine/segments.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/slice_writer.hpp"
#include "common/engine/space.hpp"
#include "common/engine/write_stage.hpp"
#include "common/format/catalog_entry.hpp"

namespace holdfast {

/// Copies of a log's records in new segments, of which nobody knows until the catalog does: what is given up leaves free room,
/// also behind a crash. Records keep everything but their batch.
/// Threads: one.
class SegmentCopies {
 public:
  struct Parts {
    Storage& storage;
    Segments& segments;
    SliceTable& slices;
    const Space& space;
  };
  explicit SegmentCopies(const Parts& parts) noexcept : parts_(parts) {}
  SegmentCopies(const SegmentCopies&) = delete;
  SegmentCopies& operator=(const SegmentCopies&) = delete;
  /// Gives up what was not kept.
  ~SegmentCopies();

  /// So many records, of so many bytes on media, are to come at most: no segment is made larger than they need.
  void expect(std::uint64_t records, std::uint64_t size_bytes) noexcept {
    expected_records_ = records;
    expected_bytes_ = size_bytes;
  }

  /// A copy of the record; where it lies. Lifetime of the record's bytes: until finish(). Errors: no_space, io.
  [[nodiscard]] Result<Location> add(const RecordView& record);

  /// Everything added is durable. Errors: io.
  [[nodiscard]] Result<void> finish();

  struct Made {
    SegmentPlace place{};
    std::uint32_t table_index = 0;  ///< Of its slice: each has one.
    std::uint32_t start = 0;
    std::uint32_t count = 0;  ///< Records of the slice, the end record included.
  };
  [[nodiscard]] const std::vector<Made>& made() const noexcept { return made_; }
  [[nodiscard]] std::uint64_t copied_bytes() const noexcept { return copied_bytes_; }

  /// What the catalog must say of them, with their counts: they are durable, so what is missing later is damage.
  [[nodiscard]] std::vector<CatalogEntry> entries() const;

  /// The catalog names them from now on, or the medium may know that it does.
  void keep() noexcept { is_kept_ = true; }

 private:
  [[nodiscard]] Result<void> begin_segment(std::uint64_t padded_size);
  [[nodiscard]] Result<void> end_segment();
  [[nodiscard]] Result<void> write_staged();
  [[nodiscard]] std::uint64_t size_for(std::uint64_t padded_size) const noexcept;

  Parts parts_;
  std::uint64_t expected_records_ = 0;
  std::uint64_t expected_bytes_ = 0;
  std::optional<SliceWriter> writer_;
  std::vector<Made> made_;
  WriteStage stage_;
  std::uint64_t staged_bytes_ = 0;
  std::uint64_t copied_bytes_ = 0;
  bool is_kept_ = false;
};

}  // namespace holdfast
