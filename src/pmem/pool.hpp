#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <holdfast/error.hpp>

struct pmemobjpool;

#include "common/base/fork_guard.hpp"

namespace holdfast::pmem {

/// An open libpmemobj pool: the only place that calls libpmemobj (its C++ binding is no Debian package).
/// Kept open while a store is written, so that PMDK's own lock and checks hold as well.
/// Threads: as any value.
class Pool {
 public:
  Pool() = default;

  /// Turns the allocated, zeroed file at `path` into a pool of our layout. Errors: io, no_space, locked.
  [[nodiscard]] static Result<Pool> create(const std::string& path);

  /// Opens a pool whose metadata has been verified. Errors: locked, corruption, io.
  [[nodiscard]] static Result<Pool> open(const std::string& path);

  /// Leaves the pool open until the process ends: its file is not there any more, where libpmemobj keeps what it needs
  /// for closing.
  void abandon() noexcept { static_cast<void>(pool_.release()); }

  /// Allocates one object; returns where it begins in the pool file. Errors: no_space, io.
  [[nodiscard]] Result<std::uint64_t> allocate(std::uint64_t size_bytes, const std::string& path);

 private:
  struct Close {
    ForkGuard fork_guard;
    void operator()(pmemobjpool* pool) const noexcept;
  };
  explicit Pool(pmemobjpool* pool) noexcept : pool_(pool) {}

  std::unique_ptr<pmemobjpool, Close> pool_;
};

}  // namespace holdfast::pmem
