#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "common/base/process_barrier.hpp"
#include "common/base/thread_slot.hpp"

namespace holdfast {

/// What lies between the store of each side of a gate and its look at the other's.
struct ProcessBarrier {
  /// Whether the rare side can make the barrier for both.
  [[nodiscard]] static bool is_there() noexcept { return has_process_barrier(); }
  /// Of the frequent side: the compiler's part. The processor's is made by the rare one.
  static void frequent() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
  /// Of the rare side. False: it could not be made.
  [[nodiscard]] static bool rare() noexcept { return process_barrier(); }
};

/// A gate that many go through all the time, and that somebody closes now and then to do what none of them may be beside.
///
/// Who comes (1) counts itself in and (2) looks whether the gate is closed; if so it counts itself out again. Who closes it
/// (3) says so, (4) makes a barrier in all threads and (5) looks at the counts, until they are empty or as long as it likes.
/// A thread's count is its own (ThreadSlot), so (1) is a plain store: a locked instruction, behind the fence of an append,
/// would wait for all that was written, which otherwise reaches the medium while the next one is made ready.
///
/// Why nobody is missed. A processor may do (2) while (1) is not visible yet. But in the course of (4) each thread passes a
/// state in which all its accesses before are visible to all and none behind has been made; (3) was visible before (4) began.
/// - If the state lies behind (2): the count is visible at (5), and so is everything else that the thread had done before
///   (2), and what it had seen of others.
/// - If it lies before (2): that sees (3). The thread does not get in.
/// So (1) must come before (2), and (3), (4) and (5) in this order; any two of them exchanged let somebody through unseen.
///
/// Counting out releases, and (5) acquires: what was done inside is visible to who finds nobody there. Opening releases, and
/// (2) acquires: what was done while the gate was closed is visible to who comes next.
///
/// Where there is no barrier, decided once a process, (1) is a locked instruction, and all of it in one order (seq_cst).
/// Threads: any number that come; one at a time that closes.
template <class Barrier>
class BasicPassGate {
  struct Count;

 public:
  BasicPassGate() = default;
  BasicPassGate(const BasicPassGate&) = delete;
  BasicPassGate& operator=(const BasicPassGate&) = delete;

  /// Being inside, while it lives. It may end in another thread than it began in. False: the gate was closed.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : count_(std::exchange(other.count_, nullptr)), owned_slot_(other.owned_slot_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (count_ != nullptr) count_->leave(owned_slot_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return count_ != nullptr; }

   private:
    friend class BasicPassGate;
    Pass(Count* count, std::size_t owned_slot) noexcept : count_(count), owned_slot_(owned_slot) {}

    Count* count_;
    std::size_t owned_slot_;
  };

  [[nodiscard]] Pass enter() noexcept {
    const std::size_t slot = ThreadSlot::current();
    std::size_t owned_slot = ThreadSlot::kShared;
    if (has_barrier_) [[likely]]
      owned_slot = slot;
    Count& count = counts_[slot];
    count.enter(owned_slot);  // (1)
    Barrier::frequent();
    if (!closed_.load()) [[likely]]  // (2)
      return {&count, owned_slot};
    count.leave(owned_slot);
    return {nullptr, owned_slot};
  }

  /// Closes the gates, with one barrier for all. False: it could not be made, and nobody knows who is inside.
  [[nodiscard]] static bool shut(std::initializer_list<BasicPassGate*> gates) noexcept {
    for (BasicPassGate* const gate : gates) gate->closed_.store(true);  // (3)
    return !Barrier::is_there() || Barrier::rare();                     // (4)
  }
  void open() noexcept { closed_.store(false); }

  [[nodiscard]] bool is_closed() const noexcept { return closed_.load(); }

  /// Whether nobody is inside. (5). Requires: shut() has returned true.
  [[nodiscard]] bool is_empty() const noexcept {
    for (std::size_t slot = 0; slot < ThreadSlot::end(); ++slot)
      if (!counts_[slot].is_empty()) return false;
    return counts_[ThreadSlot::kShared].is_empty();
  }

 private:
  /// How many are inside, of those that came by one slot.
  struct alignas(64) Count {
    std::atomic<std::uint64_t> inside{0};          // of an owned slot its thread alone changes it
    std::atomic<std::uint64_t> left_elsewhere{0};  // of those in `inside`, by other threads

    /// `owned_slot`: the slot, if it is the calling thread's own; else kShared.
    void enter(std::size_t owned_slot) noexcept {
      if (owned_slot == ThreadSlot::kShared) [[unlikely]]
        inside.fetch_add(1);
      else
        inside.store(inside.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    /// `owned_slot`: what enter() was told.
    void leave(std::size_t owned_slot) noexcept {
      if (owned_slot == ThreadSlot::kShared) [[unlikely]] {
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

  std::atomic<bool> closed_{false};
  const bool has_barrier_ = Barrier::is_there();
  std::array<Count, ThreadSlot::kCount> counts_{};
};

using PassGate = BasicPassGate<ProcessBarrier>;

}  // namespace holdfast
