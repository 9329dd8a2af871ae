#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <holdfast/log.hpp>

namespace holdfast::log {

/// Ids of a stream, a bit each where there are any.
/// Threads: one; readers any, when it is filled.
class IdSet {
 public:
  explicit IdSet(LogId first) noexcept : first_(first) {}

  /// False: it is there already. Requires: not below the first. Throws std::bad_alloc; then nothing changed.
  bool add(LogId id) {
    const std::uint64_t place = id - first_;
    const std::uint64_t run = place / kRunSize;
    if (run >= runs_.size()) runs_.resize(run + 1);
    if (runs_[run] == nullptr) runs_[run] = std::make_unique<Run>();
    auto bit = (*runs_[run])[place % kRunSize];
    if (bit) return false;
    bit = true;
    return true;
  }

  [[nodiscard]] bool contains(LogId id) const noexcept {
    if (id < first_) return false;
    const std::uint64_t place = id - first_;
    const std::uint64_t run = place / kRunSize;
    return run < runs_.size() && runs_[run] != nullptr && (*runs_[run])[place % kRunSize];
  }

 private:
  static constexpr std::size_t kRunSize = 4'096;
  using Run = std::bitset<kRunSize>;

  LogId first_;
  std::vector<std::unique_ptr<Run>> runs_;
};

}  // namespace holdfast::log
