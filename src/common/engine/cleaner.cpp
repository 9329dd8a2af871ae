#include "common/engine/cleaner.hpp"

#include <algorithm>
#include <thread>

#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"

namespace holdfast {
namespace {

// How long a store may have grown before it is looked at; and how much room is left when it is looked at at once.
constexpr std::chrono::milliseconds kLookAfter(50);
constexpr std::uint64_t kFreeSegmentsMin = 4;

// So many passes in a row may free no more than their copies take: full segments are packed a little better, and no more.
constexpr int kPassesInVainMax = 32;

// Then the thread pauses.
constexpr int kPassesAtOnce = 64;

// So often a writer looks again for readers of what is free already, two seconds at least. Not a time: where the machine has
// stood still, or had no processor to spare, a reader shall have had its turn before the writer gives up.
constexpr int kReadersLooksMax = 2'000;
constexpr std::chrono::milliseconds kReadersLook(1);

}  // namespace

Cleaner::Cleaner(const Parts& parts, const Limits& limits)
    : parts_(parts), limits_(limits), timer_(kLookAfter, [this] { work(); }) {}

void Cleaner::add(Space& space, const std::shared_ptr<RecordOwner>& owner) {
  const std::lock_guard lock(mutex_);
  clients_.push_back(std::make_unique<Client>(Client{.space = &space, .owner = owner}));
}

void Cleaner::forget(const Space& space) noexcept {
  const std::lock_guard lock(counters_mutex_);
  std::erase_if(clients_, [&](const auto& client) { return client->space == &space; });
}

void Cleaner::stop() noexcept { timer_.stop(); }

Cleaner::Client* Cleaner::find(const Space& space) {
  const auto found =
      std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) { return client->space == &space; });
  return found == clients_.end() ? nullptr : found->get();
}

CleaningCounters Cleaner::counters(const Space& space) const {
  const std::lock_guard lock(counters_mutex_);
  for (const auto& client : clients_)
    if (client->space == &space) return client->counters;
  return {};
}

std::uint64_t Cleaner::floor_of_others(const Space& space, const std::vector<Victim>& victims, SegmentId victim) {
  std::uint64_t floor = SliceUsage::kNoFloor;
  for (const SegmentUse& use : space.segments().uses()) {
    const auto is_gone = [&](const Victim& other) {
      return other.place.segment_id == use.place.segment_id && (other.is_emptied || use.place.segment_id == victim);
    };
    if (std::none_of(victims.begin(), victims.end(), is_gone)) floor = std::min(floor, use.floor);
  }
  return floor;
}

// The oldest first: what it held lies below the tombstones of the others.
Result<void> Cleaner::empty(Client& client, RecordOwner& owner, std::vector<Victim>& victims) {
  Space& space = *client.space;
  SegmentMover mover(parts_.storage, parts_.slices, parts_.guards, space, owner);
  Result<void> result;
  for (Victim& victim : victims) {
    const SegmentId segment = victim.place.segment_id;
    // In this order: what is below has told its floors, and is no more.
    const std::uint64_t pending = owner.lowest_pending_version();
    space.cleaning_tail().set_cleaned_at(pending);
    const auto outcome = mover.empty(segment, std::min(pending, floor_of_others(space, victims, segment)));
    if (!outcome) {
      result = Unexpected(outcome.error());
      break;
    }
    victim.is_emptied = *outcome == SegmentMover::Outcome::emptied;
    if (*outcome == SegmentMover::Outcome::damaged) space.segments().set_damaged(segment);
  }
  const std::lock_guard lock(counters_mutex_);
  client.counters.moved_bytes += mover.moved_bytes();
  return result;
}

// In this order: a batch that has its outcome behind the sync may not be durable.
Result<std::vector<CatalogEntry>> Cleaner::prove_batches() {
  const std::uint64_t whole = parts_.whole_batches();
  if (!mutated(Mutant::cleaned_before_sync))
    if (auto synced = sync(); !synced) return Unexpected(synced.error());
  std::vector<CatalogEntry> entries;
  if (whole == 0 || mutated(Mutant::batches_not_proved)) return entries;
  parts_.catalog.with_state([&](const CatalogState& state) {
    for (const auto& [segment, batch] : dropped_)
      if (state.segments().contains(segment))
        entries.push_back({.type = CatalogEntryType::batch_dropped, .segment_id = segment, .batch = batch});
    if (state.proved_batch() < whole) entries.push_back({.type = CatalogEntryType::batches_proved, .batch = whole});
  });
  return entries;
}

Result<void> Cleaner::free(const std::vector<Victim>& victims, std::vector<CatalogEntry> entries) {
  for (const Victim& victim : victims)
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = victim.place.segment_id});
  if (auto freed = parts_.catalog.commit(entries); !freed) return freed;
  batches_told();
  return success();
}

