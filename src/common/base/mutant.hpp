#pragma once

#include <atomic>

namespace holdfast {

/// One ordering step each that the crash lab can leave out, to prove that the lab would notice.
/// Only builds with HOLDFAST_MUTANTS (the test builds) contain them; elsewhere mutated() is a constant.
enum class Mutant : int {
  none = 0,
  no_fence_in_put,           ///< the drain after a record on media without shared syncs
  no_sync_in_group_commit,   ///< the sync of the group-commit leader
  no_epoch_in_seed,          ///< the store epoch in a slice's checksum seed
  extents_after_catalog,     ///< the catalog record is published before its extents are durable
  forgotten_sync_error,      ///< the first failed sync does not latch the store
  trailer_not_checked,       ///< recovery admits members of a batch that is not whole
  id_shown_early,            ///< a log's index takes a record before it is durable
  extent_freed_under_view,   ///< a removed region's extents are free although a view of them lives
  size_before_bytes,         ///< a region's new size is published before its bytes are durable
};

#ifdef HOLDFAST_MUTANTS
inline std::atomic<Mutant> active_mutant{Mutant::none};
[[nodiscard]] inline bool mutated(Mutant mutant) noexcept {
  return active_mutant.load(std::memory_order_relaxed) == mutant;
}
#else
[[nodiscard]] constexpr bool mutated(Mutant) noexcept { return false; }
#endif

}  // namespace holdfast
