#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "common/base/thread_index.hpp"

namespace holdfast::sharded_log {

/// Appends go through it, so that somebody can find a moment at which none is half done.
///
/// A cut needs two things: no append over several shards is under way, and no append begins while the shards' ends are looked at
/// one by one. With that, what was acknowledged before an append in the cut began is in the cut as well. Appends to one
/// shard that are under way do no harm: each is in the cut or behind it. So they wait for the looking, which reads
/// memory, and never for a sync.
///
/// Everything is sequentially consistent: who counts itself in and then sees the gate open is seen by who closes it and
/// then looks at the counters.
/// Threads: any. Nobody goes through the gate while it holds it, or inside a Pass.
class CutGate {
 public:
  enum class Kind : std::uint8_t { single, across };

  /// An append under way, while it lives: one write.
  class Pass {
   public:
    explicit Pass(std::atomic<std::uint64_t>& inside) noexcept : inside_(&inside) {}
    Pass(Pass&& other) noexcept : inside_(std::exchange(other.inside_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (inside_ != nullptr) inside_->fetch_sub(1);
    }

   private:
    std::atomic<std::uint64_t>* inside_;
  };

  /// Waits while the gate is closed for that kind.
  [[nodiscard]] Pass enter(Kind kind) noexcept {
    const auto index = static_cast<std::size_t>(kind);
    auto& inside = stripes_[thread_index() % kStripeCount].inside[index];
    for (;;) {
      inside.fetch_add(1);
      if (!closed_[index].load()) [[likely]] return Pass(inside);
      inside.fetch_sub(1);
      for (unsigned round = 0; closed_[index].load(); ++round) pause(round);
    }
  }

  /// Runs `look` at the moment of a cut, as above. It must not write.
  template <class Look>
  auto cut(Look&& look) {
    const std::lock_guard lock(closing_);
    const Closed across(closed(Kind::across));
    wait_for(Kind::across);
    const Closed single(closed(Kind::single));
    return look();
  }

  /// Runs `act` while no append of any kind is under way or begins.
  template <class Act>
  auto alone(Act&& act) {
    const std::lock_guard lock(closing_);
    const Closed across(closed(Kind::across));
    const Closed single(closed(Kind::single));
    wait_for(Kind::across);
    wait_for(Kind::single);
    return act();
  }

 private:
  static constexpr std::uint32_t kStripeCount = 32;
  struct alignas(64) Stripe {
    std::array<std::atomic<std::uint64_t>, 2> inside{};
  };

  class Closed {
   public:
    explicit Closed(std::atomic<bool>& closed) noexcept : closed_(closed) { closed_.store(true); }
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;
    ~Closed() { closed_.store(false); }

   private:
    std::atomic<bool>& closed_;
  };

  [[nodiscard]] std::atomic<bool>& closed(Kind kind) noexcept { return closed_[static_cast<std::size_t>(kind)]; }

  void wait_for(Kind kind) const noexcept {
    for (const Stripe& stripe : stripes_)
      for (unsigned round = 0; stripe.inside[static_cast<std::size_t>(kind)].load() != 0; ++round) pause(round);
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
  std::array<std::atomic<bool>, 2> closed_{};
  std::array<Stripe, kStripeCount> stripes_{};
};

}  // namespace holdfast::sharded_log
