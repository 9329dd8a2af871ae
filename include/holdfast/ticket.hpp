#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <holdfast/error.hpp>

namespace holdfast {

class TicketState;

/// The promise of an asynchronous append: its outcome, once there is one.
///
/// A ticket may be dropped; the append goes on. It may outlive its Store: whatever was still open when the
/// store was closed or released has an outcome by then.
/// Threads: every method may be called from any number of threads.
class Ticket {
 public:
  /// The outcome, or nothing while it is open. Never waits. Errors: as wait().
  [[nodiscard]] std::optional<Result<std::uint64_t>> poll() const;

  /// Waits for the outcome: the record's id, acknowledged at the durability that was asked for.
  /// Errors: as Log::append; locked (a forked child of the process that appended: nobody works for it).
  [[nodiscard]] Result<std::uint64_t> wait() const;

  /// The same, for so long at most; nothing if it is still open then.
  [[nodiscard]] std::optional<Result<std::uint64_t>> wait_for(std::chrono::milliseconds time) const;

 private:
  friend class Log;
  explicit Ticket(std::shared_ptr<TicketState> state) noexcept;

  std::shared_ptr<TicketState> state_;
};

}  // namespace holdfast
