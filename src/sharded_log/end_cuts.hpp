#pragma once

#include <span>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

namespace holdfast::sharded_log {

/// The end of a stream that is to go: the records from `from` on.
struct EndCut {
  Log stream;
  LogId from = 0;
};

/// All these ends go, or none, also behind a crash: one catalog record says so. Ids are not given out again. The
/// streams are of one store, each named once. Durable on return. Errors: no_space, io, read_only, closed, not_found,
/// locked; nothing changed.
[[nodiscard]] Result<void> cut_ends(std::span<const EndCut> cuts);

/// The id below which nothing is left; what lies there may have been cut off.
[[nodiscard]] Result<LogId> begin_of(const Log& stream);

/// That a stream begins behind a checkpoint's cut: out_of_bounds.
[[nodiscard]] Unexpected begins_behind(const Log& stream, LogId cut, LogId begin);

}  // namespace holdfast::sharded_log
