#pragma once

#include <chrono>
#include <thread>

namespace holdfast {

/// Waits for what another thread does; false after two minutes, which only ends a hang: no machine is so slow.
template <class Condition>
[[nodiscard]] bool comes_true(const Condition& condition) {
  for (int round = 0; round < 120'000; ++round) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return condition();
}

}  // namespace holdfast
