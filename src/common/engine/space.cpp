#include "common/engine/space.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

#include "common/base/success.hpp"
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
    : context_(context), id_(id), kind_(kind), name_(std::move(name)), segments_(context.slices) {
  if (context_.shares_syncs || kind_ == SpaceKind::log) one_tail_ = &new_tail();
  if (kind_ == SpaceKind::log) one_tail_->continue_numbers(1);
}

void Space::set_rotation(const LogRotation& rotation) noexcept {
  rotation_size_bytes_.store(rotation.segment_size_bytes, std::memory_order_relaxed);
  rotation_entries_max_.store(rotation.entries_max, std::memory_order_relaxed);
  rotation_age_us_max_.store(rotation.age_us_max, std::memory_order_relaxed);
}

LogRotation Space::rotation() const noexcept {
  return {.segment_size_bytes = rotation_size_bytes_.load(std::memory_order_relaxed),
          .entries_max = rotation_entries_max_.load(std::memory_order_relaxed),
          .age_us_max = rotation_age_us_max_.load(std::memory_order_relaxed)};
}

std::uint64_t Space::segment_size_bytes() const noexcept {
  const std::uint64_t own = rotation_size_bytes_.load(std::memory_order_relaxed);
  return own != 0 ? own : context_.segments->segment_size_bytes();
}

std::uint64_t Space::preferred_range_size(std::uint64_t size_bytes_min) const noexcept {
  const std::uint64_t segment_size = segment_size_bytes();
  if (has_one_tail()) return std::max(size_bytes_min, segment_size);
  return std::max({size_bytes_min, segment_size / kSliceCountPerSegment, kSliceSizeBytesMin});
}

Result<SliceRange> Space::take_range(std::uint64_t size_bytes_min, Room room, bool rotates) {
  const std::uint64_t preferred = preferred_range_size(size_bytes_min);
  // Held across add_records on purpose: writers that run out together should share one new segment.
  const std::lock_guard lock(mutex_);
  auto range = std::find_if(ranges_.begin(), ranges_.end(),
                            [&](const SliceRange& free) { return free.size_bytes >= size_bytes_min; });
  if (range == ranges_.end() || rotates) {
    auto segment = context_.segments->add_records(id_, size_bytes_min, room, segment_size_bytes());
    if (!segment) return Unexpected(segment.error());
    segments_.add(*segment);
    if (kind_ == SpaceKind::log) ranges_.clear();
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
  segments_.begin_use(taken.segment.segment_id);
  return taken;
}

Result<SliceRange> Space::take_segment(std::uint64_t size_bytes_min, Room room) {
  auto segment = context_.segments->add_records(id_, size_bytes_min, room, segment_size_bytes());
  if (!segment) return Unexpected(segment.error());
  segments_.add(*segment);
  segments_.begin_use(segment->segment_id);
  return SliceRange{*segment, kFirstSliceStart, static_cast<std::uint32_t>(segment->size_bytes - kFirstSliceStart)};
}

std::optional<SegmentUse> Space::use_of_next_range() const {
  const std::lock_guard lock(mutex_);
  return ranges_.empty() ? std::nullopt : segments_.use_of(ranges_.front().segment.segment_id);
}

// Under the mutex of those who take runs: one that was taken before has its segment in use.
std::optional<std::vector<SliceRange>> Space::begin_cleaning(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  if (!segments_.begin_cleaning(segment)) return std::nullopt;
  return take_ranges_of(segment);
}

std::optional<std::vector<SliceRange>> Space::begin_dropping(SegmentId segment) {
  const std::lock_guard lock(mutex_);
  if (!segments_.begin_dropping(segment)) return std::nullopt;
  return take_ranges_of(segment);
}

// Requires: mutex_.
std::vector<SliceRange> Space::take_ranges_of(SegmentId segment) {
  std::vector<SliceRange> taken;
  const auto kept = std::stable_partition(ranges_.begin(), ranges_.end(), [segment](const SliceRange& range) {
    return range.segment.segment_id != segment;
  });
  taken.assign(kept, ranges_.end());
  ranges_.erase(kept, ranges_.end());
  return taken;
}

void Space::give_up_cleaning(SegmentId segment, const std::vector<SliceRange>& ranges) {
  segments_.give_up_cleaning(segment);
  for (const SliceRange& range : ranges) add_range(range);
}

// Of a log with the mutex of who takes runs: ids rise from one segment to the next.
void Space::give_up_dropping(SegmentId segment, const std::vector<SliceRange>& ranges) {
  segments_.give_up_cleaning(segment);
  const std::lock_guard lock(mutex_);
  if (kind_ == SpaceKind::log && segments_.has_behind(segment)) return;
  try {
    ranges_.insert(ranges_.end(), ranges.begin(), ranges.end());
  } catch (const std::bad_alloc&) {
    // The next open finds them free.
  }
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

Tail& Space::new_tail(bool is_for_cleaning) {
  const std::lock_guard lock(mutex_);
  idle_.reserve(tails_.size() + 1);  // giving a tail back must not need memory
  tails_.push_back(std::make_unique<Tail>(*this, is_for_cleaning));
  return *tails_.back();
}

// The one before is on its way to its fence, which takes about a microsecond: a few looks. Then it is making room, which may
// take long, and who waits looks now and then: to be woken it would have to be asked for by every append, behind its fence.
void Space::wait_for_the_one_tail() noexcept {
  constexpr int kLooks = 100;
  constexpr std::chrono::microseconds kLookAgain{20};
  // acquire pairs with the release in give_back: the tail's state comes with the flag
  for (int look = 0; one_tail_leased_.load(std::memory_order_relaxed) != 0 ||
                     one_tail_leased_.exchange(1, std::memory_order_acquire) != 0;
       ++look)
    look < kLooks ? std::this_thread::yield() : std::this_thread::sleep_for(kLookAgain);
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

Tail& Space::cleaning_tail() {
  if (cleaning_tail_ == nullptr) cleaning_tail_ = &new_tail(true);
  return *cleaning_tail_;
}

std::vector<Space::Lease> Space::lease_idle() {
  std::vector<Lease> leases;
  const std::lock_guard lock(mutex_);
  leases.reserve(tails_.size());
  for (auto& slot : lease_slots_)
    if (Tail* const tail = slot.exchange(nullptr, std::memory_order_acquire)) leases.emplace_back(*this, *tail);
  for (Tail* const tail : idle_) leases.emplace_back(*this, *tail);
  idle_.clear();
  return leases;
}

Result<void> Space::end_idle_tails(Storage& storage) {
  if (has_one_tail()) return success();
  for (const Lease& lease : lease_idle()) {
    WriteStage stage;
    lease.tail().end(stage);
    if (stage.empty()) continue;
    if (auto written = storage.commit(stage.ranges()); !written) return written;
    lease.tail().mark_durable();
  }
  return success();
}

std::vector<Tail*> Space::tails() {
  const std::lock_guard lock(mutex_);
  std::vector<Tail*> tails;
  for (const auto& tail : tails_) tails.push_back(tail.get());
  return tails;
}

}  // namespace holdfast
