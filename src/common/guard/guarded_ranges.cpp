#include "common/guard/guarded_ranges.hpp"

namespace holdfast {

GuardedRange& GuardedRanges::take() {
  for (GuardedRange* range = first_.load(); range != nullptr; range = range->next)
    if (range->begin.load() == GuardedRange::kNowhere) return *range;
  auto* const added = new GuardedRange;  // never deleted
  added->next = first_.load();
  first_.store(added);
  return *added;
}

void GuardedRanges::set(GuardedRange& range, std::uintptr_t begin, std::uintptr_t end,
                        MapFault& fault) noexcept {
  range.end.store(end);
  range.fault.store(&fault);
  range.begin.store(begin);
}

GuardedRanges::Hit GuardedRanges::find(std::uintptr_t address) const noexcept {
  for (const GuardedRange* range = first_.load(); range != nullptr; range = range->next) {
    const std::uintptr_t begin = range->begin.load();
    if (address < begin || address >= range->end.load()) continue;
    MapFault* const fault = range->fault.load();
    if (range->begin.load() == begin) return {fault, address - begin};
  }
  return {};
}

}  // namespace holdfast
