#pragma once

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
#include "common/base/pass_gate.hpp"
#include "common/engine/engine.hpp"
#include "common/guard/map_fault.hpp"

namespace holdfast {

/// Lets operations in while the store is open, and close() through when they are all out. Handles keep
/// it alive; the engine goes when the store is closed.
///
/// How operations are told from close(), and why none is missed: PassGate.
/// Threads: any number of callers.
class EngineGate {
 public:
  explicit EngineGate(std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)), low_space_(engine_->low_space()), fault_(engine_->storage().map_fault()) {}
  EngineGate(const EngineGate&) = delete;
  EngineGate& operator=(const EngineGate&) = delete;
  ~EngineGate() { release(); }

  /// Being inside: the engine stays as long as it lives. It may end in another thread than it began in.
  class Pass {
   public:
    [[nodiscard]] explicit operator bool() const noexcept { return engine_ != nullptr; }
    [[nodiscard]] Engine& operator*() const noexcept { return *engine_; }
    [[nodiscard]] Engine* operator->() const noexcept { return engine_; }

   private:
    friend class EngineGate;
    Pass(PassGate::Pass pass, Engine* engine) noexcept : pass_(std::move(pass)), engine_(engine) {}

    PassGate::Pass pass_;
    Engine* engine_;
  };

  /// False: the store is closed.
  [[nodiscard]] Pass enter() noexcept {
    PassGate::Pass pass = passes_.enter();
    Engine* const engine = pass ? engine_.get() : nullptr;
    return {std::move(pass), engine};
  }

  /// Whether the store is being closed: who is inside for long should leave.
  [[nodiscard]] bool is_closing() const noexcept { return passes_.is_closed(); }

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
    if (engine_ == nullptr || passes_.is_closed()) return Unexpected(closed_error());
    if (!shut()) {
      passes_.open();
      return Unexpected(no_process_barrier());
    }
    if (pins_.load() != 0) {
      passes_.open();
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
    engine_->stop();
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

  void unpin() noexcept {
    if (pins_.fetch_sub(1) != 1 || !released_.load() || fork_guard_.in_child()) return;
    const std::lock_guard lock(closing_);
    if (pins_.load() == 0) engine_.reset();
  }

  /// Nobody is let in any more, and all are out. False: somebody may be inside whose count can't be seen.
  [[nodiscard]] bool shut() noexcept {
    if (!PassGate::shut({&passes_})) return false;
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
    while (!passes_.is_empty()) std::this_thread::yield();
  }

  ForkGuard fork_guard_;
  std::mutex closing_;
  std::unique_ptr<Engine> engine_;
  const std::shared_ptr<LowSpace> low_space_;    // null: nobody wants to be told
  const std::shared_ptr<const MapFault> fault_;  // the storage's; null: nothing guards its map
  std::atomic<bool> released_{false};
  std::atomic<std::uint64_t> pins_{0};
  PassGate passes_;
};

}  // namespace holdfast
