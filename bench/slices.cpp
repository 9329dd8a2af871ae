#include "slices.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

namespace holdfast::bench {
namespace {

/// One run in progress. Every thread goes through the same steps in step, held by the barrier:
/// prepare a slice; (barrier) time one side of it; (barrier) time the other side; (barrier) next.
class Run {
 public:
  explicit Run(const SlicePlan& plan)
      : plan_(plan), barrier_(static_cast<std::ptrdiff_t>(plan.threads)), spans_(plan.threads) {
    outcome_.slice_keys.reserve(plan.slices);
    for (std::uint32_t slice = 0; slice < plan.slices; ++slice) {
      outcome_.slice_keys.push_back(first_of(slice + 1, 0) - first_of(slice, 0));
    }
  }

  Result<SliceOutcome> go() {
    std::vector<std::jthread> threads;
    threads.reserve(plan_.threads);
    for (std::uint32_t t = 0; t < plan_.threads; ++t) threads.emplace_back([this, t] { work_through(t); });
    threads.clear();  // joins
    if (error_) return Unexpected(*error_);
    return std::move(outcome_);
  }

 private:
  struct Span {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };

  std::uint64_t first_of(std::uint32_t slice, std::uint32_t thread) const {
    const std::uint64_t share = std::uint64_t{slice} * plan_.threads + thread;
    const std::uint64_t shares = std::uint64_t{plan_.slices} * plan_.threads;
    return plan_.keys / shares * share + plan_.keys % shares * share / shares;  // keys * share / shares
  }

  void work_through(std::uint32_t thread) {
    Lane lane(thread, plan_.key_size_bytes, plan_.latency_every);
    Histogram work_latencies;
    Histogram raw_latencies;
    for (std::uint32_t slice = 0; slice < plan_.slices; ++slice) {
      prepare(slice, lane);
      const bool raw_first = slice % 2 == 0;
      for (const bool raw : {raw_first, !raw_first}) {
        if (raw && !plan_.raw) continue;
        lane.time_into(raw ? raw_latencies : work_latencies);
        if (lane.thread == 0 && plan_.before) {
          if (auto ready = plan_.before(raw); !ready) keep(std::move(ready.error()));
        }
        time_side(lane, raw ? plan_.raw : plan_.work, raw ? outcome_.raw : outcome_.work);
        if (failed_.load(std::memory_order_relaxed)) return;  // set before a barrier: all see it
      }
    }
    const std::lock_guard lock(mutex_);
    outcome_.work.latencies.merge(work_latencies);
    outcome_.raw.latencies.merge(raw_latencies);
  }

  void prepare(std::uint32_t slice, Lane& lane) const {
    const std::uint64_t begin = first_of(slice, lane.thread);
    const bool last = lane.thread + 1 == plan_.threads;
    const std::uint64_t end = last ? first_of(slice + 1, 0) : first_of(slice, lane.thread + 1);
    lane.ids.resize(end - begin);
    for (std::uint64_t i = begin; i < end; ++i) lane.ids[i - begin] = plan_.order(i);
  }

  void time_side(Lane& lane, const Body& body, Side& side) {
    barrier_.arrive_and_wait();
    Span& span = spans_[lane.thread];
    span.start = Clock::instance().ticks();
    auto result = body(lane);
    span.end = Clock::instance().ticks();
    if (!result) keep(std::move(result.error()));
    barrier_.arrive_and_wait();
    if (lane.thread == 0) side.slice_seconds.push_back(seconds_of_spans());
    barrier_.arrive_and_wait();  // spans_ may change again
  }

  double seconds_of_spans() const {
    const auto earlier = [](const Span& a, const Span& b) { return a.start < b.start; };
    const auto sooner = [](const Span& a, const Span& b) { return a.end < b.end; };
    const auto start = std::min_element(spans_.begin(), spans_.end(), earlier)->start;
    const auto end = std::max_element(spans_.begin(), spans_.end(), sooner)->end;
    return Clock::instance().seconds(end - start);
  }

  void keep(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    failed_.store(true, std::memory_order_relaxed);  // the barrier that follows orders it
  }

  const SlicePlan& plan_;
  std::barrier<> barrier_;
  std::vector<Span> spans_;
  SliceOutcome outcome_;
  std::mutex mutex_;
  std::atomic<bool> failed_{false};
  std::optional<Error> error_;
};

}  // namespace

double Side::seconds() const { return std::accumulate(slice_seconds.begin(), slice_seconds.end(), 0.0); }

Result<SliceOutcome> run_slices(const SlicePlan& plan) { return Run(plan).go(); }

double median(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace holdfast::bench
