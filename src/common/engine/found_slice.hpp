#pragma once

#include <cstdint>
#include <vector>

#include "common/engine/recovery.hpp"
#include "common/engine/segment_scan.hpp"

namespace holdfast {

/// A record of a batch, as recovery meets it.
struct BatchMember {
  std::uint64_t batch = 0;
  std::uint64_t check = 0;   ///< Its content check.
  std::uint32_t offset = 0;  ///< In the segment.
};

struct BatchTrailer {
  std::uint64_t batch = 0;
  BatchTrailerDisk content{};
  std::uint32_t offset = 0;
  bool catalog_decides = false;
};

/// A slice with what recovery has read of it.
struct FoundSlice {
  SpaceId space_id = 0;
  SegmentPlace segment{};
  ScannedSlice scan{};
  std::vector<RecoveredRecord> records{};
  RecordTally tally{};                           ///< Of these.
  std::vector<BatchMember> members{};            ///< By rising offset.
  std::vector<BatchTrailer> trailers{};
  std::vector<std::uint64_t> proved_batches{};   ///< By the slice's footer.
  std::uint64_t footer_size_bytes = 0;           ///< 0: none.
  bool is_orphan = false;                        ///< Its header is damaged and was made anew.
  std::uint32_t kept_end = 0;                    ///< Records from this offset on are no part of the store.
  std::uint64_t bytes = 0;
  std::uint64_t version_max = 0;                 ///< Of puts and erases.
  std::uint64_t batch_max = 0;
  std::uint64_t next_number = 0;                 ///< As the end record says.
};

}  // namespace holdfast
