#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast::region {

/// Lets writes into present extents go on side by side, and stops them while the extents are copied. Stores through a
/// mutable view cannot be stopped: so who closes it must look whether there are any views.
/// Threads: any number; one at a time closes it.
class InPlaceWrites {
 public:
  /// A write under way.
  class Pass {
   public:
    explicit Pass(InPlaceWrites& writes) noexcept : writes_(writes) { writes_.enter(); }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() { writes_.leave(); }

   private:
    InPlaceWrites& writes_;
  };

  /// A mutable view. Requires: it is made in a Pass.
  class View {
   public:
    explicit View(InPlaceWrites& writes) noexcept : writes_(writes) {
      writes_.views_.fetch_add(1, std::memory_order_relaxed);  // relaxed: ordered by the pass
    }
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    ~View() { writes_.views_.fetch_sub(1, std::memory_order_release); }

   private:
    InPlaceWrites& writes_;
  };

  [[nodiscard]] bool has_views() const noexcept { return views_.load(std::memory_order_acquire) != 0; }

  /// From its construction, which waits for those under way, to its end no write is.
  class Closed {
   public:
    explicit Closed(InPlaceWrites& writes) noexcept : writes_(writes) { writes_.close(); }
    Closed(const Closed&) = delete;
    Closed& operator=(const Closed&) = delete;
    ~Closed() { writes_.open(); }

   private:
    InPlaceWrites& writes_;
  };

 private:
  static constexpr std::uint32_t kClosed = std::uint32_t{1} << 31;  // the other bits count passes

  void enter() noexcept {
    std::uint32_t seen = state_.load(std::memory_order_relaxed);
    for (;;) {
      if (seen & kClosed) {
        state_.wait(seen, std::memory_order_relaxed);
        seen = state_.load(std::memory_order_relaxed);
      } else if (state_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire)) {
        return;
      }
    }
  }
  // What others are told of is sequentially consistent: notify_all() looks whether anybody waits, and the change must be
  // visible before that look, or who begins to wait in between stays asleep.
  void leave() noexcept {
    if (state_.fetch_sub(1) == (kClosed | 1)) state_.notify_all();
  }
  void close() noexcept {
    std::uint32_t seen = state_.fetch_or(kClosed, std::memory_order_acquire) | kClosed;
    while (seen != kClosed) {
      state_.wait(seen, std::memory_order_acquire);
      seen = state_.load(std::memory_order_acquire);
    }
  }
  void open() noexcept {
    state_.fetch_and(~kClosed);
    state_.notify_all();
  }

  std::atomic<std::uint32_t> state_{0};
  std::atomic<std::uint32_t> views_{0};
};

}  // namespace holdfast::region
