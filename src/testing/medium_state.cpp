#include "testing/medium_state.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <xxhash.h>

#include "common/base/check.hpp"

namespace holdfast::testing {
namespace {

constexpr std::uint64_t kCacheLineUnit = 64;
constexpr std::uint64_t kSectorUnit = 512;

bool is_range_sync(EventKind kind) { return kind == EventKind::sync_end || kind == EventKind::sync_failed; }

bool is_commit(EventKind kind) { return kind == EventKind::commit_end || kind == EventKind::commit_failed; }

}  // namespace

std::uint64_t unit_hash(std::uint64_t index, std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), index);
}

MediumState::MediumState(MediumModel model, std::vector<std::byte> durable)
    : model_(model),
      unit_size_bytes_(model == MediumModel::cache_lines ? kCacheLineUnit : kSectorUnit),
      durable_(std::move(durable)) {}

void MediumState::apply(const Event& event, std::span<const std::byte> bytes) {
  ++time_;
  switch (event.kind) {
    case EventKind::write:
    case EventKind::punch:
      add_versions(event, bytes);
      mark(event.offset, event.size_bytes, event.thread, false);
      break;
    case EventKind::commit_write:
      add_versions(event, bytes);
      mark(event.offset, event.size_bytes, event.thread, true);
      break;
    case EventKind::store:
      add_versions(event, bytes);
      break;
    case EventKind::flush:
      mark(event.offset, event.size_bytes, event.thread, false);
      break;
    case EventKind::drain_begin:
      drain_began_[event.thread] = time_;
      break;
    case EventKind::sync_range:
      syncs_[event.thread].push_back({time_, event.offset, event.offset + event.size_bytes});
      break;
    case EventKind::drain_end:
    case EventKind::commit_end:
    case EventKind::close_end:
    case EventKind::sync_end:
      end_sync(event);
      break;
    case EventKind::drain_failed:
    case EventKind::commit_failed:
    case EventKind::sync_failed:
      forget_marks(event);
      break;
    case EventKind::grow_begin:
      growing_to_ = event.size_bytes;
      break;
    case EventKind::grow_end:
      durable_.resize(event.size_bytes, kUnspecifiedByte);
      durable_hash_ += event.size_bytes;  // a larger medium is another image, whatever it holds
      growing_to_.reset();
      break;
    case EventKind::killed:
      kill();
      break;
    case EventKind::start:
    case EventKind::reserve:
    case EventKind::close_begin:
      break;
  }
}

void MediumState::add_versions(const Event& event, std::span<const std::byte> bytes) {
  HOLDFAST_CHECK(event.offset + event.size_bytes <= durable_.size() && bytes.size() == event.size_bytes);
  const std::uint64_t end = event.offset + event.size_bytes;
  for (std::uint64_t at = event.offset; at < end;) {
    const std::uint64_t index = at / unit_size_bytes_;
    const std::uint64_t in_unit = at % unit_size_bytes_;
    const std::uint64_t size_bytes = std::min(unit_size_bytes_ - in_unit, end - at);
    const std::byte* const source = bytes.data() + (at - event.offset);
    at += size_bytes;

    const auto found = pending_.find(index);
    const std::span<const std::byte> before =
        found == pending_.end() ? durable_unit(index)
                                : std::span<const std::byte>(found->second.versions.back().bytes);
    if (std::memcmp(before.data() + in_unit, source, size_bytes) == 0) continue;
    std::vector<std::byte> after(before.begin(), before.end());
    std::memcpy(after.data() + in_unit, source, size_bytes);
    PendingUnit& unit = pending_[index];
    if (unit.versions.empty()) unit.durable_hash = unit_hash(index, durable_unit(index));
    const std::uint64_t hash = unit_hash(index, after);
    unit.versions.push_back({time_, hash, std::move(after)});
  }
}

