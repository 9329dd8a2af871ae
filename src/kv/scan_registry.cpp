#include "kv/scan_registry.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::kv {

std::uint64_t ScanRegistry::begin(Kind kind, const std::function<std::uint64_t()>& draw) {
  const std::lock_guard lock(mutex_);
  Snapshots::node_type node = Snapshots({{0, {.kind = kind, .notes = {}}}}).extract(0);  // nothing can fail behind it
  count_.fetch_add(1);
  const std::uint64_t version = draw();
  node.key() = version;
  living_.insert(std::move(node));
  return version;
}

void ScanRegistry::end(std::uint64_t version) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto snapshot = living_.find(version); snapshot != living_.end()) end(snapshot);
}

void ScanRegistry::end_all() noexcept {
  const std::lock_guard lock(mutex_);
  while (!living_.empty()) end(living_.begin());
}

// Those of its notes that the next older one sees as well hang on that one from now on: by what has been said of it, it is
// the newest that does. Without an older one, nobody is kept waiting by their number.
void ScanRegistry::end(Snapshots::iterator snapshot) noexcept {
  NoteList& notes = snapshot->second.notes;
  const std::uint64_t size_bytes = unseen_.size_bytes;
  if (snapshot == living_.begin()) {
    unseen_.take_all(notes);
  } else {
    const auto older = std::prev(snapshot);
    for (Note* note = notes.first; note != nullptr;) {
      Note& moved = *std::exchange(note, note->next);
      (sees(older->first, moved.replacement) ? older->second.notes : unseen_).add(moved);
    }
  }
  bytes_.fetch_sub(unseen_.size_bytes - size_bytes, std::memory_order_relaxed);
  if (unseen_.first != nullptr) {
    unseen_since_ = std::min(unseen_since_, snapshot->first);
    has_unseen_.store(true);
  }
  living_.erase(snapshot);
  count_.fetch_sub(1);
}

void ScanRegistry::NoteList::add(Note& note) noexcept {
  note.next = std::exchange(first, &note);
  if (last == nullptr) last = &note;
  size_bytes += note.replacement.size_bytes;
}

void ScanRegistry::NoteList::take_all(NoteList& other) noexcept {
  if (other.first == nullptr) return;
  other.last->next = first;
  if (last == nullptr) last = other.last;
  first = other.first;
  size_bytes += other.size_bytes;
  other = {};
}

bool ScanRegistry::NoteList::remove(const Note& note) noexcept {
  Note* before = nullptr;
  for (Note* at = first; at != nullptr; before = at, at = at->next) {
    if (at != &note) continue;
    (before == nullptr ? first : before->next) = at->next;
    if (last == at) last = before;
    size_bytes -= note.replacement.size_bytes;
    return true;
  }
  return false;
}

bool ScanRegistry::is_living(std::uint64_t version) const {
  const std::lock_guard lock(mutex_);
  return living_.contains(version);
}

std::optional<std::uint64_t> ScanRegistry::oldest_version() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t oldest = unseen_since_;
  if (!living_.empty()) oldest = std::min(oldest, living_.begin()->first);
  return oldest == UINT64_MAX ? std::nullopt : std::optional(oldest);
}

ScanRegistry::Snapshots::iterator ScanRegistry::newest_that_sees(const Replacement& replacement) {
  const auto above = living_.upper_bound(replacement.replaced_by);
  if (above == living_.begin()) return living_.end();
  const auto newest = std::prev(above);
  return sees(newest->first, replacement) ? newest : living_.end();
}

ScanRegistry::Note* ScanRegistry::find_note(std::uint64_t hash, Location location) {
  const auto [begin, end] = notes_.equal_range(hash);
  for (auto note = begin; note != end; ++note)
    if (note->second.replacement.location == location) return &note->second;
  return nullptr;
}

bool ScanRegistry::add(const Note& note) {
  const std::lock_guard lock(mutex_);
  const auto snapshot = newest_that_sees(note.replacement);
  if (snapshot == living_.end()) return false;
  if (find_note(note.replacement.hash, note.replacement.location) != nullptr) return false;
  Note& added = notes_.emplace(note.replacement.hash, note)->second;
  snapshot->second.notes.add(added);
  bytes_.fetch_add(note.replacement.size_bytes, std::memory_order_relaxed);
  end_oldest_beyond_limit();
  return true;
}

bool ScanRegistry::note(const Replacement& replacement) {
  if (!active()) return false;
  end_moves_to(replacement);
  return add({.replacement = replacement});
}

