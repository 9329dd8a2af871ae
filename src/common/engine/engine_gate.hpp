#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "common/base/fork_guard.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/process_barrier.hpp"
#include "common/base/thread_slot.hpp"
#include "common/engine/engine.hpp"
#include "common/guard/map_fault.hpp"

namespace holdfast {

/// Lets operations in while the store is open, and close() through when they are all out. Handles keep
/// it alive; the engine goes when the store is closed.
///
/// Who comes counts itself in and then looks whether the store is closed; who closes says so and then looks at the counts.
/// One of the two must see the other. A thread that owns its count (ThreadSlot) does so without a locked instruction, since
/// closing puts the barrier between the two for both (process_barrier()): such an instruction behind the fence of an append
/// would wait for all that was written, which otherwise reaches the medium while the next one is made ready.
/// Threads: any number of callers.
class EngineGate {
  struct Shard;

 public:
  explicit EngineGate(std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)), low_space_(engine_->low_space()), fault_(engine_->storage().map_fault()) {}
  EngineGate(const EngineGate&) = delete;
  EngineGate& operator=(const EngineGate&) = delete;
  ~EngineGate() { release(); }

  /// Being inside: the engine stays as long as it lives. It may end in another thread than it began in.
  class Pass {
   public:
    Pass(Pass&& other) noexcept
        : shard_(std::exchange(other.shard_, nullptr)), owned_slot_(other.owned_slot_), engine_(other.engine_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (shard_ != nullptr) shard_->leave(owned_slot_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return engine_ != nullptr; }
    [[nodiscard]] Engine& operator*() const noexcept { return *engine_; }
    [[nodiscard]] Engine* operator->() const noexcept { return engine_; }

   private:
    friend class EngineGate;
    Pass(Shard& shard, std::size_t owned_slot) noexcept : shard_(&shard), owned_slot_(owned_slot) {}

    Shard* shard_;
    std::size_t owned_slot_;
    Engine* engine_ = nullptr;
  };

  /// False: the store is closed.
  [[nodiscard]] Pass enter() noexcept {
    const std::size_t slot = ThreadSlot::current();
    Shard& shard = shards_[slot];
    Pass pass(shard, has_barrier_ ? slot : ThreadSlot::kShared);
    shard.enter(pass.owned_slot_);
    // Behind the count, as shut() looks at it behind closed_: either this sees that, or shut() sees the count.
    if (!closed_.load()) pass.engine_ = engine_.get();
    return pass;
  }

  /// Whether the store is being closed: who is inside for long should leave.
  [[nodiscard]] bool is_closing() const noexcept { return closed_.load(std::memory_order_relaxed); }

  /// Whether this is a forked child, whose parent may have held any lock.
  [[nodiscard]] bool in_child() const noexcept { return fork_guard_.in_child(); }

  /// Whether a page of the store's map went missing. Asked behind the reading.
  [[nodiscard]] bool is_faulted() const noexcept { return fault_ != nullptr && fault_->is_set(); }

  /// What `call`, a facade's whole operation, answers: but `no_memory` where std::bad_alloc comes out of it, and the
  /// fault's error once a page of the map is missing, since what was copied may be the zeros in its place.
  template <class Call>
  [[nodiscard]] auto answer(Call&& call) const -> decltype(call()) {
    return without_bad_alloc([&] {
      auto result = call();
      if (low_space_ != nullptr) low_space_->tell();
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

  /// Closes the store, once. Errors: closed (it was already), locked (forked child), busy (something is pinned) and
  /// not_supported (nobody can tell who is inside; with both the store goes on), and Engine::close's.
  [[nodiscard]] Result<void> close() {
    if (fork_guard_.in_child()) return Unexpected(locked_error());
    const std::lock_guard lock(closing_);
    if (engine_ == nullptr || closed_.load()) return Unexpected(closed_error());
    if (!shut()) {
      closed_.store(false);
      return Unexpected(no_process_barrier());
    }
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
  /// Where nobody can tell who is inside, the engine goes with the gate, which nobody is inside of then; its work ends here.
  void release() noexcept {
    if (fork_guard_.in_child()) {
      static_cast<void>(engine_.release());
      return;
    }
    const std::lock_guard lock(closing_);
    if (engine_ == nullptr) return;
    const bool is_empty = shut();
    if (!is_empty) let_finish();
    if (engine_ != nullptr) engine_->stop();
    if (!is_empty) return;
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

  /// How many are inside, of those that came by one slot.
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> inside{0};          // of an owned slot its thread alone changes it
    std::atomic<std::uint64_t> left_elsewhere{0};  // of those in `inside`, by other threads

    /// `owned_slot`: the slot, if it is the calling thread's own; else kShared.
    void enter(std::size_t owned_slot) noexcept {
      if (owned_slot == ThreadSlot::kShared) {
        inside.fetch_add(1);
        return;
      }
      inside.store(inside.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler's part; shut() sees to the processor's
    }

    /// `owned_slot`: what enter() was told. release: what was done inside comes before the engine's end.
    void leave(std::size_t owned_slot) noexcept {
      if (owned_slot == ThreadSlot::kShared) {
        inside.fetch_sub(1, std::memory_order_release);
      } else if (owned_slot == ThreadSlot::current()) {
        inside.store(inside.load(std::memory_order_relaxed) - 1, std::memory_order_release);
      } else {
        left_elsewhere.fetch_add(1, std::memory_order_release);
      }
    }

    /// Requires: nobody new is let in. Then neither look can miss one who is inside: both numbers tell of it, or only the
    /// first, which is looked at first.
    [[nodiscard]] bool is_empty() const noexcept {
      const std::uint64_t came = inside.load();
      return came == left_elsewhere.load();
    }
  };

  void unpin() noexcept {
    if (pins_.fetch_sub(1) != 1 || !released_.load() || fork_guard_.in_child()) return;
    const std::lock_guard lock(closing_);
    if (pins_.load() == 0) engine_.reset();
  }

  /// Nobody is let in any more, and all are out. False: somebody may be inside whose count can't be seen.
  [[nodiscard]] bool shut() noexcept {
    closed_.store(true);
    if (has_barrier_ && !process_barrier()) return false;
    wait_for_empty();
    return true;
  }

  // Where shut() failed, and the store goes all the same. A processor shows its stores to the others at its next interrupt at
  // the latest. That nothing promises; so the engine's memory stays for whoever is not seen by then.
  void let_finish() const noexcept {
    constexpr std::chrono::milliseconds kInterruptsPassed{100};
    std::this_thread::sleep_for(kInterruptsPassed);
    wait_for_empty();
  }

  void wait_for_empty() const noexcept {
    for (const Shard& shard : shards_)
      while (!shard.is_empty()) std::this_thread::yield();
  }

  ForkGuard fork_guard_;
  std::mutex closing_;
  std::unique_ptr<Engine> engine_;
  const std::shared_ptr<LowSpace> low_space_;    // null: nobody wants to be told
  const std::shared_ptr<const MapFault> fault_;  // the storage's; null: nothing guards its map
  std::atomic<bool> closed_{false};
  std::atomic<bool> released_{false};
  std::atomic<std::uint64_t> pins_{0};
  const bool has_barrier_ = has_process_barrier();
  std::array<Shard, ThreadSlot::kCount> shards_{};
};

}  // namespace holdfast
