#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <holdfast/error.hpp>

#include "clock.hpp"
#include "histogram.hpp"

namespace holdfast::bench {

/// What one thread of a run owns: the operations of its present slice, and its latencies.
class Lane {
 public:
  Lane(std::uint32_t thread_index, std::uint64_t key_size_bytes, std::uint32_t latency_every)
      : thread(thread_index), key(key_size_bytes, '\0'), every_(latency_every) {}

  /// Calls `operation`; one call in `latency_every` goes into the latencies.
  template <class Operation>
  decltype(auto) time(Operation&& operation) {
    if (++calls_ != every_) return operation();
    calls_ = 0;
    struct Timer {
      Histogram& latencies;
      std::uint64_t start = Clock::instance().ticks();
      ~Timer() { latencies.add(Clock::instance().ticks() - start); }
    } timer{*latencies_};
    return operation();
  }

  /// Where time() puts its figures.
  void time_into(Histogram& latencies) noexcept { latencies_ = &latencies; }

  std::uint32_t thread;
  std::vector<std::uint64_t> ids;  ///< Keys of this slice, in the order of their use.
  std::string key;                 ///< Room for one key.
  std::string bytes;               ///< Room for one value or record.

 private:
  std::uint32_t every_;
  std::uint32_t calls_ = 0;  ///< Since the last one that was timed.
  Histogram* latencies_ = nullptr;
};

/// Does a lane's slice.
using Body = std::function<Result<void>(Lane&)>;

/// Makes things ready for one side of a slice, the raw one or not.
using BeforeSide = std::function<Result<void>(bool raw)>;

/// A run: keys 0 to `keys` - 1 in the order given, cut into slices, each cut into one share a thread.
struct SlicePlan {
  std::uint64_t keys = 0;
  std::uint32_t slices = 1;
  std::uint32_t threads = 1;
  std::uint64_t key_size_bytes = 0;
  std::uint32_t latency_every = 1;
  std::function<std::uint64_t(std::uint64_t)> order;  ///< Position in the run to key; outside the timed part.
  BeforeSide before;  ///< May be absent. Called by one thread before each side of each slice, untimed.
  Body work;
  Body raw;  ///< May be absent. Runs the same keys, in a slice of its own before or after the work's.
};

/// What one side of a run took.
struct Side {
  std::vector<double> slice_seconds;  ///< From the first thread's start to the last one's end.
  Histogram latencies;                ///< In clock ticks.

  [[nodiscard]] double seconds() const;
};

struct SliceOutcome {
  std::vector<std::uint64_t> slice_keys;
  Side work;
  Side raw;
};

/// Runs the plan on its own threads, which stand behind a barrier before each slice. Slices of the raw
/// limit and of the work alternate, the order of the two as well, so that a machine that changes its
/// pace changes it for both.
/// Errors: the first error of any thread; the rest of the run is left out.
[[nodiscard]] Result<SliceOutcome> run_slices(const SlicePlan& plan);

/// The middle value; 0 of none.
[[nodiscard]] double median(std::vector<double> values);

}  // namespace holdfast::bench
