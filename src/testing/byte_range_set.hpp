#pragma once

#include <cstdint>
#include <map>

#include <holdfast/storage.hpp>

namespace holdfast::testing {

/// A set of bytes, kept as disjoint runs that do not touch. Threads: one at a time.
class ByteRangeSet {
 public:
  void add(ByteRange range);
  void add(const ByteRangeSet& other);
  void subtract(ByteRange range);
  void subtract(const ByteRangeSet& other);

  /// Whether every byte of `range` is in the set; true for an empty range.
  [[nodiscard]] bool contains(ByteRange range) const;
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }

 private:
  std::map<std::uint64_t, std::uint64_t> runs_;  // begin -> end
};

}  // namespace holdfast::testing
