#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {

inline std::string key_of(std::size_t number) { return "key " + std::to_string(number); }

/// Runs work(i) in `count` threads.
inline void in_threads(unsigned count, const std::function<void(unsigned thread)>& work) {
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
}

}  // namespace holdfast::kv_suites
