#pragma once

#include <atomic>
#include <cstdlib>

namespace holdfast {

/// One step of a crash order, or one check of recovery, each: tests leave it out to prove that they would notice.
/// Only builds with HOLDFAST_MUTANTS (the test builds) contain them; elsewhere mutated() is a constant.
enum class Mutant : int {
  none = 0,

  // what makes writes durable
  no_fence_in_put,            ///< the drain after a record on media without shared syncs
  no_sync_in_group_commit,    ///< the sync of the group-commit leader
  undrained_tail_committed,   ///< a durable write syncs itself alone, although undrained ones lie before it
  forgotten_sync_error,       ///< the first failed sync does not latch the store
  buffered_left_at_close,     ///< close() marks the store clean without the sync before it
  recovered_not_durable,      ///< open() builds on what a killed process has left unsynced
  directory_not_synced,       ///< a new file's name is not made durable

  // superblock and catalog
  superblock_in_place,        ///< the slot that serves is overwritten, the other left as it is
  superblock_not_synced,      ///< the superblock is written without a sync
  clean_mark_kept,            ///< open() leaves the superblock clean
  catalog_not_synced,         ///< a catalog record is written without a sync
  snapshot_not_synced,        ///< a superblock names a catalog segment that is not durable
  segment_header_not_synced,  ///< the catalog names a segment whose header is not durable

  // extents
  extents_after_catalog,      ///< the catalog record is published before its extents are durable
  extents_freed_unrecorded,   ///< extents are free although the catalog still names them
  retired_before_sync,        ///< a replaced value's extents are reclaimed before what replaced it is durable
  extent_freed_under_view,    ///< a removed region's extents are free although a view of them lives

  // cleaning
  cleaned_not_synced,         ///< a cleaned segment is freed although the copies of its records are not durable
  cleaned_before_sync,        ///< it is freed before what replaced its other records is durable
  tombstones_dropped,         ///< tombstones go with their segment although older records of their keys are left
  batches_not_proved,         ///< a batch's trailer goes with its segment, and nobody says that the batch was whole

  // regions
  size_before_bytes,          ///< a region's new size is published before its bytes are durable
  region_not_drained,         ///< a flush of a region drains nothing
  swap_before_bytes,          ///< extents take others' place before their bytes are durable

  // what checksums are seeded by, and checked for
  no_epoch_in_seed,           ///< the store's epoch in the seed of a slice's records
  no_segment_in_seed,         ///< the segment's id in it
  no_secret_in_seed,          ///< the store's secret in it
  no_offset_in_seed,          ///< a record's place in it
  content_not_checked,        ///< recovery takes a record by its header alone

  // recovery
  trailer_not_checked,        ///< recovery admits members of a batch that is not whole
  undecided_admitted,         ///< recovery admits a batch by its trailer although the catalog has not decided it
  chain_not_judged,           ///< recovery admits slices behind lost records
  watermark_early,            ///< a record vouches for those before it that are not durable yet
  watermark_not_heeded,       ///< damage below a watermark passes for a torn tail
  versions_start_over,        ///< versions given out before are given out again
  batches_start_over,         ///< numbers of batches likewise

  // logs
  log_begin_not_recorded,     ///< segments of a log are freed, and the catalog is not told where it begins
  log_gap_not_recorded,       ///< a log's end is taken off, and the catalog is not told
  log_cut_before_sync,        ///< it is told before what stays is durable
  compacted_not_synced,       ///< segments of a log take others' place although the copies in them are not durable
  log_thinned_not_recorded,   ///< records of a log are left out, and the catalog is not told that they may be missing

  // readers
  id_shown_early,             ///< a log's index takes a record before it is durable

  // keys that expire
  clock_mark_not_written,     ///< somebody is told that a key has expired before the clock's mark is durable
};

#ifdef HOLDFAST_MUTANTS
/// That of HOLDFAST_MUTANT, a number of the list above, or none.
[[nodiscard]] inline Mutant mutant_of_environment() noexcept {
  const char* const text = std::getenv("HOLDFAST_MUTANT");
  return text == nullptr ? Mutant::none : static_cast<Mutant>(std::atoi(text));
}

inline std::atomic<Mutant> active_mutant{mutant_of_environment()};
[[nodiscard]] inline bool mutated(Mutant mutant) noexcept {
  return active_mutant.load(std::memory_order_relaxed) == mutant;
}
#else
[[nodiscard]] constexpr bool mutated(Mutant) noexcept { return false; }
#endif

}  // namespace holdfast
