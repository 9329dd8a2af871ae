#include "common/base/ticket_state.hpp"

#include <utility>

#include <holdfast/ticket.hpp>

namespace holdfast {
namespace {

Error locked_error() {
  return {.code = ErrorCode::locked,
          .message = "the write belongs to the process that made it, not to its forked child"};
}

}  // namespace

TicketState::~TicketState() {
  if (fork_guard_.in_child()) static_cast<void>(parking_.release());
}

void TicketState::set(Outcome outcome) {
  outcome_ = std::move(outcome);
  {
    const std::lock_guard lock(parking_->mutex);  // or a waiter could look, miss it and fall asleep
    set_.store(true, std::memory_order_release);
  }
  parking_->changed.notify_all();
}

std::optional<TicketState::Outcome> TicketState::poll() const {
  if (is_set()) return outcome_;
  if (fork_guard_.in_child()) return Unexpected(locked_error());
  return std::nullopt;
}

TicketState::Outcome TicketState::wait() const {
  if (auto known = poll()) return *std::move(known);
  std::unique_lock lock(parking_->mutex);
  parking_->changed.wait(lock, [this] { return is_set(); });
  return outcome_;
}

std::optional<TicketState::Outcome> TicketState::wait_for(std::chrono::milliseconds time) const {
  if (auto known = poll()) return known;
  std::unique_lock lock(parking_->mutex);
  if (!parking_->changed.wait_for(lock, time, [this] { return is_set(); })) return std::nullopt;
  return outcome_;
}

Ticket::Ticket(std::shared_ptr<TicketState> state) noexcept : state_(std::move(state)) {}

std::optional<Result<std::uint64_t>> Ticket::poll() const { return state_->poll(); }

Result<std::uint64_t> Ticket::wait() const { return state_->wait(); }

std::optional<Result<std::uint64_t>> Ticket::wait_for(std::chrono::milliseconds time) const {
  return state_->wait_for(time);
}

}  // namespace holdfast
