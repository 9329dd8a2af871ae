#include "testing/byte_range_set.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace holdfast::testing {
namespace {

/// One past the last byte; a range that runs out of the numbers ends with them.
std::uint64_t end_of(ByteRange range) noexcept {
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  return range.size_bytes > last - range.offset ? last : range.offset + range.size_bytes;
}

}  // namespace

void ByteRangeSet::add(ByteRange range) {
  if (range.size_bytes == 0) return;
  std::uint64_t begin = range.offset;
  std::uint64_t end = end_of(range);
  auto run = runs_.upper_bound(begin);
  if (run != runs_.begin() && std::prev(run)->second >= begin) --run;
  while (run != runs_.end() && run->first <= end) {  // takes in all it overlaps or touches
    begin = std::min(begin, run->first);
    end = std::max(end, run->second);
    run = runs_.erase(run);
  }
  runs_.emplace(begin, end);
}

void ByteRangeSet::add(const ByteRangeSet& other) {
  for (const auto& [begin, end] : other.runs_) add({begin, end - begin});
}

void ByteRangeSet::subtract(ByteRange range) {
  if (range.size_bytes == 0) return;  // would split a run in two that touch
  const std::uint64_t begin = range.offset;
  const std::uint64_t end = end_of(range);
  auto run = runs_.upper_bound(begin);
  if (run != runs_.begin() && std::prev(run)->second > begin) --run;
  while (run != runs_.end() && run->first < end) {
    const auto [run_begin, run_end] = *run;
    run = runs_.erase(run);
    if (run_begin < begin) runs_.emplace(run_begin, begin);
    if (run_end > end) run = runs_.emplace(end, run_end).first;
  }
}

void ByteRangeSet::subtract(const ByteRangeSet& other) {
  for (const auto& [begin, end] : other.runs_) subtract({begin, end - begin});
}

bool ByteRangeSet::contains(ByteRange range) const {
  if (range.size_bytes == 0) return true;
  const auto after = runs_.upper_bound(range.offset);
  if (after == runs_.begin()) return false;
  return std::prev(after)->second >= end_of(range);
}

}  // namespace holdfast::testing
