#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

namespace holdfast {

/// Goes through a stream record by record, forwards, backwards, and on as it grows. It stands between two records; what it
/// stands before, and all behind that, is kept while it lives: retention and Log::truncate_before() do not pass it. Over what
/// Log::truncate_from() has taken it goes on.
/// Lifetime: may outlive its Store; then every move answers `closed`. Threads: one at a time.
class LogReader {
 public:
  LogReader(LogReader&&) noexcept;
  LogReader& operator=(LogReader&&) noexcept;
  ~LogReader();

  /// Over the next record, which entry() then shows; false: there is none yet.
  /// Errors: corruption (OnDamage::fail: the next record is damaged or lost; found names it, and the reader stays before
  ///         it: seek() behind it goes on), closed, not_found (the stream was dropped).
  [[nodiscard]] Result<bool> next();

  /// The same; where there is none it sleeps until there is, or the time is up. One that returns at once costs as next().
  [[nodiscard]] Result<bool> next(std::chrono::milliseconds timeout);

  /// Back over the record before, which entry() then shows; false: it stands before the stream's first. Errors: as next().
  [[nodiscard]] Result<bool> previous();

  /// The record moved over last. Requires: the last move said true. Lifetime: until the next move.
  [[nodiscard]] const LogEntryView& entry() const noexcept;

  /// The id that next() looks for first.
  [[nodiscard]] LogId position() const noexcept;

  /// Stands before `id` from now on. Errors: out_of_bounds (below first_id() or above next_id()), closed, not_found; it stays
  /// where it was.
  [[nodiscard]] Result<void> seek(LogId id);

  /// Records that were damaged or lost and passed over (OnDamage::skip).
  [[nodiscard]] std::uint64_t skipped() const noexcept;

 private:
  friend class Log;
  class State;
  explicit LogReader(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace holdfast
