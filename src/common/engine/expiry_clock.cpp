#include "common/engine/expiry_clock.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/format/record.hpp"

namespace holdfast {
namespace {

std::uint64_t system_time_us() {
  using namespace std::chrono;
  const auto since_1970 = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  return since_1970 > 0 ? static_cast<std::uint64_t>(since_1970) : 0;
}

std::uint64_t mark_of(const Catalog& catalog) {
  return catalog.with_state([](const CatalogState& state) { return state.clock_mark_us(); });
}

}  // namespace

ExpiryClock::ExpiryClock(Catalog& catalog, Clock clock, bool read_only)
    : catalog_(catalog),
      clock_(clock ? std::move(clock) : Clock(system_time_us)),
      read_only_(read_only),
      latest_us_(mark_of(catalog)),
      marked_us_(latest_us_.load(std::memory_order_relaxed)) {}

std::uint64_t ExpiryClock::now_us() {
  const std::uint64_t now = read_us();
  std::uint64_t latest = latest_us_.load();
  while (latest < now)
    if (latest_us_.compare_exchange_weak(latest, now)) return now;
  return latest;
}

// One that fails is tried again by the next caller.
void ExpiryClock::mark(std::uint64_t expires_us) {
  if (read_only_ || fork_guard_.in_child() || mutated(Mutant::clock_mark_not_written)) return;
  const std::lock_guard lock(marking_);
  if (expires_us <= marked_us_.load(std::memory_order_relaxed)) return;
  const std::uint64_t behind = std::max(expires_us, now_us()) + kMarkStepUs - 1;
  const std::uint64_t target = std::min(behind - behind % kMarkStepUs, kTimeUsMax);
  const auto written = without_bad_alloc(
      [&] { return catalog_.commit({{.type = CatalogEntryType::clock_mark, .time_us = target}}); });
  if (!written) return;
  marks_written_.fetch_add(1, std::memory_order_relaxed);
  marked_us_.store(target, std::memory_order_release);
}

}  // namespace holdfast
