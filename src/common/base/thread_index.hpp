#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast {

/// A small number for each thread, dealt in turn: for picking one of several shards or slots.
[[nodiscard]] inline std::uint32_t thread_index() noexcept {
  static std::atomic<std::uint32_t> next{0};
  // relaxed: any spread will do
  thread_local const std::uint32_t index = next.fetch_add(1, std::memory_order_relaxed);
  return index;
}

}  // namespace holdfast
