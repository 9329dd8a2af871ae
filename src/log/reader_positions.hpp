#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <holdfast/log.hpp>

namespace holdfast::log {

/// Where readers stand that keep what lies behind them.
/// Threads: any.
class ReaderPositions {
 public:
  /// One reader's place, while it lives. Lifetime: the positions'. Threads: one moves it.
  class Place {
   public:
    Place(ReaderPositions& positions, LogId id) : positions_(positions), id_(id) {
      const std::lock_guard lock(positions_.mutex_);
      positions_.places_.push_back(this);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
      const std::lock_guard lock(positions_.mutex_);
      std::erase(positions_.places_, this);
    }
    void move_to(LogId id) noexcept { id_.store(id, std::memory_order_release); }

   private:
    friend class ReaderPositions;
    ReaderPositions& positions_;
    std::atomic<LogId> id_;
  };

  /// Runs `decide(lowest)` with the lowest place of all, or nothing; no reader comes in meanwhile, so one that comes later
  /// sees what was decided.
  template <class Decide>
  auto decide(Decide&& decide) const {
    const std::lock_guard lock(mutex_);
    std::optional<LogId> lowest;
    for (const Place* const place : places_) {
      const LogId id = place->id_.load(std::memory_order_acquire);
      lowest = std::min(lowest.value_or(id), id);
    }
    return decide(lowest);
  }

 private:
  mutable std::mutex mutex_;  // guards places_
  std::vector<Place*> places_;
};

}  // namespace holdfast::log
