#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/checkpoint.hpp>
#include <holdfast/error.hpp>

#include "common/engine/interval_timer.hpp"
#include "sharded_log/append_observer.hpp"

namespace holdfast::sharded_log {

/// "auto-<number>", as checkpoints are called that a log makes of itself.
[[nodiscard]] std::string auto_checkpoint_id(std::uint64_t number);
/// The number in such an id; nothing for any other.
[[nodiscard]] std::optional<std::uint64_t> auto_checkpoint_number(std::string_view id) noexcept;

/// Says when a log makes a checkpoint of itself, and lets it do so in a thread of its own, which is started when the
/// first one is due or timed. An append only counts; with nothing asked for it does not even that.
/// Threads: any number of callers.
class AutoCheckpointer final : public AppendObserver {
 public:
  /// `make` makes one, if anything was appended since the last: whether it has. One call at a time; behind `closed`,
  /// `locked` or `not_found` none follows, and none when this has gone.
  using Make = std::function<Result<bool>()>;
  AutoCheckpointer(const AutoCheckpoint& terms, Make make);

  void appended(std::uint64_t records, std::uint64_t size_bytes) noexcept override {
    if (terms_.ms != 0 && !is_timed_.load(std::memory_order_relaxed)) begin_interval();
    if (terms_.records != 0) count(records_, records, terms_.records);
    if (terms_.bytes != 0) count(bytes_, size_bytes, terms_.bytes);
  }

  [[nodiscard]] std::uint64_t made() const noexcept { return made_.load(std::memory_order_relaxed); }
  /// Why the last one failed, if it did.
  [[nodiscard]] std::optional<Error> error() const;

 private:
  void count(std::atomic<std::uint64_t>& counter, std::uint64_t more, std::uint64_t limit) noexcept {
    const std::uint64_t before = counter.fetch_add(more, std::memory_order_relaxed);
    if (before < limit && before + more >= limit) make_now();
  }
  void begin_interval() noexcept;
  void make_now() noexcept;
  void run() noexcept;

  const AutoCheckpoint terms_;
  const Make make_;
  std::atomic<std::uint64_t> records_{0};  // since one was begun
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> is_timed_{false};
  std::atomic<bool> is_over_{false};
  std::atomic<std::uint64_t> made_{0};
  mutable std::mutex mutex_;  // guards error_
  std::optional<Error> error_;
  IntervalTimer timer_;  // last: its thread uses all the above
};

}  // namespace holdfast::sharded_log
