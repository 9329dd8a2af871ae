#pragma once

namespace holdfast {

/// Whether the kernel can put a memory barrier into every running thread of this process (membarrier(2), private and
/// expedited). Asked once a process.
///
/// What it is for: two sides that each store to one place and then look at the other's, of which one at least must see
/// the other. Either needs a full barrier between the two; where one side is rare, it can have it for both. The frequent
/// one then only keeps the compiler from changing their order. That matters beside a fence on persistent memory: a locked
/// instruction behind it waits for all that the fence orders, and plain ones do not.
[[nodiscard]] bool has_process_barrier() noexcept;

/// The barrier of the rare side. False: the kernel refuses it meanwhile, as under a filter that was set up late.
/// Requires: has_process_barrier(). Threads: any.
[[nodiscard]] bool process_barrier() noexcept;

}  // namespace holdfast
