#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  std::uint64_t key_hash = 0;
  std::uint64_t version = 0;
  Location location{};
  RecordType type{};
  std::uint8_t flags = 0;
};

/// What the record segments of one space hold.
struct RecoveredSpace {
  std::vector<std::vector<RecoveredRecord>> records;  ///< By slice, admitted ones only.
  std::vector<std::uint32_t> slice_indexes;           ///< Admitted slices in the SliceTable.
  std::vector<SliceRange> free_ranges;
  SliceLinkDisk chain_end{};                          ///< The slice that the next one follows.
  std::uint64_t next_number = 1;                      ///< Of a log: the id behind its last record, lost ones counted.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> known_damage;  ///< Slice in the SliceTable, offset in the segment.
  std::vector<ByteRange> unproved;                    ///< In the store: admitted, but not known to be durable.
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
  std::uint64_t version_max = 0;  ///< Of puts and erases.
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
///  3. batches only as a whole, or where they lie below a watermark.
/// Changes nothing: a crash in recovery, or opening read-only, finds the same again.
[[nodiscard]] RecoveredSpaces recover(const RecoveryInput& input);

}  // namespace holdfast
