#include <memory>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "follower.hpp"
#include "log_workload.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// The appends of the workload, to a stream that nobody follows.
class LoneAppends final : public RawLimit {
 public:
  LoneAppends(Log log, const Values& values, bool durable)
      : log_(std::move(log)), values_(values), durable_(durable) {}

  Result<void> run(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      const auto appended = lane.time([&] { return log_.append(values_.of(id, 0)); });
      if (!appended) return Unexpected(appended.error());
    }
    return {};
  }

  bool durable() const noexcept override { return durable_; }
  bool works_on_store() const noexcept override { return true; }
  std::string_view route() const noexcept override { return "the same appends, which nobody follows"; }

 private:
  Log log_;
  const Values& values_;
  bool durable_;
};

/// Appends as fast as they go, and a reader that follows: a slice ends when all of it was delivered. Latencies are from
/// before an append to its delivery, those of records that wait for the reader included.
class LogFollow : public LogWorkload {
 public:
  using LogWorkload::LogWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto made = LogWorkload::make(path); !made) return made;
    marks_.resize(config_.keys);
    auto follower = Follower::start(*log_, config_.keys);
    if (!follower) return Unexpected(std::move(follower.error()));
    follower_ = std::move(*follower);
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    auto log = store_->log("bench alone", {.durability = config_.durability});
    if (!log) return Unexpected(std::move(log.error()));
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    return std::make_unique<LoneAppends>(std::move(*log), values_, info->capabilities.durable);
  }

  Result<void> run_lane(Lane& lane) override {
    LogId last = 0;
    for (const std::uint64_t id : lane.ids) {
      const auto appended = append(id);
      if (!appended) return Unexpected(appended.error());
      last = *appended;
    }
    return follower_->wait_for(last);
  }

  Result<void> tell(Row& row) override {
    Histogram delivered;
    Histogram since_acknowledged;
    for (LogId id = 1; id <= config_.keys; ++id) {
      const std::uint64_t at = follower_->delivered_at(id);
      const Mark& mark = marks_[id - 1];
      delivered.add(at - mark.begun);
      since_acknowledged.add(at > mark.acknowledged ? at - mark.acknowledged : 0);  // it may be shown first
    }
    row.set_latencies(delivered);
    if (row.raw_p50_ns) row.p50_times_raw = row.p50_ns / *row.raw_p50_ns;
    const Clock& clock = Clock::instance();
    row.delivered_p50_ns = clock.nanoseconds(since_acknowledged.percentile(0.50));
    row.delivered_p99_ns = clock.nanoseconds(since_acknowledged.percentile(0.99));
    return {};
  }

  Result<void> check() override {
    follower_->stop();
    std::vector<std::uint64_t> written;
    written.reserve(marks_.size());
    for (const Mark& mark : marks_) {
      written.push_back(mark.value);
      if (!follower_->begins_as(written.size(), values_.of(mark.value, 0)))
        return wrong(fmt::format("record {} was not delivered as it was appended", written.size()));
    }
    return check_written(*log_, written);
  }

  Result<LogId> append(std::uint64_t value) {
    const std::uint64_t begun = Clock::instance().ticks();
    auto id = log_->append(values_.of(value, 0));
    const std::uint64_t acknowledged = Clock::instance().ticks();
    if (!id) return id;
    if (*id == 0 || *id > config_.keys) return wrong(fmt::format("record {} of {}", *id, config_.keys));
    marks_[*id - 1] = {.value = value, .begun = begun, .acknowledged = acknowledged};
    return id;
  }

  std::unique_ptr<Follower> follower_;

 private:
  /// Of an append; each is written by one thread.
  struct Mark {
    std::uint64_t value = 0;
    std::uint64_t begun = 0;
    std::uint64_t acknowledged = 0;
  };
  std::vector<Mark> marks_;
};

/// One append at a time, each when the reader is asleep.
class LogWake final : public LogFollow {
 public:
  using LogFollow::LogFollow;

 protected:
  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override { return make_raw_waker(); }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      std::this_thread::sleep_for(kFallAsleep);
      const auto appended = append(id);
      if (!appended) return Unexpected(appended.error());
      if (auto delivered = follower_->wait_for(*appended); !delivered) return delivered;
    }
    return {};
  }
};

}  // namespace

Result<Row> run_log_follow(const Config& config) { return LogFollow(config).run(); }
Result<Row> run_log_wake(const Config& config) { return LogWake(config).run(); }

}  // namespace holdfast::bench