void Cleaner::give_up(Space& space, std::vector<Victim>::iterator begin, std::vector<Victim>::iterator end) const {
  for (auto victim = begin; victim != end; ++victim) space.give_up_cleaning(victim->place.segment_id, victim->ranges);
}

// The bytes that came free. Requires: mutex_.
Result<std::uint64_t> Cleaner::clean(Client& client, const std::vector<SegmentUse>& chosen) {
  const auto owner = client.owner.lock();
  if (!owner) return 0;
  Space& space = *client.space;
  std::vector<Victim> victims;
  victims.reserve(chosen.size());
  for (const SegmentUse& use : chosen)
    if (auto ranges = space.begin_cleaning(use.place.segment_id))
      victims.push_back({.place = use.place, .ranges = std::move(*ranges)});
  auto emptied = without_bad_alloc([&] { return empty(client, *owner, victims); });  // (1) to (3)
  const auto kept = std::partition(victims.begin(), victims.end(), [](const Victim& victim) { return victim.is_emptied; });
  give_up(space, kept, victims.end());
  victims.erase(kept, victims.end());
  if (victims.empty()) return emptied ? Result<std::uint64_t>(0) : Unexpected(emptied.error());
  std::uint64_t freed_bytes = 0;
  std::vector<Segments::LetGo> let_go;
  for (const Victim& victim : victims) {
    freed_bytes += victim.place.size_bytes;
    let_go.push_back({.space = &space, .place = victim.place, .owner = owner});
  }
  auto entries = prove_batches();  // (4)
  if (!entries) return Unexpected(entries.error());
  if (auto freed = free(victims, std::move(*entries)); !freed) {  // (5)
    give_up(space, victims.begin(), victims.end());
    return Unexpected(freed.error());
  }
  for (Segments::LetGo& segment : let_go) {
    segment.moved_at = parts_.next_version();
    space.segments().set_freed(segment.place.segment_id);
  }
  parts_.segments.let_go(std::move(let_go));
  if (auto reclaimed = parts_.segments.reclaim(); !reclaimed) return Unexpected(reclaimed.error());  // (6)
  const std::lock_guard lock(counters_mutex_);
  client.counters.cleaned_segments += victims.size();
  client.counters.freed_bytes += freed_bytes;
  return freed_bytes;
}

// Elsewhere every write is durable before it is shown.
Result<void> Cleaner::sync() { return parts_.storage.capabilities().shares_syncs ? parts_.route.sync() : success(); }

// Segments that nobody has synced yet are not cleaned. Requires: mutex_.
Result<void> Cleaner::sync_if_worth_it() {
  const std::uint64_t segment_size = parts_.segments.segment_size_bytes();
  for (const auto& client : clients_) {
    auto load = CleaningPolicy::load_of(client->space->segments().uses());
    load.garbage_bytes += load.held_bytes;
    if (load.held_bytes > kFreeSegmentsMin * segment_size &&
        CleaningPolicy::is_due(load, limits_.garbage_ratio_max, segment_size))
      return sync();
  }
  return success();
}

bool Cleaner::is_short() const {
  return parts_.extents.available_bytes() < kFreeSegmentsMin * parts_.segments.segment_size_bytes();
}

// Requires: mutex_. Cleans what is best in the space that has most garbage; with `takes_any` also of one that is not due.
Result<std::uint64_t> Cleaner::clean_best(bool takes_any) {
  const std::uint64_t segment_size = parts_.segments.segment_size_bytes();
  Client* best = nullptr;
  std::uint64_t most_garbage = 0;
  std::vector<SegmentUse> chosen;
  for (const auto& client : clients_) {
    if (CleaningPolicy::is_held_up(client->space->segments().uses(), segment_size))
      if (auto ended = client->space->end_idle_tails(parts_.storage); !ended) return Unexpected(ended.error());
    const auto uses = client->space->segments().uses();
    const auto load = CleaningPolicy::load_of(uses);
    const auto raised = CleaningPolicy::floor_to_raise(uses, segment_size);
    const bool is_due = CleaningPolicy::is_due(load, limits_.garbage_ratio_max, segment_size);
    if ((!takes_any && !is_due && !raised) || (best != nullptr && load.garbage_bytes <= most_garbage)) continue;
    auto candidates = CleaningPolicy::choose(uses, parts_.next_version(), segment_size);
    if (raised && !(is_due && !candidates.empty())) candidates = {*raised};
    if (candidates.empty()) continue;
    best = client.get();
    most_garbage = load.garbage_bytes;
    chosen = std::move(candidates);
  }
  return best == nullptr ? Result<std::uint64_t>(0) : clean(*best, chosen);
}

