#pragma once

#include <holdfast/error.hpp>

#include "common/guard/guarded_ranges.hpp"

namespace holdfast {

/// The process's handler of SIGBUS, and the ranges it knows.
///
/// A fault inside a range: (1) the range's fault is noted; (2) a page of zeros, private to the process, takes
/// the place of the missing one; (3) the instruction is tried again. Whoever sees the zeros of (2), in any
/// thread, finds the note of (1). All other faults go to the handler that the program had before, as if ours
/// did not exist.
///
/// Installed for the first range, taken away with the last one; if the program has put another handler on top
/// meanwhile, ours stays below it and passes everything on.
/// Threads: add() and remove() any; the handler runs in whichever thread faults, on its signal stack if it
/// has one.
class SigbusHandler {
 public:
  /// Errors: io (the kernel takes no handler).
  [[nodiscard]] static Result<GuardedRange*> add(std::uintptr_t begin, std::uintptr_t end, MapFault& fault);
  static void remove(GuardedRange& range) noexcept;
};

}  // namespace holdfast
