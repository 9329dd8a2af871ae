#pragma once

#include <cstdint>
#include <optional>

#include "common/base/location.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// The index over a space's records, as who cleans its segments asks it. Implemented by the facade of the space.
/// Threads: any.
class RecordOwner {
 public:
  enum class Need : std::uint8_t {
    none,       ///< Nobody looks at the record, or the tombstone hides nothing that this index knows of.
    present,    ///< It is the present record of its key.
    tombstone,  ///< Its key is absent; older records of it, if there are any, must stay hidden.
    pending,    ///< Its write has not had its outcome yet.
  };

  /// What a record is needed for, now. Requires: a read guard is held.
  [[nodiscard]] virtual Need need_of(Location location, const RecordView& record) = 0;

  /// From now on the present record at `from`, or the tombstone that the index still has, of which a durable copy lies at
  /// `to`, is found there. False: the index does not show it any more. Requires: a read guard is held. Throws
  /// std::bad_alloc; then nothing has changed.
  [[nodiscard]] virtual bool move(Location from, Location to, const RecordView& record) = 0;

  /// The tombstone at `location` is not needed, and goes without a copy: from now on the index does not show it.
  virtual void forget_tombstone(Location location, const RecordView& record) = 0;

  /// Every write of a lower version is over.
  [[nodiscard]] virtual std::uint64_t lowest_pending_version() = 0;

  /// The version of the oldest snapshot that lives; nothing: none does.
  [[nodiscard]] virtual std::optional<std::uint64_t> oldest_snapshot() const = 0;

 protected:
  ~RecordOwner() = default;
};

}  // namespace holdfast
