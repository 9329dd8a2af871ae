#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include <holdfast/error.hpp>

namespace holdfast::sharded_log {

/// Lets in one at a time of those who take records away or move them: pruning, restoring and removing, which wait for each
/// other; and resharding, which may last long, so that nobody waits for it.
/// Threads: any.
class UpkeepTurn {
 public:
  enum class Kind : std::uint8_t { brief, reshard };

  class Turn {
   public:
    explicit Turn(UpkeepTurn& owner) noexcept : owner_(&owner) {}
    Turn(Turn&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (owner_ != nullptr) owner_->leave();
    }

   private:
    UpkeepTurn* owner_;
  };

  /// Errors: busy (a reshard is under way).
  [[nodiscard]] Result<Turn> enter(Kind kind) {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return !is_taken_ || kind_ == Kind::reshard; });
    if (is_taken_) return Unexpected(Error{.code = ErrorCode::busy, .message = "the log is being resharded"});
    is_taken_ = true;
    kind_ = kind;
    return Turn(*this);
  }

 private:
  void leave() noexcept {
    {
      const std::lock_guard lock(mutex_);
      is_taken_ = false;
    }
    left_.notify_all();
  }

  std::mutex mutex_;  // guards what follows
  std::condition_variable left_;
  bool is_taken_ = false;
  Kind kind_{};
};

}  // namespace holdfast::sharded_log
