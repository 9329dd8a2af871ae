#include "testing/durable_mark_storage.hpp"

#include <atomic>
#include <utility>

namespace holdfast::testing {
namespace {

/// Unlike std::thread::id never used twice, so that no thread drains what a dead one left.
std::uint64_t this_thread_number() noexcept {
  static std::atomic<std::uint64_t> last{0};
  thread_local const std::uint64_t number = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return number;
}

}  // namespace

bool DurableMark::is_durable(ByteRange range) const {
  const std::lock_guard lock(mutex_);
  return durable_.contains(range);
}

ByteRangeSet& DurableMark::pending() { return pending_[shares_syncs_ ? 0 : this_thread_number()]; }

void DurableMark::begin_write(ByteRange range) {
  const std::lock_guard lock(mutex_);
  durable_.subtract(range);
  for (auto& [thread, ranges] : pending_) ranges.subtract(range);
  for (ByteRangeSet& drained : drains_) drained.subtract(range);  // began before this write ends
}

void DurableMark::end_write(ByteRange range) {
  const std::lock_guard lock(mutex_);
  pending().add(range);
}

void DurableMark::end_commit(ByteRange range) {
  const std::lock_guard lock(mutex_);
  durable_.add(range);
}

DurableMark::Drain DurableMark::begin_drain() {
  const std::lock_guard lock(mutex_);
  // A copy: of two drains in flight the first to return has made its thread's bytes durable.
  return drains_.insert(drains_.end(), pending());
}

DurableMark::Drain DurableMark::begin_sync(std::span<const ByteRange> ranges) {
  const std::lock_guard lock(mutex_);
  ByteRangeSet elsewhere = pending();
  for (const ByteRange& range : ranges) elsewhere.subtract(range);
  const auto sync = drains_.insert(drains_.end(), pending());
  sync->subtract(elsewhere);
  return sync;
}

void DurableMark::end_drain(Drain drain, bool succeeded) {
  const std::lock_guard lock(mutex_);
  const ByteRangeSet drained = std::move(*drain);
  drains_.erase(drain);
  pending().subtract(drained);
  if (succeeded) {
    durable_.add(drained);
  } else {
    for (ByteRangeSet& other : drains_) other.subtract(drained);
  }
}

DurableMarkStorage::DurableMarkStorage(std::unique_ptr<Storage> below)
    : below_(std::move(below)), mark_(std::make_shared<DurableMark>(below_->capabilities().shares_syncs)) {}

const StorageCapabilities& DurableMarkStorage::capabilities() const noexcept {
  return below_->capabilities();
}
std::string_view DurableMarkStorage::path() const noexcept { return below_->path(); }
std::uint64_t DurableMarkStorage::size_bytes() const noexcept { return below_->size_bytes(); }
const std::byte* DurableMarkStorage::at(std::uint64_t offset) const noexcept { return below_->at(offset); }
Result<std::byte*> DurableMarkStorage::writable(ByteRange range) { return below_->writable(range); }
void DurableMarkStorage::protect(ByteRange range) noexcept { below_->protect(range); }
Result<void> DurableMarkStorage::grow(std::uint64_t size_bytes) { return below_->grow(size_bytes); }
Result<SpaceReport> DurableMarkStorage::space() const { return below_->space(); }
void DurableMarkStorage::advise(ByteRange range, Access access) noexcept { below_->advise(range, access); }
StorageCounters DurableMarkStorage::counters() const noexcept { return below_->counters(); }

Result<void> DurableMarkStorage::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  mark_->begin_write({offset, bytes.size()});
  auto result = below_->write(offset, bytes);
  if (result) mark_->end_write({offset, bytes.size()});
  return result;
}

Result<void> DurableMarkStorage::commit(std::span<const WriteRange> ranges) {
  for (const WriteRange& range : ranges) mark_->begin_write({range.offset, range.bytes.size()});
  auto result = below_->commit(ranges);
  if (!result) return result;
  for (const WriteRange& range : ranges) mark_->end_commit({range.offset, range.bytes.size()});
  return result;
}

Result<void> DurableMarkStorage::flush(ByteRange range) {
  mark_->begin_write(range);
  auto result = below_->flush(range);
  if (result) mark_->end_write(range);
  return result;
}

Result<void> DurableMarkStorage::drain() {
  const auto drain = mark_->begin_drain();
  auto result = below_->drain();
  mark_->end_drain(drain, result.has_value());
  return result;
}

Result<void> DurableMarkStorage::sync(std::span<const ByteRange> ranges) {
  const auto sync = mark_->begin_sync(ranges);
  auto result = below_->sync(ranges);
  mark_->end_drain(sync, result.has_value());
  return result;
}

Result<void> DurableMarkStorage::punch(ByteRange range) {
  mark_->begin_write(range);  // reads as anything from now on
  return below_->punch(range);
}

Result<void> DurableMarkStorage::reserve(ByteRange range) {
  mark_->begin_write(range);
  return below_->reserve(range);
}

Result<void> DurableMarkStorage::close() {
  const auto drain = mark_->begin_drain();
  auto result = below_->close();
  mark_->end_drain(drain, result.has_value());
  return result;
}

}  // namespace holdfast::testing
