#pragma once

#include <cstdint>
#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include <holdfast/options.hpp>

#include "common/base/location.hpp"
#include "common/base/success.hpp"
#include "common/engine/space.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// One record of a write.
struct WriteEntry {
  Space* space = nullptr;
  RecordDraft draft{};
  Location location{};  ///< Out: where it lies.
  std::uint64_t size_bytes = 0;  ///< Of key and value as the caller gave them, for Durability::interval.
};

/// How records reach the medium. Two routes: DirectRoute, each writer for itself, and GroupRoute, one
/// leader for all; the medium's capability `shares_syncs` decides.
/// Threads: any number of callers, except close().
class WriteRoute {
 public:
  virtual ~WriteRoute() = default;

  /// Writes `entries`; more than one is a batch and gets its trailer, so that a crash leaves all or none.
  /// Readers may be shown them when this returns. Durability: as asked.
  /// Errors: no_space (nothing was written), io (latched), locked, read_only.
  [[nodiscard]] virtual Result<void> write(std::span<WriteEntry> entries, Durability durability) = 0;

  /// Makes every write that has returned durable. Errors: io (latched), locked.
  [[nodiscard]] virtual Result<void> sync() = 0;

  /// Tells that bytes were written past the route with Durability::interval: whoever keeps the interval counts them.
  virtual void note_interval(std::uint64_t /*size_bytes*/) {}

  /// Ends background work. Requires: no other call is running or follows.
  virtual void stop() noexcept {}
};

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
  return {.type = RecordType::batch_trailer, .version = batch, .batch = batch, .payload = payload};
}

template <class TailOf>
Result<void> WritePlan::reserve(TailOf&& tail_of) {
  if (!is_batch()) {
    Tail& tail = tail_of(*entries_.front().space);
    const std::uint64_t size = tail.padded_size(entries_.front().draft);
    return tail.reserve({&size, 1});
  }
  // Spaces in a batch are few: walk the entries once for each.
  std::vector<std::uint64_t> sizes;
  std::vector<Space*> spaces;
  for (const WriteEntry& entry : entries_)
    if (std::find(spaces.begin(), spaces.end(), entry.space) == spaces.end()) spaces.push_back(entry.space);
  for (Space* const space : spaces) {
    Tail& tail = tail_of(*space);
    sizes.clear();
    for (const WriteEntry& entry : entries_)
      if (entry.space == space) sizes.push_back(tail.padded_size(entry.draft));
    if (space == entries_.back().space)
      sizes.push_back(tail.padded_size(batch_trailer(0, {nullptr, sizeof(BatchTrailerDisk)})));
    if (auto reserved = tail.reserve(sizes); !reserved) return reserved;
  }
  return success();
}

template <class TailOf>
void WritePlan::stage(WriteStage& stage, TailOf&& tail_of) {
  BatchTrailerDisk trailer{};
  const std::uint64_t batch = is_batch() ? entries_.front().draft.version : 0;
  for (WriteEntry& entry : entries_) {
    entry.draft.batch = batch;
    std::uint64_t check = 0;
    entry.location = tail_of(*entry.space).append(entry.draft, stage, &check);
    ++trailer.count;
    trailer.check_sum += check;
  }
  if (!is_batch()) return;
  const std::string_view payload(reinterpret_cast<const char*>(&trailer), sizeof trailer);  // bytes as text
  tail_of(*entries_.back().space).append(batch_trailer(batch, payload), stage);
}

}  // namespace holdfast
