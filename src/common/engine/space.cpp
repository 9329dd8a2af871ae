#include "common/engine/space.hpp"

#include <algorithm>
#include <new>
#include <thread>

#include "common/base/thread_index.hpp"

namespace holdfast {
namespace {

// DESIGN: each writer on cache-line media leases a slice of its own; an eighth of a 2 MiB segment.
constexpr std::uint64_t kSliceCountPerSegment = 8;
constexpr std::uint64_t kSliceSizeBytesMin = 16 << 10;

// Too little for a slice header, an end record and a few records.
constexpr std::uint64_t kRangeSizeBytesMin = 1024;

}  // namespace

Space::Space(const SpaceContext& context, SpaceId id, SpaceKind kind, std::string name)
    : context_(context), id_(id), kind_(kind), name_(std::move(name)) {
  if (context_.shares_syncs || kind_ == SpaceKind::log) one_tail_ = &new_tail();
  if (kind_ == SpaceKind::log) one_tail_->continue_numbers(1);
}

std::uint64_t Space::preferred_range_size(std::uint64_t size_bytes_min) const noexcept {
  const std::uint64_t segment_size = context_.segments->segment_size_bytes();
  if (has_one_tail()) return std::max(size_bytes_min, segment_size);
  return std::max({size_bytes_min, segment_size / kSliceCountPerSegment, kSliceSizeBytesMin});
}

Result<SliceRange> Space::take_range(std::uint64_t size_bytes_min) {
  const std::uint64_t preferred = preferred_range_size(size_bytes_min);
  // Held across add_records on purpose: writers that run out together should share one new segment.
  const std::lock_guard lock(mutex_);
  auto range = std::find_if(ranges_.begin(), ranges_.end(),
                            [&](const SliceRange& free) { return free.size_bytes >= size_bytes_min; });
  if (range == ranges_.end()) {
    auto segment = context_.segments->add_records(id_, size_bytes_min);
    if (!segment) return Unexpected(segment.error());
    ranges_.push_back({*segment, kFirstSliceStart, static_cast<std::uint32_t>(segment->size_bytes - kFirstSliceStart)});
    range = std::prev(ranges_.end());
  }
  SliceRange taken = *range;
  const std::uint64_t end = round_up(taken.start + preferred, kSliceAlignment);
  if (end + kRangeSizeBytesMin < std::uint64_t{taken.start} + taken.size_bytes) {
    taken.size_bytes = static_cast<std::uint32_t>(end - taken.start);
    range->start = static_cast<std::uint32_t>(end);
    range->size_bytes -= taken.size_bytes;
  } else {
    ranges_.erase(range);
  }
  return taken;
}

void Space::add_range(const SliceRange& range) {
  if (range.size_bytes < kRangeSizeBytesMin) return;
  const std::lock_guard lock(mutex_);
  try {
    ranges_.push_back(range);
  } catch (const std::bad_alloc&) {
    // The next open finds it free.
  }
}

Tail& Space::new_tail() {
  const std::lock_guard lock(mutex_);
  idle_.reserve(tails_.size() + 1);  // giving a tail back must not need memory
  tails_.push_back(std::make_unique<Tail>(*this));
  return *tails_.back();
}

// The one before is on its way to its fence, which takes about a microsecond: a few looks, then sleep.
void Space::wait_for_the_one_tail() noexcept {
  constexpr int kLooks = 100;
  for (int look = 0; look < kLooks; ++look) {
    // acquire pairs with the release in give_back: the tail's state comes with the flag
    if (one_tail_leased_.load(std::memory_order_relaxed) == 0 &&
        one_tail_leased_.exchange(1, std::memory_order_acquire) == 0)
      return;
    std::this_thread::yield();
  }
  while (one_tail_leased_.exchange(1, std::memory_order_acquire) != 0)
    one_tail_leased_.wait(1, std::memory_order_relaxed);
}

Space::Lease Space::lease() {
  if (has_one_tail()) {
    wait_for_the_one_tail();
    return {*this, *one_tail_};
  }
  const std::uint32_t own = thread_index() % kLeaseSlotCount;
  for (std::uint32_t i = 0; i < kLeaseSlotCount; ++i) {
    auto& slot = lease_slots_[(own + i) % kLeaseSlotCount];
    // acquire pairs with the release in give_back: the tail's state comes with the pointer
    if (slot.load(std::memory_order_relaxed) == nullptr) continue;
    if (Tail* const tail = slot.exchange(nullptr, std::memory_order_acquire)) return {*this, *tail};
  }
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Tail& tail = *idle_.back();
      idle_.pop_back();
      return {*this, tail};
    }
  }
  return {*this, new_tail()};
}

void Space::give_back(Tail& tail) noexcept {
  if (&tail == one_tail_) {
    one_tail_leased_.store(0, std::memory_order_release);
    one_tail_leased_.notify_one();
    return;
  }
  const std::uint32_t own = thread_index() % kLeaseSlotCount;
  for (std::uint32_t i = 0; i < kLeaseSlotCount; ++i) {
    Tail* expected = nullptr;
    if (lease_slots_[(own + i) % kLeaseSlotCount].compare_exchange_strong(expected, &tail, std::memory_order_release,
                                                                          std::memory_order_relaxed))
      return;
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(&tail);
}

void Space::add_slice(std::uint32_t table_index) {
  const std::lock_guard lock(mutex_);
  slice_indexes_.push_back(table_index);
}

std::vector<std::uint32_t> Space::slice_indexes() const {
  const std::lock_guard lock(mutex_);
  return slice_indexes_;
}

std::vector<Tail*> Space::tails() {
  const std::lock_guard lock(mutex_);
  std::vector<Tail*> tails;
  for (const auto& tail : tails_) tails.push_back(tail.get());
  return tails;
}

}  // namespace holdfast
