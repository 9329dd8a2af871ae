#pragma once

#include <cstddef>
#include <vector>

#include "common/base/mutant.hpp"

namespace holdfast {

/// Which table of catches a mutant has its row in.
enum class MutantTable {
  nowhere,
  lab,         ///< tests/lab/mutants_test.cpp: scenarios of keys and streams
  region_lab,  ///< tests/lab/region_lab_test.cpp: scenarios of regions
  tests,       ///< tests/mutants/mutants_by_test.cpp: tests of other rooms
};

/// The compiler complains here when the list gets a mutant that no table knows.
[[nodiscard]] constexpr MutantTable table_of(Mutant mutant) noexcept {
  switch (mutant) {
    case Mutant::no_fence_in_put:
    case Mutant::no_sync_in_group_commit:
    case Mutant::undrained_tail_committed:
    case Mutant::forgotten_sync_error:
    case Mutant::buffered_left_at_close:
    case Mutant::recovered_not_durable:
    case Mutant::superblock_in_place:
    case Mutant::superblock_not_synced:
    case Mutant::clean_mark_kept:
    case Mutant::catalog_not_synced:
    case Mutant::snapshot_not_synced:
    case Mutant::segment_header_not_synced:
    case Mutant::extents_after_catalog:
    case Mutant::extents_freed_unrecorded:
    case Mutant::retired_before_sync:
    case Mutant::no_epoch_in_seed:
    case Mutant::content_not_checked:
    case Mutant::trailer_not_checked:
    case Mutant::chain_not_judged:
    case Mutant::watermark_early:
    case Mutant::versions_start_over:
    case Mutant::batches_start_over:
    case Mutant::id_shown_early:
    case Mutant::clock_mark_not_written:
    case Mutant::cleaned_not_synced:
    case Mutant::cleaned_before_sync:
    case Mutant::tombstones_dropped:
    case Mutant::batches_not_proved:
    case Mutant::log_begin_not_recorded:
    case Mutant::log_gap_not_recorded:
    case Mutant::log_cut_before_sync:
    case Mutant::compacted_not_synced:
    case Mutant::log_thinned_not_recorded:
      return MutantTable::lab;
    case Mutant::extent_freed_under_view:
    case Mutant::size_before_bytes:
    case Mutant::region_not_drained:
    case Mutant::swap_before_bytes:
    case Mutant::undecided_admitted:
      return MutantTable::region_lab;
    case Mutant::directory_not_synced:
    case Mutant::no_segment_in_seed:
    case Mutant::no_secret_in_seed:
    case Mutant::no_offset_in_seed:
    case Mutant::watermark_not_heeded:
      return MutantTable::tests;
    case Mutant::none:
      return MutantTable::nowhere;
  }
  return MutantTable::nowhere;
}

/// All mutants of a table, in the order of the list.
[[nodiscard]] inline std::vector<Mutant> mutants_of(MutantTable table) {
  std::vector<Mutant> mutants;
  for (int value = 1; table_of(static_cast<Mutant>(value)) != MutantTable::nowhere; ++value)
    if (table_of(static_cast<Mutant>(value)) == table) mutants.push_back(static_cast<Mutant>(value));
  return mutants;
}

}  // namespace holdfast
