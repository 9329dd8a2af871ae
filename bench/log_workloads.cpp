#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "log_workload.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

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
      // One goes by itself: behind a fence, reading what was just stored in smaller pieces waits for the medium.
      if (config_.batch > 1)
        for (std::size_t i = begin; i < end; ++i) payloads.push_back(values_.of(lane.ids[i], 0));
      auto first = lane.time([&] {
        return config_.batch == 1 ? log_->append(values_.of(lane.ids[begin], 0)) : log_->append_batch(payloads);
      });
      if (!first) return Unexpected(std::move(first.error()));
      if (*first == 0 || *first - 1 + (end - begin) > config_.keys)
        return wrong(fmt::format("record {} of {}", *first, config_.keys));
      for (std::size_t i = begin; i < end; ++i) written_[*first - 1 + i - begin] = lane.ids[i];
    }
    return {};
  }

  Result<void> check() override { return check_written(*log_, written_); }

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
  Result<void> make(const std::filesystem::path& path) override {
    auto made = LogWorkload::make(path);
    return made ? fill() : made;
  }

  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.order = [](std::uint64_t position) { return position; };
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return make_raw_scanner(config_, values_);
  }

  /// A line of each payload is compared here, which says that it is the right one: more would be a good part of what
  /// is measured. The store has looked at each byte.
  Result<void> run_lane(Lane& lane) override {
    if (lane.ids.empty()) return {};
    auto id = lane.ids.begin();
    const auto end = lane.time([&] {
      return log_->scan(*id + 1, [&](const LogEntryView& entry) {
        return entry.id == *id + 1 && looks_like(entry.payload, values_.of(*id, 0)) && ++id != lane.ids.end();
      });
    });
    if (!end) return Unexpected(end.error());
    if (id != lane.ids.end()) return wrong(fmt::format("record {} is not as it was appended", *id + 1));
    return {};
  }

  Result<void> check() override { return check_filled(); }
};

}  // namespace

Result<Row> run_log_append(const Config& config) { return LogAppend(config).run(); }
Result<Row> run_log_scan(const Config& config) { return LogScan(config).run(); }

}  // namespace holdfast::bench
