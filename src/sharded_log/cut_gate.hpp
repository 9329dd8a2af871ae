#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>

#include <holdfast/error.hpp>

#include "common/base/pass_gate.hpp"
#include "common/base/rollback.hpp"

namespace holdfast::sharded_log {

/// Whether an append is one to a shard, or over several that a cut has all or none of.
enum class AppendKind : std::uint8_t { single, across };

/// Appends go through it, so that somebody can find a moment at which none is half done.
///
/// A cut needs two things: no append over several shards is under way, and no append begins while the shards' ends are looked
/// at one by one. With that, what was acknowledged before an append in the cut began is in the cut as well. Appends to one
/// shard that are under way do no harm: each is in the cut or behind it. So they wait for the barrier and the looking, which
/// reads memory, and never for a sync.
///
/// An append is counted in and out by plain stores, and who closes the gate has the barrier (PassGate, which says why nobody is
/// missed). That barrier is needed for appends to one shard too, although nobody looks at their count: a thread may have got in
/// when what its append before has shown was not visible to others yet. Behind the barrier it is; without one, a cut that
/// looks at the shards meanwhile could have the second and not the first.
/// Threads: any. Nobody goes through the gate while it holds it, or inside a Pass.
template <class Barrier>
class BasicCutGate {
  using Gate = BasicPassGate<Barrier>;

 public:
  using Kind = AppendKind;

  /// An append under way, while it lives: one write.
  using Pass = typename Gate::Pass;

  /// Waits while the gate is closed for that kind.
  [[nodiscard]] Pass enter(Kind kind) noexcept {
    Gate& gate = gates_[static_cast<std::size_t>(kind)];
    Pass pass = gate.enter();
    if (pass) [[likely]]
      return pass;
    return enter_when_open(gate);
  }

  /// Whether who comes has to wait.
  [[nodiscard]] bool is_closed(Kind kind) const noexcept { return gates_[static_cast<std::size_t>(kind)].is_closed(); }

  /// Runs `look` at the moment of a cut, as above, and answers its result. It must not write.
  /// Errors: not_supported (as no_process_barrier(); `look` was not run).
  template <class Look>
  [[nodiscard]] auto cut(Look&& look) -> decltype(look()) {
    const std::lock_guard lock(closing_);
    const Rollback open_again([this] { open(); });
    if (!Gate::shut({&across(), &single()})) return Unexpected(no_process_barrier());
    if (!across().is_empty()) {
      single().open();
      wait_for(across());
      if (!Gate::shut({&single()})) return Unexpected(no_process_barrier());
    }
    return look();
  }

  /// Runs `act` while no append of any kind is under way or begins. Errors: as cut().
  template <class Act>
  [[nodiscard]] auto alone(Act&& act) -> decltype(act()) {
    const std::lock_guard lock(closing_);
    const Rollback open_again([this] { open(); });
    if (!Gate::shut({&across(), &single()})) return Unexpected(no_process_barrier());
    wait_for(across());
    wait_for(single());
    return act();
  }

 private:
  [[nodiscard]] Gate& single() noexcept { return gates_[static_cast<std::size_t>(Kind::single)]; }
  [[nodiscard]] Gate& across() noexcept { return gates_[static_cast<std::size_t>(Kind::across)]; }

  // Apart, so that the way of most stays short.
  [[nodiscard]] static Pass enter_when_open(Gate& gate) noexcept {
    for (;;) {
      for (unsigned round = 0; gate.is_closed(); ++round) pause(round);
      if (Pass pass = gate.enter()) return pass;
    }
  }

  void open() noexcept {
    for (Gate& gate : gates_) gate.open();
  }

  static void wait_for(const Gate& gate) noexcept {
    for (unsigned round = 0; !gate.is_empty(); ++round) pause(round);
  }

  // What is waited for lasts as long as a look at memory, or a sync.
  static void pause(unsigned round) noexcept {
    constexpr unsigned kYieldRounds = 64;
    if (round < kYieldRounds)
      std::this_thread::yield();
    else
      std::this_thread::sleep_for(std::chrono::microseconds(20));
  }

  std::mutex closing_;  // one who closes at a time
  std::array<Gate, 2> gates_;
};

using CutGate = BasicCutGate<ProcessBarrier>;

}  // namespace holdfast::sharded_log
