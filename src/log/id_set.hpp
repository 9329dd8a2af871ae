#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include <holdfast/log.hpp>

namespace holdfast::log {

/// Ids of a stream, a bit each where there are any; runs of ids without any cost nothing, however long they are.
/// Threads: one; readers any, when it is filled.
class IdSet {
 public:
  explicit IdSet(LogId first) noexcept : first_(first) {}

  /// False: it is there already. Requires: not below the first. Throws std::bad_alloc; then nothing changed.
  bool add(LogId id) {
    const std::uint64_t place = id - first_;
    auto bit = runs_[place / kRunSize][place % kRunSize];
    if (bit) return false;
    bit = true;
    return true;
  }

  [[nodiscard]] bool contains(LogId id) const noexcept {
    if (id < first_) return false;
    const std::uint64_t place = id - first_;
    const auto run = runs_.find(place / kRunSize);
    return run != runs_.end() && run->second[place % kRunSize];
  }

 private:
  static constexpr std::size_t kRunSize = 4'096;

  LogId first_;
  std::unordered_map<std::uint64_t, std::bitset<kRunSize>> runs_;
};

}  // namespace holdfast::log
