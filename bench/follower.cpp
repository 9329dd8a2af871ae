#include "follower.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "clock.hpp"

namespace holdfast::bench {

Result<std::unique_ptr<Follower>> Follower::start(const Log& log, std::uint64_t count) {
  auto reader = log.reader(1);
  if (!reader) return Unexpected(std::move(reader.error()));
  std::unique_ptr<Follower> follower(new Follower(std::move(*reader), count));
  follower->thread_ = std::jthread([raw = follower.get()] { raw->follow(); });
  return follower;
}

Follower::Follower(LogReader reader, std::uint64_t count) : stamps_(count), begins_(count) {
  reader_.emplace(std::move(reader));
}

void Follower::follow() {
  while (!stops_.load(std::memory_order_relaxed)) {
    error_ = take_next();
    if (!error_) continue;
    failed_.store(true, std::memory_order_release);
    return;
  }
}

std::optional<Error> Follower::take_next() {
  constexpr std::chrono::milliseconds kTimeout{100};  // so that it sees that it is to stop
  auto moved = reader_->next(kTimeout);
  if (!moved) return std::move(moved.error());
  if (!*moved) return std::nullopt;
  const std::uint64_t now = Clock::instance().ticks();
  const LogEntryView& entry = reader_->entry();
  const LogId expected = delivered_.load(std::memory_order_relaxed) + 1;
  if (entry.id != expected || entry.id > stamps_.size())
    return Error{ErrorCode::corruption, fmt::format("the follower was shown {} instead of {}", entry.id, expected)};
  stamps_[entry.id - 1] = now;
  begins_[entry.id - 1] = begin_of(entry.payload);
  delivered_.store(entry.id, std::memory_order_release);
  return std::nullopt;
}

std::uint64_t Follower::begin_of(std::string_view payload) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, payload.data(), std::min(sizeof word, payload.size()));
  return word;
}

Result<void> Follower::wait_for(LogId id) const {
  while (delivered_.load(std::memory_order_acquire) < id) {
    if (failed_.load(std::memory_order_acquire)) return Unexpected(*error_);
    std::this_thread::yield();
  }
  return {};
}

void Follower::stop() {
  stops_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  reader_.reset();
}

}  // namespace holdfast::bench
