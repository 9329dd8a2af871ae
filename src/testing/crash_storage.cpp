#include <holdfast/testing/crash_storage.hpp>

#include <string>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/error_latch.hpp"
#include "common/base/fork_guard.hpp"
#include "common/base/mutant.hpp"
#include "common/format/layout.hpp"

namespace holdfast::testing {
namespace {

StorageCapabilities capabilities_of(MediumModel model) {
  const bool pages = model == MediumModel::pages;
  return {.granularity = pages ? Granularity::page : Granularity::cache_line,
          .durable = true,
          .shares_syncs = pages,
          .drain_can_fail = pages,
          .has_path = false,
          .stores_need_no_room = true};
}

Unexpected failure(ErrorCode code, std::string message) {
  return Unexpected(Error{.code = code, .message = std::move(message)});
}

}  // namespace

struct CrashStorage::State {
  ForkGuard fork_guard;
  ErrorLatch latch;
  std::atomic<bool> closed{false};
  std::atomic<std::uint64_t> writes{0};
  std::atomic<std::uint64_t> bytes_written{0};
  std::atomic<std::uint64_t> flushes{0};
  std::atomic<std::uint64_t> syncs{0};

  /// Whether a call that changes the medium may go on.
  [[nodiscard]] Result<void> check() const {
    if (fork_guard.in_child())
      return failure(ErrorCode::locked, "the store belongs to the process that opened it");
    HOLDFAST_CHECK(!closed.load());
    return latch.check();
  }

  [[nodiscard]] static Result<void> check_inside(ByteRange range, std::uint64_t size_bytes) {
    if (range.offset <= size_bytes && range.size_bytes <= size_bytes - range.offset) return {};
    Error error{.code = ErrorCode::out_of_bounds, .message = "the range does not lie inside the store"};
    error.offset = range.offset;
    error.expected = "at most " + std::to_string(size_bytes);
    error.found = std::to_string(range.offset) + " + " + std::to_string(range.size_bytes);
    return Unexpected(std::move(error));
  }

  [[nodiscard]] Unexpected latch_io(std::string message) {
    Error error{.code = ErrorCode::io, .message = std::move(message)};
    if (mutated(Mutant::forgotten_sync_error)) return Unexpected(std::move(error));
    return Unexpected(latch.latch(std::move(error)));
  }
};

CrashStorage::CrashStorage(std::shared_ptr<CrashMedium> medium)
    : medium_(std::move(medium)),
      capabilities_(capabilities_of(medium_->options().model)),
      state_(std::make_unique<State>()) {}

CrashStorage::~CrashStorage() {
  if (state_->closed.load()) return;
  const std::lock_guard lock(medium_->mutex_);
  medium_->record_own_stores();
  medium_->record(EventKind::killed);
  medium_->open_ranges_.clear();
  medium_->open_ = false;
}

std::uint64_t CrashStorage::size_bytes() const noexcept { return medium_->size_bytes_; }

const std::byte* CrashStorage::at(std::uint64_t offset) const noexcept {
  HOLDFAST_CHECK(offset < size_bytes());
  return medium_->live_ + offset;
}

Result<std::byte*> CrashStorage::writable(ByteRange range) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return Unexpected(ok.error());
  if (auto ok = State::check_inside(range, size_bytes()); !ok) return Unexpected(ok.error());
  if (medium_->known_.empty()) medium_->known_.assign(medium_->live_, medium_->live_ + size_bytes());
  medium_->open_ranges_.push_back({std::this_thread::get_id(), range});
  return medium_->live_ + range.offset;
}

Result<void> CrashStorage::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  if (auto ok = State::check_inside({offset, bytes.size()}, size_bytes()); !ok) return ok;
  medium_->record_own_stores();
  const bool fails = medium_->fault_is_due(&CrashFaults::failing_write, medium_->writes_seen_);
  if (fails) bytes = bytes.first(bytes.size() / 2);
  medium_->set_live(offset, bytes);
  medium_->record(EventKind::write, offset, bytes.size(), bytes);
  ++state_->writes;
  state_->bytes_written += bytes.size();
  if (fails) return state_->latch_io("write failed: a fault was asked for");
  return {};
}

Result<void> CrashStorage::commit(std::span<const WriteRange> ranges) {
  // The lock is not held from first to last: what other threads do meanwhile lies between the events.
  for (const WriteRange& range : ranges) {
    const std::lock_guard lock(medium_->mutex_);
    if (auto ok = state_->check(); !ok) return ok;
    if (auto ok = State::check_inside({range.offset, range.bytes.size()}, size_bytes()); !ok) return ok;
    medium_->record_own_stores();
    medium_->set_live(range.offset, range.bytes);
    medium_->record(EventKind::commit_write, range.offset, range.bytes.size(), range.bytes);
    ++state_->writes;
    state_->bytes_written += range.bytes.size();
  }
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  ++state_->syncs;
  if (medium_->fault_is_due(&CrashFaults::failing_sync, medium_->syncs_seen_)) {
    medium_->record(EventKind::commit_failed);
    return state_->latch_io("commit failed: a fault was asked for");
  }
  medium_->record(EventKind::commit_end);
  return {};
}

