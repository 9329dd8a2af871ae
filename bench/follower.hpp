#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>

namespace holdfast::bench {

/// A thread that follows a stream from its begin on, and stamps each record when it is shown it.
/// Threads: what it has kept of records may be looked at behind wait_for() of them; wait_for() any.
class Follower {
 public:
  /// Of the records 1 to `count`; more are an error. Errors: those of Log::reader.
  [[nodiscard]] static Result<std::unique_ptr<Follower>> start(const Log& log, std::uint64_t count);

  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() { stop(); }

  /// Waits, awake, until record `id` was delivered. Errors: why it never will be.
  [[nodiscard]] Result<void> wait_for(LogId id) const;

  /// Clock ticks when record `id` was delivered.
  [[nodiscard]] std::uint64_t delivered_at(LogId id) const noexcept { return stamps_[id - 1]; }

  /// Whether what was delivered as record `id` begins as `payload` does.
  [[nodiscard]] bool begins_as(LogId id, std::string_view payload) const noexcept {
    return begins_[id - 1] == begin_of(payload);
  }

  /// Ends the thread, and lets go of the stream.
  void stop();

 private:
  Follower(LogReader reader, std::uint64_t count);
  void follow();
  [[nodiscard]] std::optional<Error> take_next();
  [[nodiscard]] static std::uint64_t begin_of(std::string_view payload) noexcept;

  std::optional<LogReader> reader_;  // the thread's
  std::vector<std::uint64_t> stamps_;
  std::vector<std::uint64_t> begins_;  // first bytes of the payloads
  std::atomic<LogId> delivered_{0};
  std::atomic<bool> stops_{false};
  std::atomic<bool> failed_{false};  // release: the error comes with it
  std::optional<Error> error_;
  std::jthread thread_;
};

}  // namespace holdfast::bench
