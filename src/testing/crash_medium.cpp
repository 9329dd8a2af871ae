#include <algorithm>
#include <cstring>
#include <utility>

#include <holdfast/testing/crash_storage.hpp>

#include "common/base/check.hpp"
#include "common/format/layout.hpp"
#include "testing/live_memory.hpp"
#include "testing/medium_state.hpp"

namespace holdfast::testing {
namespace {

constexpr std::uint64_t kStoreSizeBytes = 64;  // stores made in place are told apart by cache lines

}  // namespace

std::string_view name(MediumModel model) noexcept {
  switch (model) {
    case MediumModel::cache_lines:
      return "cache_lines";
    case MediumModel::pages:
      return "pages";
  }
  return "unknown";
}

std::string_view name(EventKind kind) noexcept {
  switch (kind) {
    case EventKind::start:
      return "start";
    case EventKind::write:
      return "write";
    case EventKind::store:
      return "store";
    case EventKind::flush:
      return "flush";
    case EventKind::drain_begin:
      return "drain_begin";
    case EventKind::drain_end:
      return "drain_end";
    case EventKind::drain_failed:
      return "drain_failed";
    case EventKind::sync_range:
      return "sync_range";
    case EventKind::sync_end:
      return "sync_end";
    case EventKind::sync_failed:
      return "sync_failed";
    case EventKind::commit_write:
      return "commit_write";
    case EventKind::commit_end:
      return "commit_end";
    case EventKind::commit_failed:
      return "commit_failed";
    case EventKind::grow_begin:
      return "grow_begin";
    case EventKind::grow_end:
      return "grow_end";
    case EventKind::punch:
      return "punch";
    case EventKind::reserve:
      return "reserve";
    case EventKind::close_begin:
      return "close_begin";
    case EventKind::close_end:
      return "close_end";
    case EventKind::killed:
      return "killed";
  }
  return "unknown";
}

CrashMedium::CrashMedium(const CrashOptions& options) : options_(options) {
  HOLDFAST_CHECK(options_.size_bytes % kBlockSizeBytes == 0 &&
                 options_.max_size_bytes % kBlockSizeBytes == 0);
  options_.max_size_bytes = std::max(options_.max_size_bytes, options_.size_bytes);
  live_ = take_live_memory(options_.max_size_bytes);
  set_accessible(live_, options_.size_bytes, options_.max_size_bytes);
  size_bytes_ = options_.size_bytes;
}

CrashMedium::~CrashMedium() { give_back_live_memory(live_, options_.max_size_bytes); }

std::shared_ptr<CrashMedium> CrashMedium::create(const CrashOptions& options) {
  const std::vector<std::byte> zeros(options.size_bytes);
  return from_image(image_of(zeros), options);
}

std::shared_ptr<CrashMedium> CrashMedium::from_image(const CrashImage& image, CrashOptions options) {
  options.size_bytes = image.size_bytes;
  std::shared_ptr<CrashMedium> medium(new CrashMedium(options));
  image.copy_to(medium->live_);
  if (options.keeps_log) {
    const auto live = medium->live();
    medium->initial_ =
        std::make_unique<MediumState>(options.model, std::vector<std::byte>(live.begin(), live.end()));
  }
  return medium;
}

std::shared_ptr<CrashMedium> CrashMedium::from_killed(const MediumState& state, CrashOptions options) {
  HOLDFAST_CHECK(options.model == state.model());
  options.size_bytes = state.durable().size();
  std::shared_ptr<CrashMedium> medium(new CrashMedium(options));
  state.live_image().copy_to(medium->live_);
  if (options.keeps_log) {
    medium->initial_ = std::make_unique<MediumState>(state);
    medium->initial_->kill();
  }
  return medium;
}

Result<std::unique_ptr<CrashStorage>> CrashMedium::open() {
  {
    const std::lock_guard lock(mutex_);
    if (open_)
      return Unexpected(Error{.code = ErrorCode::locked, .message = "the crash medium is open already"});
    open_ = true;
  }
  return std::make_unique<CrashStorage>(shared_from_this());
}

void CrashMedium::set_faults(const CrashFaults& faults) {
  const std::lock_guard lock(mutex_);
  HOLDFAST_CHECK(faults.failing_sync == 0 || options_.model == MediumModel::pages);
  faults_ = faults;
  syncs_seen_ = writes_seen_ = grows_seen_ = 0;
  fault_happened_ = false;
}

void CrashMedium::set_observer(Observer observer) {
  const std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

bool CrashMedium::fault_happened() const {
  const std::lock_guard lock(mutex_);
  return fault_happened_;
}

bool CrashMedium::fault_is_due(std::uint64_t CrashFaults::*fault, std::uint64_t& seen) {
  const bool due = ++seen == faults_.*fault;
  fault_happened_ = fault_happened_ || due;
  return due;
}

std::uint64_t CrashMedium::event_count() const {
  const std::lock_guard lock(mutex_);
  return event_count_;
}

std::span<const std::byte> CrashMedium::bytes(const Event& event) const noexcept {
  switch (event.kind) {
    case EventKind::write:
    case EventKind::store:
    case EventKind::commit_write:
    case EventKind::punch:
      return std::span(event_bytes_).subspan(event.bytes_at, event.size_bytes);
    default:
      return {};
  }
}

std::span<const std::byte> CrashMedium::live() const noexcept { return {live_, size_bytes_}; }

void CrashMedium::record(EventKind kind, std::uint64_t offset, std::uint64_t size_bytes,
                         std::span<const std::byte> bytes) {
  ++event_count_;
  if (options_.keeps_log) {
    events_.push_back({kind, thread_index(), offset, size_bytes, event_bytes_.size()});
    event_bytes_.insert(event_bytes_.end(), bytes.begin(), bytes.end());
  }
  if (observer_) observer_(event_count_);
}

void CrashMedium::record_stores_in(ByteRange range) {
  if (known_.empty()) return;
  const std::uint64_t end = range.offset + range.size_bytes;
  for (std::uint64_t at = range.offset; at < end;) {
    const std::uint64_t size_bytes = std::min(end, (at / kStoreSizeBytes + 1) * kStoreSizeBytes) - at;
    if (std::memcmp(known_.data() + at, live_ + at, size_bytes) != 0) {
      std::memcpy(known_.data() + at, live_ + at, size_bytes);
      record(EventKind::store, at, size_bytes, {known_.data() + at, size_bytes});
    }
    at += size_bytes;
  }
}

void CrashMedium::record_own_stores() {
  for (const OpenRange& open : open_ranges_)
    if (open.thread == std::this_thread::get_id()) record_stores_in(open.range);
}

void CrashMedium::set_live(std::uint64_t offset, std::span<const std::byte> bytes) {
  std::memcpy(live_ + offset, bytes.data(), bytes.size());
  if (!known_.empty()) std::memcpy(known_.data() + offset, bytes.data(), bytes.size());
}

void CrashMedium::resize(std::uint64_t size_bytes) {
  const std::uint64_t old_size_bytes = size_bytes_;
  set_accessible(live_, size_bytes, options_.max_size_bytes);
  const std::vector<std::byte> unspecified(size_bytes - old_size_bytes, kUnspecifiedByte);
  if (!known_.empty()) known_.resize(size_bytes);
  set_live(old_size_bytes, unspecified);
  size_bytes_ = size_bytes;
}

std::uint32_t CrashMedium::thread_index() {
  const auto next = static_cast<std::uint32_t>(thread_indexes_.size());
  return thread_indexes_.try_emplace(std::this_thread::get_id(), next).first->second;
}

}  // namespace holdfast::testing
