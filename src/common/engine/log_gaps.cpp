#include "common/engine/log_gaps.hpp"

#include <algorithm>

namespace holdfast {

bool LogGaps::add(std::uint64_t from, std::uint64_t to) {
  if (from >= to || (!gaps_.empty() && gaps_.back().to > to)) return false;
  while (!gaps_.empty() && gaps_.back().to >= from) {
    from = std::min(from, gaps_.back().from);
    gaps_.pop_back();
  }
  gaps_.push_back({from, to});
  return true;
}

void LogGaps::forget_below(std::uint64_t begin) noexcept {
  std::erase_if(gaps_, [begin](const LogGap& gap) { return gap.to <= begin; });
  if (!gaps_.empty()) gaps_.front().from = std::max(gaps_.front().from, begin);
}

std::optional<LogGap> LogGaps::around(std::uint64_t id) const noexcept {
  const auto behind = std::partition_point(gaps_.begin(), gaps_.end(), [id](const LogGap& gap) { return gap.to <= id; });
  if (behind == gaps_.end() || behind->from > id) return std::nullopt;
  return *behind;
}

std::uint64_t LogGaps::next_begin(std::uint64_t id, std::uint64_t none) const noexcept {
  const auto next = std::partition_point(gaps_.begin(), gaps_.end(), [id](const LogGap& gap) { return gap.from < id; });
  return next == gaps_.end() ? none : next->from;
}

std::uint64_t LogGaps::last_end(std::uint64_t id, std::uint64_t none) const noexcept {
  const auto behind = std::partition_point(gaps_.begin(), gaps_.end(), [id](const LogGap& gap) { return gap.to <= id; });
  return behind == gaps_.begin() ? none : (behind - 1)->to;
}

std::uint64_t LogGaps::count(std::uint64_t begin, std::uint64_t end) const noexcept {
  std::uint64_t count = 0;
  for (const LogGap& gap : gaps_)
    if (gap.from < end && gap.to > begin) count += std::min(gap.to, end) - std::max(gap.from, begin);
  return count;
}

std::uint64_t LogGaps::back_by(std::uint64_t count, std::uint64_t begin, std::uint64_t end) const noexcept {
  for (auto gap = gaps_.rbegin(); gap != gaps_.rend() && gap->to > begin; ++gap) {
    if (gap->from >= end) continue;
    const std::uint64_t behind = end - std::min(gap->to, end);
    if (count <= behind && behind != 0) break;
    count -= behind;
    end = gap->from;
  }
  return end <= begin || count >= end - begin ? begin : end - count;
}

}  // namespace holdfast
