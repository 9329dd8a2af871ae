#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <holdfast/error.hpp>

#include "common/base/fork_guard.hpp"

namespace holdfast {

/// What a Ticket and whoever works for it share: room for one outcome.
///
/// In a forked child nobody will ever fill it, and what the parent's threads had locked or waited for at the fork
/// stays so for ever: there only an outcome that was there already is told, and the lock is neither taken nor
/// destroyed.
/// Threads: any.
class TicketState {
 public:
  using Outcome = Result<std::uint64_t>;

  TicketState() = default;
  TicketState(const TicketState&) = delete;
  TicketState& operator=(const TicketState&) = delete;
  ~TicketState();

  /// Gives the outcome. Requires: it is the first.
  void set(Outcome outcome);

  /// The outcome, or nothing while it is open; in a forked child `locked` instead.
  [[nodiscard]] std::optional<Outcome> poll() const;

  [[nodiscard]] Outcome wait() const;
  [[nodiscard]] std::optional<Outcome> wait_for(std::chrono::milliseconds time) const;

 private:
  struct Parking {
    std::mutex mutex;
    std::condition_variable changed;
  };

  [[nodiscard]] bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }

  ForkGuard fork_guard_;
  std::atomic<bool> set_{false};  // release: outcome_ comes with it
  Outcome outcome_{0};            // written once, before set_
  std::unique_ptr<Parking> parking_ = std::make_unique<Parking>();
};

}  // namespace holdfast
