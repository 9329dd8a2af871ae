// Spaces that keep to a bound: keys that were written longest ago, and not read since, are erased.
//
// A hand goes round over the records, the oldest slice first. A present record whose key is marked as read loses the mark
// and stays: its second chance. One without a mark goes, by an erase of that version alone. Where cleaning moves a record it
// comes to stand with those written then. A call in which two whole circles were not enough (everything is read again and
// again) heeds no marks in the last one, so that it always ends.

#include <algorithm>
#include <bit>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "common/engine/value_parts.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

// So many are found before any is erased: the slice is pinned only while it is walked, or a writer without room could wait
// for its own pin.
constexpr std::size_t kFoundAtOnce = 128;

constexpr int kCirclesMax = 3;

// Between two pauses of the thread, and for one key that a writer adds: a bound that was lowered is reached by and by, and
// nobody has to wait for all of it.
constexpr std::uint64_t kEvictedAtOnce = 4096;

// By which the number of keys is guessed from a bound on bytes.
constexpr std::uint64_t kGuessedRecordBytes = 128;

}  // namespace

// Four for a key: where all are read, one key of some hundred loses its mark to others.
std::uint64_t Eviction::mark_count(const KvSettings& settings) noexcept {
  std::uint64_t keys = std::numeric_limits<std::uint64_t>::max();
  if (settings.keys_max != 0) keys = settings.keys_max;
  if (settings.bytes_max != 0) keys = std::min(keys, settings.bytes_max / kGuessedRecordBytes);
  return std::bit_ceil(std::clamp(4 * std::min(keys, ReadMarks::kCountMax), ReadMarks::kCountMin, ReadMarks::kCountMax));
}

void Eviction::prepare(const KvSettings& settings) {
  if (settings.keys_max == 0 && settings.bytes_max == 0) return;
  const std::uint64_t count = mark_count(settings);
  const auto has_count = [count](const auto& table) { return table->count() == count; };
  if (std::none_of(tables_.begin(), tables_.end(), has_count)) tables_.push_back(std::make_unique<const ReadMarks>(count));
}

void Eviction::set(const KvSettings& settings, KeyOrder& order) noexcept {
  keys_max_.store(settings.keys_max, std::memory_order_relaxed);
  bytes_max_.store(settings.bytes_max, std::memory_order_relaxed);
  if (settings.keys_max == 0 && settings.bytes_max == 0) return marks_.store(nullptr, std::memory_order_release);
  order.add_up(totals_);
  const std::uint64_t count = mark_count(settings);
  for (const auto& table : tables_)
    if (table->count() == count) marks_.store(table.get(), std::memory_order_release);
}

void KvSpace::want_eviction(Engine& engine) noexcept {
  if (eviction_.exceeds(Eviction::Line::bound) && eviction_.want()) engine.want_sweep_now();
}

void KvSpace::sweep_excess(Engine& engine) {
  eviction_.begin_turn();
  if (!eviction_.is_bounded()) return;
  const std::uint64_t before = eviction_.evicted();
  const auto done = without_bad_alloc([&] { return evict(engine, Eviction::Line::bound, Eviction::Line::below); });
  // What nothing came of is not tried again before the next write.
  if (done && eviction_.evicted() != before) want_eviction(engine);
}

// What it meets is not the writer's business, who will meet it with the write.
void KvSpace::evict_before_write(Engine& engine) {
  if (gate_->in_child()) return;  // the parent's thread may have held the mutex
  static_cast<void>(without_bad_alloc([&] { return evict(engine, Eviction::Line::writers, Eviction::Line::bound); }));
}

Result<void> KvSpace::evict(Engine& engine, Eviction::Line above, Eviction::Line line) {
  const std::lock_guard lock(eviction_.working());
  if (!eviction_.exceeds(above)) return success();  // somebody else has been at it
  Eviction::Hand& hand = eviction_.hand();
  std::vector<Evictable> found;
  found.reserve(kFoundAtOnce);
  const std::uint64_t evicted_max = eviction_.evicted() + kEvictedAtOnce;
  int circles = 0;
  while (eviction_.exceeds(line) && eviction_.evicted() < evicted_max && !is_dropped()) {
    if (hand.is_at_end()) {
      if (circles == kCirclesMax) break;
      ++circles;
      hand = {.slices = space_.segments().slices(), .version_end = engine.next_versions(1)};
      if (hand.is_at_end()) break;
    }
    found.clear();
    const bool heeds_marks = circles < kCirclesMax;
    const auto walked = find_evictable(engine, eviction_.excess(line), heeds_marks, found);
    if (!walked || *walked) hand.next_slice();  // damage is told by who reads it
    for (const Evictable& one : found) {
      const auto erased = erase_version(engine, one.hash, one.version);
      if (!erased) return Unexpected(erased.error());
      if (*erased) eviction_.note_evicted();
    }
  }
  return success();
}

// True: the slice at which the hand stands has come to its end.
Result<bool> KvSpace::find_evictable(const Engine& engine, const Eviction::Excess& excess, bool heeds_marks,
                                     std::vector<Evictable>& found) {
  Eviction::Hand& hand = eviction_.hand();
  std::uint64_t found_bytes = 0;
  const auto is_enough = [&] {
    return found.size() == kFoundAtOnce || (found.size() >= excess.keys && found_bytes >= excess.bytes);
  };
  const auto visit = [&](Location location, const RecordView& record) {
    if (record.type() != RecordType::put || record.header.version >= hand.version_end) return true;
    const std::uint64_t hash = key_hash(record.key);
    const IndexSlots slots = index_.find(hash);
    bool is_present = false;
    for (std::size_t i = 0; i < slots.size(); ++i)
      is_present = is_present || (slots[i].location == location && !slots[i].erased);
    if (!is_present || (eviction_.take_mark(hash) && heeds_marks)) return true;
    found.push_back({.hash = hash, .version = record.header.version});
    found_bytes += record.header.padded_size_bytes + parts_size(record.header.flags, record.payload);
    return !is_enough();
  };
  return engine.walk_slice(space_, hand.slices[hand.at], hand.position, visit);
}

std::uint64_t KvSpace::parts_size(std::uint8_t flags, std::string_view payload) {
  if ((flags & kRecordFlagValueParts) == 0) return 0;
  std::uint64_t size_bytes = 0;
  for (const ValuePartDisk& part : value_parts_of(flags, payload).value_or(std::vector<ValuePartDisk>{}))
    size_bytes += part.size_bytes;
  return size_bytes;
}

}  // namespace holdfast::kv
