#pragma once

#include <atomic>

namespace holdfast::pmem {

/// Called before each step of making a store or a further pool that a kill could fall in front of,
/// with the step's name. Null outside tests; a test ends the process at the n-th call.
/// Threads: set it before the first create() or grow().
inline std::atomic<void (*)(const char* step)> growth_step_hook{nullptr};

inline void growth_step(const char* step) noexcept {
  if (auto* const hook = growth_step_hook.load(std::memory_order_relaxed); hook != nullptr) hook(step);
}

}  // namespace holdfast::pmem
