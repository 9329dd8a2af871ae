#pragma once

#include <holdfast/error.hpp>

namespace holdfast {

/// Whether the kernel can put a memory barrier into every running thread of this process (membarrier(2), private and
/// expedited). Decided once a process, by making one.
///
/// What it is for: two sides that each store to one place and then look at the other's, of which one at least must see
/// the other. Either needs a full barrier between the two; where one side is rare, it can have it for both. The frequent
/// one then only keeps the compiler from changing their order (PassGate). That matters beside a fence on persistent
/// memory: a locked instruction behind it waits for all that the fence orders, and plain ones do not.
[[nodiscard]] bool has_process_barrier() noexcept;

/// The barrier of the rare side: on return every other thread has been, since the call, where all its accesses before are
/// visible and none behind has been made. False: no way to it is left, and nothing may be built on it.
///
/// The frequent side has been built on it by then, so it may not go missing. membarrier(2): "for a given command, with flags
/// set to 0, this system call is guaranteed to always return the same value until reboot"; and has_process_barrier() has made
/// one. What can still refuse it is a filter of system calls (seccomp(2)) that the process sets up later, and a kernel that
/// finds no memory for it. Then, in turn: the command that needs neither memory nor registration, and visit_processors().
/// (Changing a page's protection interrupts the other processors too, but only on some of them, and nothing promises it.)
/// Requires: has_process_barrier(). Threads: any.
[[nodiscard]] bool process_barrier() noexcept;

/// The same without membarrier(2), in some 10 us a processor or longer: the calling thread goes to each processor that is
/// online (sched_setaffinity(2) returns when it is there), and back. Who ran there has been taken off it for that, and threads
/// that do not run are in the state asked for (membarrier(2)). False: it was refused, or some processor is not for this thread.
[[nodiscard]] bool visit_processors() noexcept;

/// What to answer where process_barrier() was false: not_supported.
[[nodiscard]] Error no_process_barrier();

}  // namespace holdfast
