#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <holdfast/error.hpp>

namespace holdfast {

class TicketState;

/// The promise of an asynchronous write (Log::append_async, Kv::put_async, Kv::erase_async): its outcome, once there is
/// one.
///
/// A ticket may be dropped; the write goes on. It may outlive its Store: whatever was still open when the
/// store was closed or released has an outcome by then.
/// Threads: every method may be called from any number of threads.
class Ticket {
 public:
  /// The outcome, or nothing while it is open. Never waits. Errors: as wait().
  [[nodiscard]] std::optional<Result<std::uint64_t>> poll() const;

  /// Waits for the outcome: an append's id, or a key-value write's number, which rises with each write of the store;
  /// acknowledged at the durability that was asked for, and readable.
  /// Errors: as Log::append and Kv::put; closed (the store was released before it was written); locked (a forked child of
  ///         the process that wrote: nobody works for it).
  [[nodiscard]] Result<std::uint64_t> wait() const;

  /// The same, for so long at most; nothing if it is still open then.
  [[nodiscard]] std::optional<Result<std::uint64_t>> wait_for(std::chrono::milliseconds time) const;

 private:
  friend class Kv;
  friend class Log;
  explicit Ticket(std::shared_ptr<TicketState> state) noexcept;

  std::shared_ptr<TicketState> state_;
};

}  // namespace holdfast
