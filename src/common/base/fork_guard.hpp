#pragma once

#include <cstdint>

namespace holdfast {

/// Remembers the process it was made in, and tells a forked child of it. The kernel clears a page in
/// every child (MADV_WIPEONFORK), so that raw clone() is seen too and asking costs one load. A child may
/// make guards of its own.
/// Threads: any.
class ForkGuard {
 public:
  ForkGuard() noexcept;
  [[nodiscard]] bool in_child() const noexcept;

 private:
  std::uint64_t process_;
};

}  // namespace holdfast
