#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/base/fork_guard.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/thread_index.hpp"
#include "common/engine/engine.hpp"
#include "common/guard/map_fault.hpp"

namespace holdfast {

/// Lets operations in while the store is open, and close() through when they are all out. Handles keep
/// it alive; the engine goes when the store is closed.
/// Threads: any number of callers.
class EngineGate {
 public:
  explicit EngineGate(std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)), fault_(engine_->storage().map_fault()) {}
  EngineGate(const EngineGate&) = delete;
  EngineGate& operator=(const EngineGate&) = delete;
  ~EngineGate() { release(); }

  /// Being inside: the engine stays as long as it lives.
  class Pass {
   public:
    Pass(std::atomic<std::uint64_t>& inside, Engine* engine) noexcept : inside_(&inside), engine_(engine) {}
    Pass(Pass&& other) noexcept : inside_(std::exchange(other.inside_, nullptr)), engine_(other.engine_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (inside_ != nullptr) inside_->fetch_sub(1, std::memory_order_release);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return engine_ != nullptr; }
    [[nodiscard]] Engine& operator*() const noexcept { return *engine_; }
    [[nodiscard]] Engine* operator->() const noexcept { return engine_; }

   private:
    std::atomic<std::uint64_t>* inside_;
    Engine* engine_;
  };

  /// False: the store is closed.
  [[nodiscard]] Pass enter() noexcept {
    auto& inside = shards_[thread_index() % kShardCount].inside;
    // sequentially consistent, as in shut(): either this sees closed_, or shut() sees the count
    inside.fetch_add(1);
    return {inside, closed_.load() ? nullptr : engine_.get()};
  }

  /// Whether a page of the store's map went missing. Asked behind the reading.
  [[nodiscard]] bool is_faulted() const noexcept { return fault_ != nullptr && fault_->is_set(); }

  /// What `call`, a facade's whole operation, answers: but `no_memory` where std::bad_alloc comes out of it, and the
  /// fault's error once a page of the map is missing, since what was copied may be the zeros in its place.
  template <class Call>
  [[nodiscard]] auto answer(Call&& call) const -> decltype(call()) {
    return without_bad_alloc([&] {
      auto result = call();
      if (is_faulted()) [[unlikely]]
        if (result || result.error().code != ErrorCode::closed) result = Unexpected(fault_->check().error());
      return result;
    });
  }

  /// Keeps the medium's addresses as they are, although its owner is outside: close() is refused meanwhile, and a
  /// released engine goes only with the last pin. Threads: any; made inside a Pass.
  class Pin {
   public:
    explicit Pin(std::shared_ptr<EngineGate> gate) noexcept : gate_(std::move(gate)) { gate_->pins_.fetch_add(1); }
    Pin(Pin&&) noexcept = default;
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (gate_ != nullptr) gate_->unpin();
    }
    [[nodiscard]] bool is_faulted() const noexcept { return gate_->is_faulted(); }

   private:
    std::shared_ptr<EngineGate> gate_;
  };

  /// Closes the store, once. Errors: closed (it was already), locked (forked child), busy (something is pinned; the
  /// store goes on), and Engine::close's.
  [[nodiscard]] Result<void> close() {
    if (fork_guard_.in_child()) return Unexpected(locked_error());
    const std::lock_guard lock(closing_);
    if (engine_ == nullptr || closed_.load()) return Unexpected(closed_error());
    shut();
    if (pins_.load() != 0) {
      closed_.store(false);
      return Unexpected(Error{.code = ErrorCode::busy, .message = "views of the store's bytes are still in use"});
    }
    auto closed = without_bad_alloc([this] { return engine_->close(); });
    engine_.reset();
    return closed;
  }

  /// Lets the engine go without syncing. In a forked child its threads do not exist, and what they had
  /// locked or waited for stays so for ever: there the engine is left alone, and so is its memory.
  void release() noexcept {
    if (fork_guard_.in_child()) {
      static_cast<void>(engine_.release());
      return;
    }
    const std::lock_guard lock(closing_);
    shut();
    if (engine_ != nullptr) engine_->stop();
    released_.store(true);
    if (pins_.load() == 0) engine_.reset();  // else unpin() sees released_
  }

  [[nodiscard]] static Error closed_error() {
    return {.code = ErrorCode::closed, .message = "the store is closed"};
  }

 private:
  [[nodiscard]] static Error locked_error() {
    return {.code = ErrorCode::locked,
            .message = "the store belongs to the process that opened it, not to its forked child"};
  }

  static constexpr std::uint32_t kShardCount = 32;
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> inside{0};
  };

  void unpin() noexcept {
    if (pins_.fetch_sub(1) != 1 || !released_.load() || fork_guard_.in_child()) return;
    const std::lock_guard lock(closing_);
    if (pins_.load() == 0) engine_.reset();
  }

  void shut() noexcept {
    closed_.store(true);
    for (Shard& shard : shards_)
      while (shard.inside.load() != 0) std::this_thread::yield();
  }

  ForkGuard fork_guard_;
  std::mutex closing_;
  std::unique_ptr<Engine> engine_;
  const std::shared_ptr<const MapFault> fault_;  // the storage's; null: nothing guards its map
  std::atomic<bool> closed_{false};
  std::atomic<bool> released_{false};
  std::atomic<std::uint64_t> pins_{0};
  std::array<Shard, kShardCount> shards_{};
};

}  // namespace holdfast
