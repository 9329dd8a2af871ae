#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/options.hpp>

#include "common/base/error_latch.hpp"
#include "common/base/location.hpp"
#include "common/base/success.hpp"
#include "common/engine/batch_decision.hpp"
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

/// What a facade does around an asynchronous write. It goes with the write, and before the write's bytes go: if end() was
/// not called by then, nothing was written and nobody has a ticket.
class AsyncFollower {
 public:
  virtual ~AsyncFollower() = default;

  /// It has its room, and its bytes are where they stay until end(): `entry` gets its version. Called once, in the order
  /// in which the caller's writes are queued. May throw std::bad_alloc. Errors: the facade's; then nothing is written.
  [[nodiscard]] virtual Result<void> begin(WriteEntry& entry) = 0;

  /// It has its outcome, which nobody was told yet and which this may change for the worse.
  virtual void end(const WriteEntry& entry, Result<void>& outcome) noexcept = 0;
};

/// A write of one record that nobody waits for; it owns its bytes.
struct AsyncWrite {
  std::string key{};
  std::string payload{};
  WriteEntry entry{};  ///< Its draft refers to the two above.
  Durability durability{};
  std::function<void(AsyncWrite& write, Result<void>& outcome)> done{};  ///< Called once, behind the observer.
  std::unique_ptr<AsyncFollower> follower{};  ///< Behind the bytes: it goes first.
};

/// How records reach the medium. Two routes: DirectRoute, each writer for itself, and GroupRoute, one
/// leader for all; the medium's capability `shares_syncs` decides.
/// Threads: any number of callers, except close().
class WriteRoute {
 public:
  virtual ~WriteRoute() = default;

  /// Writes `entries`; more than one is a batch and gets its trailer, so that a crash leaves all or none.
  /// Readers may be shown them when their observers are told, or when this returns. A batch has its number in its
  /// drafts, and so has one record that `decision`, if there is one, has the last word on. At most one such write at a
  /// time. Durability: as asked; with a decision always immediate.
  /// Errors: no_space (nothing was written), io (latched), locked, read_only.
  [[nodiscard]] virtual Result<void> write(std::span<WriteEntry> entries, Durability durability,
                                           BatchDecision* decision) = 0;
  [[nodiscard]] Result<void> write(std::span<WriteEntry> entries, Durability durability) {
    return write(entries, durability, nullptr);
  }

  /// Makes every write that has returned durable. Errors: io (latched), locked.
  [[nodiscard]] virtual Result<void> sync() = 0;

  /// Calls `call` while no write to these spaces, each of which has one tail, is under way: those that were placed before
  /// are durable and shown, and the others wait until it returns. It writes no records. Errors: those of sync(), and its
  /// own.
  using Call = std::function<Result<void>()>;
  [[nodiscard]] virtual Result<void> stand_still(std::span<Space* const> spaces, const Call& call) = 0;

  /// The same for one record, without waiting. One thread's writes keep their order, whichever way they come.
  /// Throws std::bad_alloc if it cannot be queued; then `done` is not called.
  virtual void write_async(std::unique_ptr<AsyncWrite> write) = 0;

  /// That many bytes were stored with Durability::interval by another way than write(). False if nobody will sync them:
  /// no thread could be started.
  [[nodiscard]] virtual bool note_interval(std::uint64_t bytes) noexcept = 0;

  /// Ends background work; what is still queued ends with `closed`. Requires: no other call is running or follows.
  virtual void stop() noexcept = 0;

 protected:
  /// A batch has records on the medium and could not be decided: nothing may be written behind them, or its parts would
  /// come to count, or others' records be lost with them. Keeps the error for whoever writes or syncs from now on.
  Error end_writing(Error error) {
    if (error.code != ErrorCode::io) error.code = ErrorCode::io;
    return undecided_.latch(std::move(error));
  }
  [[nodiscard]] Result<void> check_decided() const { return undecided_.check(); }

 private:
  ErrorLatch undecided_;
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
  WritePlan(std::span<WriteEntry> entries, bool catalog_decides)
      : entries_(entries), catalog_decides_(catalog_decides) {}

  /// Makes sure of room in every tail: `tail_of(Space&)` names the one of each space.
  template <class TailOf>
  [[nodiscard]] Result<void> reserve(TailOf&& tail_of);

  /// Stages all records and, for a batch, the trailer.
  template <class TailOf>
  void stage(WriteStage& stage, TailOf&& tail_of);

 private:
  [[nodiscard]] bool is_batch() const noexcept { return entries_.size() > 1 || catalog_decides_; }

  std::span<WriteEntry> entries_;
  bool catalog_decides_;
};

[[nodiscard]] inline RecordDraft batch_trailer(std::uint64_t batch, std::string_view payload,
                                               std::uint8_t flags = 0) noexcept {
  return {.type = RecordType::batch_trailer, .flags = flags, .batch = batch, .payload = payload};
}

template <class TailOf>
Result<void> WritePlan::reserve(TailOf&& tail_of) {
  const auto erases = [](const WriteEntry& entry) { return entry.draft.type == RecordType::erase; };
  const Room room = std::all_of(entries_.begin(), entries_.end(), erases) ? Room::erasing : Room::common;
  for (const WriteEntry& entry : entries_) tail_of(*entry.space).begin_reserving(entry.draft);
  for (const WriteEntry& entry : entries_) {
    Tail& tail = tail_of(*entry.space);
    if (auto reserved = tail.reserve(tail.padded_size(entry.draft), room); !reserved) return reserved;
  }
  if (!is_batch()) return success();
  Tail& last = tail_of(*entries_.back().space);
  return last.reserve(last.padded_size(batch_trailer(0, {nullptr, sizeof(BatchTrailerDisk)})), room);
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
  const std::uint8_t flags = catalog_decides_ ? kRecordFlagCatalogDecides : 0;
  tail_of(*entries_.back().space).append(batch_trailer(entries_.back().draft.batch, payload, flags), stage);
}

}  // namespace holdfast