// A record that was moved more than once has left a note at each place.
void ScanRegistry::end_moves_to(const Replacement& replacement) {
  const std::lock_guard lock(mutex_);
  Location place = replacement.location;
  for (bool found = true; found;) {
    found = false;
    const auto [begin, end] = notes_.equal_range(replacement.hash);
    for (auto entry = begin; entry != end && !found; ++entry) {
      Note& move = entry->second;
      found = move.is_move && move.moved_to == place && move.replacement.replaced_by > replacement.replaced_by;
      if (!found) continue;
      unhang(move);
      move.replacement.replaced_by = replacement.replaced_by;
      hang(move);
      place = move.replacement.location;
    }
  }
}

// On the newest snapshot that sees it, or with those to be taken.
void ScanRegistry::hang(Note& note) noexcept {
  const auto snapshot = newest_that_sees(note.replacement);
  if (snapshot != living_.end()) {
    snapshot->second.notes.add(note);
    bytes_.fetch_add(note.replacement.size_bytes, std::memory_order_relaxed);
    return;
  }
  unseen_.add(note);
  has_unseen_.store(true);
}

void ScanRegistry::unhang(Note& note) noexcept {
  if (unseen_.remove(note)) return;
  bytes_.fetch_sub(note.replacement.size_bytes, std::memory_order_relaxed);
  for (auto snapshot = living_.begin(); snapshot != living_.end() && !snapshot->second.notes.remove(note);) ++snapshot;
}

void ScanRegistry::note_moved(std::uint64_t hash, Location from, Location to, std::uint64_t version,
                              std::uint64_t moved_at) {
  if (!active()) return;
  static_cast<void>(add({.replacement = {.hash = hash, .location = from, .version = version, .replaced_by = moved_at},
                         .is_move = true,
                         .moved_to = to}));
}

// A scan ends by itself; what it holds back counts all the same.
void ScanRegistry::end_oldest_beyond_limit() noexcept {
  for (auto oldest = living_.begin(); oldest != living_.end() && bytes_.load(std::memory_order_relaxed) > bytes_max_;) {
    const auto next = std::next(oldest);
    if (oldest->second.kind == Kind::snapshot) end(oldest);
    oldest = next;
  }
}

void ScanRegistry::forget(std::uint64_t hash, Location location) {
  const std::lock_guard lock(mutex_);
  Note* const note = find_note(hash, location);
  if (note == nullptr) return;
  unhang(*note);
  remove(*note);
}

void ScanRegistry::remove(Note& note) noexcept {
  const auto [begin, end] = notes_.equal_range(note.replacement.hash);
  notes_.erase(std::find_if(begin, end, [&](const auto& entry) { return &entry.second == &note; }));
}

ScanRegistry::Presence ScanRegistry::presence(std::uint64_t hash, Location location, std::uint64_t version) const {
  const std::lock_guard lock(mutex_);
  if (!living_.contains(version)) return Presence::ended;
  auto presence = Presence::as_indexed;
  const auto [begin, end] = notes_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    const Note& note = entry->second;
    if (note.is_move && note.moved_to == location && version <= note.replacement.replaced_by)
      return Presence::hidden;  // that one is shown where it was then
    if (note.replacement.location == location)
      presence = sees(version, note.replacement) ? Presence::shown : Presence::hidden;
  }
  return presence;
}

std::optional<std::vector<Location>> ScanRegistry::find(std::uint64_t hash, std::uint64_t version) const {
  const std::lock_guard lock(mutex_);
  if (!living_.contains(version)) return std::nullopt;
  std::vector<Location> locations;
  const auto [begin, end] = notes_.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry)
    if (sees(version, entry->second.replacement)) locations.push_back(entry->second.replacement.location);
  return locations;
}

ScanRegistry::Taken ScanRegistry::take(std::uint64_t ended_ticket) noexcept {
  const std::lock_guard lock(mutex_);
  taking_ -= ended_ticket;
  if (unseen_.first == nullptr) {
    has_unseen_.store(false);
    if (taking_ == 0) unseen_since_ = UINT64_MAX;
    return {};
  }
  Note& note = *unseen_.first;
  static_cast<void>(unseen_.remove(note));
  const Taken taken{.replacement = note.replacement, .ticket = 1};
  remove(note);
  ++taking_;
  return taken;
}

}  // namespace holdfast::kv
