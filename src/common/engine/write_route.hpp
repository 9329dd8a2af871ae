#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <holdfast/options.hpp>

#include "common/base/location.hpp"
#include "common/base/success.hpp"
#include "common/engine/space.hpp"
#include "common/format/record.hpp"

namespace holdfast {

struct WriteEntry;

/// Told of a record as soon as readers may be shown it: it is written, and durable as far as asked. Of the records
/// of one tail it is told in their order, by one thread at a time.
class WriteObserver {
 public:
  /// Records up to that version, less than `version_end`, may be written next. What written() needs memory for is to be
  /// had now: behind the write nothing may fail.
  virtual void make_room(std::uint64_t version_end) = 0;

  virtual void written(const WriteEntry& entry) noexcept = 0;

 protected:
  ~WriteObserver() = default;
};

/// One record of a write.
struct WriteEntry {
  Space* space = nullptr;
  RecordDraft draft{};           ///< Of a log entry the version, which is its id, comes with its place.
  Location location{};           ///< Out: where it lies.
  std::uint64_t size_bytes = 0;  ///< Of key and value as the caller gave them, for Durability::interval.
  WriteObserver* observer = nullptr;  ///< Lifetime: until the write has its outcome.
};

/// A write of one record that nobody waits for; it owns its bytes.
struct AsyncWrite {
  std::string key{};
  std::string payload{};
  WriteEntry entry{};  ///< Its draft refers to the two above.
  Durability durability{};
  std::function<void(AsyncWrite& write, const Result<void>& outcome)> done{};  ///< Called once, behind the observer.
};

/// How records reach the medium. Two routes: DirectRoute, each writer for itself, and GroupRoute, one
/// leader for all; the medium's capability `shares_syncs` decides.
/// Threads: any number of callers, except close().
class WriteRoute {
 public:
  virtual ~WriteRoute() = default;

  /// Writes `entries`; more than one is a batch and gets its trailer, so that a crash leaves all or none.
  /// Readers may be shown them when their observers are told, or when this returns. A batch has its number in its
  /// drafts. Durability: as asked.
  /// Errors: no_space (nothing was written), io (latched), locked, read_only.
  [[nodiscard]] virtual Result<void> write(std::span<WriteEntry> entries, Durability durability) = 0;

  /// Makes every write that has returned durable. Errors: io (latched), locked.
  [[nodiscard]] virtual Result<void> sync() = 0;

  /// The same for one record, without waiting. One thread's writes keep their order, whichever way they come.
  /// Throws std::bad_alloc if it cannot be queued; then `done` is not called.
  virtual void write_async(std::unique_ptr<AsyncWrite> write) = 0;

  /// That many bytes were stored with Durability::interval by another way than write(). False if nobody will sync them:
  /// no thread could be started.
  [[nodiscard]] virtual bool note_interval(std::uint64_t bytes) noexcept = 0;

  /// Ends background work; what is still queued ends with `closed`. Requires: no other call is running or follows.
  virtual void stop() noexcept = 0;
};

/// Tells the observers of written records, in their order.
inline void tell_observers(std::span<const WriteEntry> entries) {
  for (const WriteEntry& entry : entries)
    if (entry.observer != nullptr) entry.observer->written(entry);
}

/// Lets the observers of records that are about to be staged make room; `tail_of(Space&)` names each space's tail.
template <class TailOf>
void make_room_for(std::span<const WriteEntry> entries, TailOf&& tail_of) {
  for (const WriteEntry& entry : entries)
    if (entry.observer != nullptr) entry.observer->make_room(tail_of(*entry.space).next_number() + entries.size());
}

/// Records of one write placed in tails, shared by both routes.
///
/// Crash order of several, as in docs/durability.md "batch": (1) the records, then their trailer, are written;
/// (2) one fence or sync covers them all; (3) each index takes its record.
class WritePlan {
 public:
  explicit WritePlan(std::span<WriteEntry> entries) : entries_(entries) {}

  /// Makes sure of room in every tail: `tail_of(Space&)` names the one of each space.
  template <class TailOf>
  [[nodiscard]] Result<void> reserve(TailOf&& tail_of);

  /// Stages all records and, for a batch, the trailer.
  template <class TailOf>
  void stage(WriteStage& stage, TailOf&& tail_of);

 private:
  [[nodiscard]] bool is_batch() const noexcept { return entries_.size() > 1; }

  std::span<WriteEntry> entries_;
};

[[nodiscard]] inline RecordDraft batch_trailer(std::uint64_t batch, std::string_view payload) noexcept {
  return {.type = RecordType::batch_trailer, .batch = batch, .payload = payload};
}

template <class TailOf>
Result<void> WritePlan::reserve(TailOf&& tail_of) {
  for (const WriteEntry& entry : entries_) tail_of(*entry.space).begin_reserving();
  for (const WriteEntry& entry : entries_) {
    Tail& tail = tail_of(*entry.space);
    if (auto reserved = tail.reserve(tail.padded_size(entry.draft)); !reserved) return reserved;
  }
  if (!is_batch()) return success();
  Tail& last = tail_of(*entries_.back().space);
  return last.reserve(last.padded_size(batch_trailer(0, {nullptr, sizeof(BatchTrailerDisk)})));
}

template <class TailOf>
void WritePlan::stage(WriteStage& stage, TailOf&& tail_of) {
  BatchTrailerDisk trailer{};
  for (WriteEntry& entry : entries_) {
    Tail& tail = tail_of(*entry.space);
    // A log's ids are drawn here, where its order is fixed: they rise along the tail without a gap, and a write
    // that found no room has taken none.
    if (entry.draft.type == RecordType::log_entry) entry.draft.version = tail.next_number();
    std::uint64_t check = 0;
    entry.location = tail.append(entry.draft, stage, &check);
    ++trailer.count;
    trailer.check_sum += check;
  }
  if (!is_batch()) return;
  const std::string_view payload(reinterpret_cast<const char*>(&trailer), sizeof trailer);  // bytes as text
  tail_of(*entries_.back().space).append(batch_trailer(entries_.back().draft.batch, payload), stage);
}

}  // namespace holdfast