void MediumState::mark(std::uint64_t offset, std::uint64_t size_bytes, std::uint32_t thread, bool in_commit) {
  if (size_bytes == 0) return;
  const auto end = pending_.upper_bound((offset + size_bytes - 1) / unit_size_bytes_);
  for (auto unit = pending_.lower_bound(offset / unit_size_bytes_); unit != end; ++unit)
    unit->second.marks.push_back({time_, thread, in_commit});
}

// Of a range sync: when it named the unit's bytes, all of them; 0 if it did not.
std::uint64_t MediumState::sync_began(std::uint64_t index, const Event& sync) const {
  const std::uint64_t begin = index * unit_size_bytes_;
  const auto ranges = syncs_.find(sync.thread);
  if (ranges == syncs_.end()) return 0;
  for (const SyncRange& range : ranges->second)
    if (range.begin <= begin && begin + unit_size_bytes_ <= range.end) return range.time;
  return 0;
}

std::optional<std::uint64_t> MediumState::covered_time(std::uint64_t index, const PendingUnit& unit,
                                                       const Event& sync) const {
  const bool any_thread = model_ == MediumModel::pages || sync.kind == EventKind::close_end;
  std::uint64_t before = time_;
  if (sync.kind == EventKind::drain_end || sync.kind == EventKind::drain_failed)
    before = drain_began_.at(sync.thread);
  if (is_range_sync(sync.kind)) before = sync_began(index, sync);
  std::optional<std::uint64_t> covered;
  for (const PendingUnit::Mark& mark : unit.marks) {
    if (mark.in_commit != is_commit(sync.kind)) continue;
    const bool own = mark.thread == sync.thread;
    if (mark.in_commit ? own : mark.time < before && (own || any_thread)) covered = mark.time;
  }
  return covered;
}

void MediumState::end_sync(const Event& event) {
  for (auto at = pending_.begin(); at != pending_.end();) {
    const auto unit = at++;
    if (const auto time = covered_time(unit->first, unit->second, event)) make_durable(unit->first, unit->second, *time);
  }
  if (is_range_sync(event.kind)) syncs_.erase(event.thread);
}

void MediumState::make_durable(std::uint64_t index, PendingUnit& unit, std::uint64_t time) {
  auto& versions = unit.versions;
  const auto later =
      std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v.time > time; });
  if (later != versions.begin()) {
    const PendingUnit::Version& durable = *(later - 1);
    std::copy(durable.bytes.begin(), durable.bytes.end(), durable_unit(index).begin());
    durable_hash_ += durable.hash - unit.durable_hash;
    unit.durable_hash = durable.hash;
    versions.erase(versions.begin(), later);
  }
  std::erase_if(unit.marks, [&](const PendingUnit::Mark& mark) { return mark.time <= time; });
  if (versions.empty()) pending_.erase(index);
}

void MediumState::forget_marks(const Event& event) {
  for (auto& [index, unit] : pending_) {
    const auto time = covered_time(index, unit, event);
    if (!time) continue;
    std::erase_if(unit.marks, [&](const PendingUnit::Mark& mark) {
      return mark.time <= *time && mark.in_commit == is_commit(event.kind);
    });
  }
  if (is_range_sync(event.kind)) syncs_.erase(event.thread);
}

void MediumState::kill() {
  drain_began_.clear();
  syncs_.clear();
  growing_to_.reset();
  for (auto& [index, unit] : pending_) {
    if (model_ == MediumModel::cache_lines) unit.marks.clear();
    for (PendingUnit::Mark& mark : unit.marks) mark.in_commit = false;
  }
}

CrashImage MediumState::live_image() const {
  CrashImage image{.base = durable_, .patches = {}, .size_bytes = durable_.size(), .fill = {}, .hash = 0};
  for (const auto& [index, unit] : pending_)
    image.patches.push_back({index * unit_size_bytes_, unit.versions.back().bytes});
  return image;
}

std::span<std::byte> MediumState::durable_unit(std::uint64_t index) noexcept {
  return std::span(durable_).subspan(index * unit_size_bytes_, unit_size_bytes_);
}

}  // namespace holdfast::testing