Result<void> CrashStorage::flush(ByteRange range) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  if (auto ok = State::check_inside(range, size_bytes()); !ok) return ok;
  medium_->record_own_stores();
  medium_->record_stores_in(range);
  medium_->record(EventKind::flush, range.offset, range.size_bytes);
  ++state_->flushes;
  return {};
}

Result<void> CrashStorage::drain() {
  {
    const std::lock_guard lock(medium_->mutex_);
    if (auto ok = state_->check(); !ok) return ok;
    medium_->record_own_stores();
    medium_->record(EventKind::drain_begin);
  }
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  ++state_->syncs;
  if (medium_->fault_is_due(&CrashFaults::failing_sync, medium_->syncs_seen_)) {
    medium_->record(EventKind::drain_failed);
    return state_->latch_io("sync failed: a fault was asked for");
  }
  medium_->record(EventKind::drain_end);
  return {};
}

Result<void> CrashStorage::sync(std::span<const ByteRange> ranges) {
  {
    const std::lock_guard lock(medium_->mutex_);
    if (auto ok = state_->check(); !ok) return ok;
    for (const ByteRange& range : ranges)
      if (auto ok = State::check_inside(range, size_bytes()); !ok) return ok;
    medium_->record_own_stores();
    for (const ByteRange& range : ranges) medium_->record(EventKind::sync_range, range.offset, range.size_bytes);
  }
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  ++state_->syncs;
  if (medium_->fault_is_due(&CrashFaults::failing_sync, medium_->syncs_seen_)) {
    medium_->record(EventKind::sync_failed);
    return state_->latch_io("sync of ranges failed: a fault was asked for");
  }
  medium_->record(EventKind::sync_end);
  return {};
}

Result<void> CrashStorage::grow(std::uint64_t size_bytes) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  size_bytes = (size_bytes + kBlockSizeBytes - 1) / kBlockSizeBytes * kBlockSizeBytes;
  const bool fails = medium_->fault_is_due(&CrashFaults::failing_grow, medium_->grows_seen_);
  if (fails || size_bytes > medium_->options_.max_size_bytes)
    return failure(ErrorCode::no_space, "cannot grow: the medium is full");
  if (size_bytes <= medium_->size_bytes_) return {};
  medium_->record(EventKind::grow_begin, medium_->size_bytes_, size_bytes);
  medium_->resize(size_bytes);
  medium_->record(EventKind::grow_end, 0, size_bytes);
  return {};
}

Result<void> CrashStorage::punch(ByteRange range) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  if (auto ok = State::check_inside(range, size_bytes()); !ok) return ok;
  medium_->record_own_stores();
  const std::vector<std::byte> unspecified(range.size_bytes, kUnspecifiedByte);
  medium_->set_live(range.offset, unspecified);
  medium_->record(EventKind::punch, range.offset, range.size_bytes, unspecified);
  return {};
}

Result<void> CrashStorage::reserve(ByteRange range) {
  const std::lock_guard lock(medium_->mutex_);
  if (auto ok = state_->check(); !ok) return ok;
  if (auto ok = State::check_inside(range, size_bytes()); !ok) return ok;
  medium_->record(EventKind::reserve, range.offset, range.size_bytes);
  return {};
}

Result<SpaceReport> CrashStorage::space() const {
  const std::uint64_t size = size_bytes();
  const std::uint64_t max_size = medium_->options_.max_size_bytes;
  return SpaceReport{.size_bytes = size, .max_size_bytes = max_size, .medium_free_bytes = max_size - size};
}

void CrashStorage::advise(ByteRange, Access) noexcept {}

Result<void> CrashStorage::close() {
  const std::lock_guard lock(medium_->mutex_);
  if (state_->fork_guard.in_child()) return state_->check();
  HOLDFAST_CHECK(!state_->closed.exchange(true));
  medium_->record_own_stores();
  medium_->open_ranges_.clear();
  medium_->open_ = false;
  if (auto ok = state_->latch.check(); !ok) {
    medium_->record(EventKind::killed);  // released, not drained
    return ok;
  }
  medium_->record(EventKind::close_begin);
  ++state_->syncs;
  if (medium_->fault_is_due(&CrashFaults::failing_sync, medium_->syncs_seen_)) {
    medium_->record(EventKind::killed);
    return state_->latch_io("sync failed: a fault was asked for");
  }
  medium_->record(EventKind::close_end);
  return {};
}

StorageCounters CrashStorage::counters() const noexcept {
  const std::uint64_t syncs = state_->syncs;
  const bool pages = medium_->options_.model == MediumModel::pages;
  return {.writes = state_->writes,
          .bytes_written = state_->bytes_written,
          .flushes = state_->flushes,
          .fences = pages ? 0 : syncs,
          .syncs = pages ? syncs : 0};
}

}  // namespace holdfast::testing
