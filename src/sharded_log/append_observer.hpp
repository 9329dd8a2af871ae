#pragma once

#include <cstdint>

namespace holdfast::sharded_log {

/// Told of what was appended. Threads: any number of callers.
class AppendObserver {
 public:
  virtual ~AppendObserver() = default;

  /// Behind the append, in its thread: it must not wait for I/O.
  virtual void appended(std::uint64_t records, std::uint64_t size_bytes) noexcept = 0;
};

}  // namespace holdfast::sharded_log
