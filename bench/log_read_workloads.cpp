#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "log_workload.hpp"
#include "measure.hpp"
#include "page_cache.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Records by their ids, in random order.
class LogRead : public LogWorkload {
 public:
  using LogWorkload::LogWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    auto made = LogWorkload::make(path);
    return made ? fill() : made;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_block_reader(config_, dir, values_);
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      const auto entry = lane.time([&] { return log_->read(id + 1); });
      if (!entry) return Unexpected(entry.error());
      if (entry->id == id + 1 && entry->payload == values_.of(id, 0)) continue;
      return wrong(fmt::format("record {} is not as it was appended", id + 1));
    }
    return {};
  }

  Result<void> check() override { return check_filled(); }
};

/// The same of a store that was opened anew, with nothing of it in the page cache before each slice. Few reads in a
/// slice, since each brings its neighbours along.
class LogReadCold final : public LogRead {
 public:
  using LogRead::LogRead;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto made = LogRead::make(path); !made) return made;
    path_ = path;
    raw_path_ = path.parent_path() / "raw";
    log_.reset();
    if (auto closed = store_->close(); !closed) return closed;
    Options options = store_options(config_, config_.keys);
    options.mode = OpenMode::existing;
    auto store = Store::open(path, options);
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    auto log = store_->log("bench", {.mode = OpenMode::existing, .durability = config_.durability});
    if (!log) return Unexpected(std::move(log.error()));
    log_.emplace(std::move(*log));
    return {};
  }

  SlicePlan plan() const override {
    constexpr std::uint64_t kReads = 2'000;
    SlicePlan plan = make_plan(config_);  // its order is of all records
    plan.keys = std::min(kReads, config_.keys);
    plan.slices = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan.slices, plan.keys));
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return make_raw_cold_reader(config_, raw_path_, values_);
  }

  BeforeSide before_side() override {
    return [this](bool raw) -> Result<void> {
      const std::filesystem::path& file = raw ? raw_path_ : path_;
      if (auto dropped = drop_cached(file); !dropped) return dropped;
      const auto cached = cached_fraction(file);
      if (!cached) return Unexpected(cached.error());
      cached_fraction_max_ = std::max(cached_fraction_max_, *cached);
      return {};
    };
  }

  Result<void> tell(Row& row) override {
    row.cached_fraction = cached_fraction_max_;
    return {};
  }

 private:
  std::filesystem::path path_;
  std::filesystem::path raw_path_;
  double cached_fraction_max_ = 0;
};

}  // namespace

Result<Row> run_log_read(const Config& config) { return LogRead(config).run(); }
Result<Row> run_log_read_cold(const Config& config) { return LogReadCold(config).run(); }

}  // namespace holdfast::bench
