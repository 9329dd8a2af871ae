#include "clock.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace holdfast::bench {
namespace {

std::uint64_t steady_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

/// The counter runs at one rate in all power states (CPUID 8000'0007h, EDX bit 8).
bool has_invariant_counter() noexcept {
#if defined(__x86_64__)
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(0x8000'0007u, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
#else
  return false;
#endif
}

}  // namespace

std::uint64_t Clock::ticks() const noexcept {
#if defined(__x86_64__)
  if (counter_) [[likely]] {
    unsigned processor = 0;
    return __rdtscp(&processor);
  }
#endif
  return steady_ns();
}

Clock::Clock() noexcept : counter_(has_invariant_counter()) {
  if (counter_) {
    constexpr std::uint64_t kCalibrationNs = 20'000'000;
    const std::uint64_t start_ns = steady_ns();
    const std::uint64_t start_ticks = ticks();
    std::uint64_t now_ns = start_ns;
    while (now_ns - start_ns < kCalibrationNs) now_ns = steady_ns();
    ns_per_tick_ = static_cast<double>(now_ns - start_ns) / static_cast<double>(ticks() - start_ticks);
  }
  std::array<std::uint64_t, 1001> empty{};
  for (auto& sample : empty) {
    const std::uint64_t start = ticks();
    sample = ticks() - start;
  }
  std::nth_element(empty.begin(), empty.begin() + empty.size() / 2, empty.end());
  cost_ns_ = nanoseconds(empty[empty.size() / 2]);
}

const Clock& Clock::instance() noexcept {
  static const Clock clock;
  return clock;
}

}  // namespace holdfast::bench
