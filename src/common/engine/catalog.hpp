#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>

#include "common/base/error_latch.hpp"
#include "common/engine/catalog_state.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/slice_writer.hpp"
#include "common/engine/superblock_slots.hpp"
#include "common/format/superblock.hpp"

namespace holdfast {

/// The catalog: which spaces there are and who owns which extent. It is a segment of records like any
/// other, named by the superblock; one record publishes and frees any number of extents at once.
///
/// Crash order, as in docs/durability.md "catalog":
///   commit:     (1) what the entries name is durable (the caller's duty); (2) the record is durable.
///   checkpoint, when the segment is full: (1) a new segment that begins with a snapshot is durable;
///               (2) the superblock names it; (3) the old segment is free.
///
/// In a full store extents can be freed only by a record here, and the segment may be full too: so a spare
/// extent for the next checkpoint is kept, and nothing is added that its snapshot would not have room for.
///
/// Its lock is held while a record is made durable: it orders catalog operations, which are rare.
/// A reader waits for it only where a key has expired (ExpiryClock), a writer only when it needs a new segment.
/// Threads: any number of callers.
class Catalog {
 public:
  /// Reads the catalog that `superblock` names. Changes nothing.
  /// Errors: corruption (named extent outside the medium, or a record in it damaged).
  [[nodiscard]] static Result<std::unique_ptr<Catalog>> load(Storage& storage, const SuperblockDisk& superblock);

  /// Writes the first catalog segment and the superblocks of a new store; `superblock` comes with
  /// identity and segment size.
  [[nodiscard]] static Result<void> format(Storage& storage, SuperblockDisk& superblock);

  /// Makes ready for writing: from here on commit() may be called. `superblock` has the new epoch.
  void start_writing(const SuperblockDisk& superblock, Extents& extents, SliceTable& slices);

  /// Makes all `entries` true at once. Durability: immediate.
  /// Errors: no_space (no room for a new catalog segment; nothing changed), io (also where memory ran out behind the
  /// record: then nothing is committed any more), locked. Throws std::bad_alloc before anything has changed.
  [[nodiscard]] Result<void> commit(const std::vector<CatalogEntry>& entries);

  /// A commit for which there is room and memory: nothing is left that could refuse it but the medium. While it lives
  /// nobody else commits anything, or reads the state. Lifetime: the catalog's. Threads: the one that has prepared it.
  class Prepared {
   public:
    /// As Catalog::commit(), once. Errors: io; nothing is committed any more then.
    [[nodiscard]] Result<void> commit();

   private:
    friend class Catalog;
    Prepared(Catalog& catalog, std::unique_lock<std::mutex> lock, std::vector<CatalogEntry> entries)
        : catalog_(catalog), lock_(std::move(lock)), entries_(std::move(entries)) {}

    Catalog& catalog_;
    std::unique_lock<std::mutex> lock_;
    std::vector<CatalogEntry> entries_;
    std::string payload_;  // the stage refers to it
    std::optional<SliceWriter> writer_;  // behind the record
  };
  /// Errors: as commit(); nothing changed.
  [[nodiscard]] Result<std::unique_ptr<Prepared>> prepare(std::vector<CatalogEntry> entries);

  /// Marks the store as cleanly closed. Nothing may be committed afterwards.
  [[nodiscard]] Result<void> close();

  [[nodiscard]] SegmentId reserve_segment_id();
  [[nodiscard]] SpaceId reserve_space_id();

  /// A copy of the present state. Cost: its size.
  [[nodiscard]] CatalogState state() const;

  /// Reads the state under the lock: `read(const CatalogState&)`; it must not call back.
  template <class Read>
  auto with_state(Read&& read) const {
    const std::lock_guard lock(mutex_);
    return read(state_);
  }

  /// Damage in the catalog's own segment.
  [[nodiscard]] std::vector<Damage> verify() const;

  /// The extent of the catalog itself.
  [[nodiscard]] ByteRange extent() const;

  /// Bytes of it that hold records, for making them durable before anything is built on them.
  [[nodiscard]] ByteRange used() const;

 private:
  explicit Catalog(Storage& storage) : storage_(storage) {}

  [[nodiscard]] Result<void> read_records(const SuperblockDisk& superblock);
  [[nodiscard]] Result<void> apply_slice(const SliceHeaderDisk& header, std::uint32_t known_count);
  [[nodiscard]] Result<void> append(const std::vector<CatalogEntry>& entries);
  void open_slice();
  [[nodiscard]] bool has_room_for(const RecordDraft& draft) const noexcept;
  [[nodiscard]] Result<void> apply(const std::vector<CatalogEntry>& entries);
  [[nodiscard]] Result<void> checkpoint(const std::vector<CatalogEntry>& entries, std::uint64_t room_size_bytes = 0);
  [[nodiscard]] Result<void> keep_spare_for(std::uint64_t snapshot_size_bytes);
  [[nodiscard]] Result<ByteRange> take_spare_for(std::uint64_t snapshot_size_bytes);
  [[nodiscard]] std::optional<SliceRange> free_range() const;

  Storage& storage_;
  Extents* extents_ = nullptr;  // null until start_writing
  SliceTable* slices_ = nullptr;

  mutable std::mutex mutex_;
  CatalogState state_;
  SuperblockDisk superblock_{};
  SegmentPlace segment_{};
  std::uint32_t end_offset_ = 0;   // behind the last record in the segment
  SliceLinkDisk last_slice_{};     // the slice that holds it
  std::optional<SliceWriter> writer_;
  std::optional<ByteRange> spare_;  // for the next checkpoint
  WriteStage stage_;
  ErrorLatch failed_;  // the medium knows more than state_ does: nothing may be built on that
  SegmentId next_segment_id_ = 1;
  SpaceId next_space_id_ = 1;
};

}  // namespace holdfast
