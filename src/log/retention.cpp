#include "log/retention.hpp"

#include <algorithm>

namespace holdfast::log {
namespace {

constexpr std::uint64_t kUsPerMs = 1'000;

}  // namespace

LogId retention_cut(const LogSettings& settings, std::vector<SegmentUse> uses, LogId first_id, LogId next_id,
                    LogId kept_from, std::uint64_t now_us) {
  std::erase_if(uses, [](const SegmentUse& use) { return use.entries == 0; });
  std::sort(uses.begin(), uses.end(), [](const SegmentUse& a, const SegmentUse& b) { return a.id_max < b.id_max; });
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  for (const SegmentUse& use : uses) {
    bytes += use.place.size_bytes;
    records += use.entries;
  }
  // Ids may be missing; what the last segment holds from `next_id` on is not shown yet.
  const std::uint64_t unshown = uses.empty() || uses.back().id_max < next_id ? 0 : uses.back().id_max + 1 - next_id;
  LogId cut = first_id;
  for (const SegmentUse& use : uses) {
    if (use.is_in_use || use.id_max >= kept_from || records - use.entries < settings.keep_records_min + unshown) break;
    const bool is_old = settings.retain_ms != 0 && now_us > use.time_max_us &&
                        now_us - use.time_max_us > settings.retain_ms * kUsPerMs;
    const bool is_large = settings.retain_bytes != 0 && bytes > settings.retain_bytes;
    const bool are_many = settings.retain_records != 0 && records - use.entries >= settings.retain_records;
    if (!is_old && !is_large && !are_many) break;
    cut = std::max(cut, use.id_max + 1);
    bytes -= use.place.size_bytes;
    records -= use.entries;
  }
  return cut;
}

}  // namespace holdfast::log
