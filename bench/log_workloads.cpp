#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "measure.hpp"
#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

class LogWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto opened = open(path, 2 * config_.keys + kSingleWrites); !opened) return opened;
    auto log = store_->log("bench", {.durability = config_.durability});
    if (!log) return Unexpected(std::move(log.error()));
    log_.emplace(std::move(*log));
    return {};
  }

  std::optional<Log> log_;
};

class LogAppend final : public LogWorkload {
 public:
  using LogWorkload::LogWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    written_.assign(config_.keys, 0);
    return LogWorkload::make(path);
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_writer(config_, dir, values_, config_.batch);
  }

  Result<void> run_lane(Lane& lane) override {
    std::vector<std::string_view> payloads;
    for (std::size_t begin = 0; begin < lane.ids.size(); begin += config_.batch) {
      const std::size_t end = std::min<std::size_t>(begin + config_.batch, lane.ids.size());
      payloads.clear();
      for (std::size_t i = begin; i < end; ++i) payloads.push_back(values_.of(lane.ids[i], 0));
      auto first = lane.time([&] {
        return payloads.size() == 1 ? log_->append(payloads.front()) : log_->append_batch(payloads);
      });
      if (!first) return Unexpected(std::move(first.error()));
      if (*first == 0 || *first - 1 + payloads.size() > config_.keys)
        return wrong(fmt::format("record {} of {}", *first, config_.keys));
      for (std::size_t i = begin; i < end; ++i) written_[*first - 1 + i - begin] = lane.ids[i];
    }
    return {};
  }

  Result<void> check() override {
    LogId next = 1;
    const auto end = log_->scan(1, [&](const LogEntryView& entry) {
      const bool right =
          entry.id == next && next <= config_.keys && entry.payload == values_.of(written_[next - 1], 0);
      next += right ? 1 : 0;
      return right;
    });
    if (!end) return Unexpected(end.error());
    if (next != config_.keys + 1) return wrong(fmt::format("record {} is not as it was appended", next));
    return {};
  }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override {
    const auto id = log_->append(values_.of(config_.keys + i, 0));
    return id ? Result<void>{} : Unexpected(id.error());
  }

 private:
  std::vector<std::uint64_t> written_;  ///< What was appended under each id; each is written by one thread.
};

class LogScan final : public LogWorkload {
 public:
  using LogWorkload::LogWorkload;

 protected:
  /// Record i + 1 holds value i.
  Result<void> make(const std::filesystem::path& path) override {
    constexpr std::uint64_t kBatch = 256;
    if (auto made = LogWorkload::make(path); !made) return made;
    std::vector<std::string_view> payloads;
    for (std::uint64_t begin = 0; begin < config_.keys; begin += kBatch) {
      payloads.clear();
      for (std::uint64_t id = begin; id < std::min(begin + kBatch, config_.keys); ++id)
        payloads.push_back(values_.of(id, 0));
      const auto first = log_->append_batch(payloads, {.durability = Durability::buffered});
      if (!first) return Unexpected(first.error());
      if (*first != begin + 1) return wrong(fmt::format("record {} instead of {}", *first, begin + 1));
    }
    return store_->sync();
  }

  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.order = [](std::uint64_t position) { return position; };
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return make_raw_scanner(config_, values_);
  }

  Result<void> run_lane(Lane& lane) override {
    if (lane.ids.empty()) return {};
    auto id = lane.ids.begin();
    const auto end = lane.time([&] {
      return log_->scan(*id + 1, [&](const LogEntryView& entry) {
        return entry.id == *id + 1 && entry.payload == values_.of(*id, 0) && ++id != lane.ids.end();
      });
    });
    if (!end) return Unexpected(end.error());
    if (id != lane.ids.end()) return wrong(fmt::format("record {} is not as it was appended", *id + 1));
    return {};
  }

  Result<void> check() override {
    const auto next = log_->next_id();
    if (!next) return Unexpected(next.error());
    return *next == config_.keys + 1 ? Result<void>{} : wrong(fmt::format("{} records", *next - 1));
  }
};

}  // namespace

Result<Row> run_log_append(const Config& config) { return LogAppend(config).run(); }
Result<Row> run_log_scan(const Config& config) { return LogScan(config).run(); }

}  // namespace holdfast::bench