Result<bool> Cleaner::make_room(std::uint64_t size_bytes) {
  const std::uint64_t segment_size = parts_.segments.segment_size_bytes();
  const std::uint64_t needed = std::max(round_up(size_bytes, segment_size), segment_size);
  bool any = false;
  bool is_synced = false;
  bool is_held_back = false;
  int looks = 0;
  std::uint64_t available = 0;
  for (int passes_in_vain = 0; passes_in_vain < kPassesInVainMax;) {
    {
      const std::lock_guard lock(mutex_);
      if (auto reclaimed = parts_.segments.reclaim(); !reclaimed) return Unexpected(reclaimed.error());
      is_held_back = parts_.segments.waiting_bytes() > 0;
      const std::uint64_t now_available = parts_.extents.available_bytes();
      passes_in_vain = now_available > available ? 0 : passes_in_vain + 1;
      available = std::max(available, now_available);
      if (now_available >= needed && parts_.extents.has_run_of(segment_size)) {
        is_nearly_full_.store(false, std::memory_order_relaxed);
        return true;
      }
      const auto freed = clean_best(true);
      if (!freed && freed.error().code != ErrorCode::no_space) return Unexpected(freed.error());
      any = any || (freed && *freed > 0);
      if (freed && *freed > 0) continue;
      if (!std::exchange(is_synced, true)) {
        if (auto synced = sync(); !synced) return Unexpected(synced.error());
        continue;
      }
    }
    // As it was before the pass: what readers have let go since may be another writer's by now.
    if (!is_held_back || looks++ == kReadersLooksMax) return any;
    std::this_thread::sleep_for(kReadersLook);
    passes_in_vain = 0;
  }
  return any;
}

Result<void> Cleaner::compact(Space& space, const Progress& progress) {
  const std::uint64_t segment_size = parts_.segments.segment_size_bytes();
  if (auto synced = sync(); !synced) return synced;
  std::set<SegmentId> left;
  std::uint64_t total_bytes = 0;
  for (const SegmentUse& use : space.segments().uses()) {
    if (!use.is_cleanable) continue;
    left.insert(use.place.segment_id);
    total_bytes += use.place.size_bytes;
  }
  std::uint64_t done_bytes = 0;
  int looks = 0;
  while (!left.empty()) {
    std::unique_lock lock(mutex_);  // for each pass: writers without room want to come between
    if (auto reclaimed = parts_.segments.reclaim(); !reclaimed) return reclaimed;
    const bool is_held_back = parts_.segments.waiting_bytes() > 0;
    Client* const client = find(space);
    if (client == nullptr) return success();
    auto uses = space.segments().uses();
    std::erase_if(uses, [&](const SegmentUse& use) { return !left.contains(use.place.segment_id); });
    const auto chosen =
        CleaningPolicy::choose(std::move(uses), parts_.next_version(), segment_size, segment_size / kBlockSizeBytes);
    if (chosen.empty()) break;
    if (auto cleaned = clean(*client, chosen); !cleaned) {
      const bool may_come = cleaned.error().code == ErrorCode::no_space && is_held_back && looks++ < kReadersLooksMax;
      if (!may_come) return Unexpected(cleaned.error());
      lock.unlock();
      std::this_thread::sleep_for(kReadersLook);
      continue;
    }
    looks = 0;
    for (const SegmentUse& use : chosen) {
      left.erase(use.place.segment_id);
      done_bytes += use.place.size_bytes;
    }
    if (progress && !progress(done_bytes, total_bytes)) return success();
  }
  if (progress && done_bytes < total_bytes) static_cast<void>(progress(total_bytes, total_bytes));
  return success();
}

void Cleaner::note_added(std::uint64_t available_bytes) noexcept {
  if (available_bytes < 2 * parts_.segments.segment_size_bytes()) is_nearly_full_.store(true, std::memory_order_relaxed);
  // A small space is not worth a thread.
  const bool is_small = added_.fetch_add(1, std::memory_order_relaxed) < kFreeSegmentsMin;
  if (!limits_.is_automatic) return;
  // Without a thread the writers clean for themselves when it is time.
  if (available_bytes < kFreeSegmentsMin * parts_.segments.segment_size_bytes())
    static_cast<void>(timer_.fire());
  else if (!is_small)
    static_cast<void>(timer_.arm());
}

// A medium that fails latches the store, and everybody else is told.
void Cleaner::work() noexcept {
  static_cast<void>(without_bad_alloc([&]() -> Result<void> {
    {
      const std::lock_guard lock(mutex_);
      if (auto synced = sync_if_worth_it(); !synced) return synced;
    }
    for (int pass = 0; pass < kPassesAtOnce; ++pass) {
      const std::lock_guard lock(mutex_);
      const auto freed = clean_best(is_short());
      if (!freed) return Unexpected(freed.error());
      if (*freed == 0) return success();
    }
    static_cast<void>(timer_.arm());
    return success();
  }));
}

}  // namespace holdfast
