#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/catalog_state.hpp"
#include "common/base/location.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/slice_writer.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// A record that recovery admits, as an index needs it.
struct RecoveredRecord {
  std::uint64_t key_hash = 0;  ///< Of a log entry its timestamp.
  std::uint64_t version = 0;
  std::uint32_t offset_8 = 0;  ///< As in Location.
  std::uint32_t padded_size_bytes = 0;
  RecordType type{};
  std::uint8_t flags = 0;
};

/// What is to be known of several records without looking at each.
struct RecordTally {
  std::uint64_t put_bytes = 0;
  std::uint64_t erase_bytes = 0;
  std::uint64_t entry_bytes = 0;  ///< Of log entries.
  std::uint64_t version_min = SliceUsage::kNoFloor;  ///< Of all; of log entries their ids.
  std::uint64_t entries = 0;                         ///< Of logs; their ids and timestamps:
  std::uint64_t id_min = SliceUsage::kNoFloor;
  std::uint64_t id_max = 0;
  std::uint64_t time_min_us = SliceUsage::kNoFloor;
  std::uint64_t time_max_us = 0;
  std::uint64_t entries_in_parts = 0;  ///< Whose payloads lie in extents of their own.
  std::uint8_t flags = 0;                            ///< Those of all puts and log entries.

  void add(const RecoveredRecord& record) noexcept;
};

/// The admitted records of a slice.
struct RecoveredSlice {
  std::uint32_t index = 0;  ///< In the SliceTable.
  RecordTally tally{};
  std::vector<RecoveredRecord> records{};

  [[nodiscard]] Location location_of(const RecoveredRecord& record) const noexcept { return {index, record.offset_8}; }
};

/// What the record segments of one space hold.
struct RecoveredSpace {
  std::vector<RecoveredSlice> slices;  ///< Admitted ones only.
  std::vector<SliceRange> free_ranges;
  std::vector<SegmentPlace> segments;                 ///< All of the space's.
  std::vector<SegmentId> damaged_segments;            ///< Of which something is lost.
  SliceLinkDisk chain_end{};                          ///< The slice that the next one follows.
  std::uint64_t next_number = 1;                      ///< Of a log: the id behind its last record, lost ones counted.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> known_damage;  ///< Slice in the SliceTable, offset in the segment.
  std::vector<ByteRange> unproved;                    ///< In the store: admitted, but not known to be durable.
  std::vector<Location> unreadable;                   ///< Told of by footers, and damaged: filled by who looks at them.
};

/// A slice's header that was damaged and could be made anew.
struct HeaderRepair {
  std::uint64_t offset = 0;  ///< In the store.
  SliceHeaderDisk header{};
};

struct RecoveredSpaces {
  std::map<SpaceId, RecoveredSpace> spaces;
  RecoveryReport report;
  std::vector<HeaderRepair> repairs;
  std::vector<std::uint64_t> dropped_slices;  ///< Offsets in the store of headers of slices that do not count.
  /// Batches at which slices are cut, with the segments that hold what is cut off.
  std::vector<std::pair<SegmentId, std::uint64_t>> dropped_batches;
  std::set<std::uint32_t> undecided_epochs;  ///< Which have left a batch that the catalog should have decided and has not.
  std::uint64_t version_max = 0;  ///< Of puts and erases, and what cleaning knew of them.
  std::uint64_t batch_max = 0;
};

struct RecoveryInput {
  const Storage& storage;
  const CatalogState& catalog;
  std::uint64_t secret;
  std::uint32_t epoch;  ///< Of the last writer.
  SliceTable& slices;
  unsigned threads;  ///< 0: one per processor
  bool use_footers = true;  ///< False: read every record, as verify does.
  bool finds_orphans = false;  ///< Looks for slices without header: of a store that was not closed, and nobody writes to.
  std::function<void(std::uint64_t)> progress{};  ///< With one thread: told the size of each segment read.
};

/// Reads every record segment in parallel and decides what is part of the store:
///  1. in each slice the records up to the first that does not prove itself, damage excepted;
///  2. chained slices only while the one before has all its records, or they were durable themselves;
///  3. batches only as a whole and, where the catalog decides, decided; or where they lie below a watermark.
/// Changes nothing: a crash in recovery, or opening read-only, finds the same again.
[[nodiscard]] RecoveredSpaces recover(const RecoveryInput& input);

}  // namespace holdfast
