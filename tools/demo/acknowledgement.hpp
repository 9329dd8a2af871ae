#pragma once

#include <cstdint>
#include <holdfast/log.hpp>
#include <vector>

namespace holdfast::demo {

/// What the loading process says over its pipe after the store has said it to the process: a put, an append
/// or a flush has returned. Written whole or not at all, as all that is smaller than a page, so that threads
/// need no lock for it.
struct Acknowledgement {
  enum class Kind : std::uint32_t {
    ready,     ///< The store is open: the clock starts.
    put,       ///< Record `number` is in the key-value space.
    appended,  ///< Record `number` is in the log, under the id `value`.
    flushed,   ///< The first `value` bytes of the region are durable; the last write and flush took `number`
               ///< us.
  };
  Kind kind = Kind::ready;
  std::uint32_t number = 0;
  std::uint64_t value = 0;
};
static_assert(sizeof(Acknowledgement) == 16);

/// All that was acknowledged, over all loading processes.
struct Acknowledged {
  explicit Acknowledged(std::size_t record_count) : put(record_count), appended(record_count) {}

  std::vector<char> put;        ///< 1 for each record that was put.
  std::vector<LogId> appended;  ///< The id of each record that was appended, else 0.
  std::uint64_t flushed_bytes = 0;
};

}  // namespace holdfast::demo
