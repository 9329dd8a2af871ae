#pragma once

#include <atomic>
#include <functional>

namespace holdfast {

/// A gate's barrier that calls the test at the two places between a store and a look. `Tag` keeps tests' scripts apart. Set
/// before anybody uses the gate; the rare side's may be called by one thread at a time.
template <class Tag>
struct ScriptedBarrier {
  static inline std::function<void()> at_frequent;
  static inline std::function<bool()> at_rare;  ///< Whether it could be made.

  [[nodiscard]] static bool is_there() noexcept { return true; }
  static void frequent() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (at_frequent) at_frequent();
  }
  [[nodiscard]] static bool rare() { return !at_rare || at_rare(); }
};

/// As where the kernel refuses it from the beginning.
struct NoBarrier {
  [[nodiscard]] static bool is_there() noexcept { return false; }
  static void frequent() noexcept {}
  [[nodiscard]] static bool rare() noexcept { return false; }
};

}  // namespace holdfast
