#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <holdfast/storage.hpp>

#include "common/engine/read_guards.hpp"
#include "common/engine/record_owner.hpp"
#include "common/engine/slice_table.hpp"
#include "common/engine/space.hpp"
#include "common/engine/write_stage.hpp"

namespace holdfast {

/// Copies what is still needed out of segments of one space, and lets the index show the copies.
///
/// Crash order, as in docs/durability.md "cleaning": (1) all records of the segment are durable; (2) so are the copies;
/// (3) the index shows them. A crash anywhere leaves records twice, of the same versions: either will do.
/// Threads: one.
class SegmentMover {
 public:
  SegmentMover(Storage& storage, const SliceTable& slices, ReadGuards& guards, Space& space, RecordOwner& owner)
      : storage_(storage), slices_(slices), guards_(guards), space_(space), owner_(owner) {}

  enum class Outcome : std::uint8_t {
    emptied,    ///< Nothing in it is needed any more.
    postponed,  ///< A write to it has not had its outcome yet.
    damaged,    ///< A record in it does not prove itself, or cannot be reached.
  };
  /// Requires: the segment is being cleaned. Tombstones of lower versions than `floor` are not needed.
  /// Errors: no_space, io; what was copied by then is shown.
  [[nodiscard]] Result<Outcome> empty(SegmentId segment, std::uint64_t floor);

  [[nodiscard]] std::uint64_t moved_bytes() const noexcept { return moved_bytes_; }

 private:
  struct Copy {
    RecordView record;
    Location from{};
    Location to{};
  };
  [[nodiscard]] Result<void> copy_all();

  Storage& storage_;
  const SliceTable& slices_;
  ReadGuards& guards_;
  Space& space_;
  RecordOwner& owner_;
  std::vector<Copy> copies_;
  std::uint64_t copies_bytes_ = 0;
  WriteStage stage_;
  std::uint64_t moved_bytes_ = 0;
};

}  // namespace holdfast
