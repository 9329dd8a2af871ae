#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "measure.hpp"
#include "store_fixture.hpp"
#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// A raw side that is a call on the workload's own store.
class StoreCalls final : public RawLimit {
 public:
  StoreCalls(std::function<Result<void>(Lane&)> calls, std::string_view what, bool durable)
      : calls_(std::move(calls)), what_(what), durable_(durable) {}

  Result<void> run(Lane& lane) override { return calls_(lane); }
  bool durable() const noexcept override { return durable_; }
  bool works_on_store() const noexcept override { return true; }
  std::string_view route() const noexcept override { return what_; }

 private:
  std::function<Result<void>(Lane&)> calls_;
  std::string_view what_;
  bool durable_;
};

/// A sharded log of --streams shards with --kept checkpoints, each behind some appends.
class CheckpointWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  Result<void> make_with(const std::filesystem::path& path, std::uint64_t checkpoints, std::uint64_t records) {
    Options options = store_options(config_, records);
    options.size_bytes += config_.streams * options.segment_size_bytes;  // of which each shard takes one at least
    auto store = Store::open(path, options);
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    auto log = ShardedLog::open(*store_, "bench", {.shards = static_cast<std::uint32_t>(config_.streams),
                                                   .log = {.durability = config_.durability}});
    if (!log) return Unexpected(std::move(log.error()));
    log_.emplace(std::move(*log));
    std::string key(config_.key_size_bytes, '\0');
    for (std::uint64_t i = 0; i < checkpoints; ++i) {
      if (auto appended = append(i, key); !appended) return appended;
      names_.push_back(fmt::format("kept {}", i));
      if (const auto made = log_->create_checkpoint(names_.back()); !made) return Unexpected(made.error());
    }
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_calls(std::function<Result<void>(Lane&)> calls, std::string_view what) {
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    return std::make_unique<StoreCalls>(std::move(calls), what, info->capabilities.durable);
  }

  Result<void> append(std::uint64_t number, std::string& key) {
    make_key(number, key);
    const auto place = log_->append(key, values_.of(number, 0));
    if (!place) return Unexpected(place.error());
    appended_.fetch_add(1, std::memory_order_relaxed);
    return {};
  }

  /// --batch of them, under keys that are `id`'s own.
  Result<void> append_some(std::uint64_t id, std::string& key) {
    for (std::uint64_t i = 0; i < config_.batch; ++i)
      if (auto appended = append(id * config_.batch + i, key); !appended) return appended;
    return {};
  }

  /// A cut made now has every record; loaded, it is the same.
  Result<void> check() override {
    const auto made = log_->create_checkpoint("end");
    if (!made) return Unexpected(made.error());
    std::uint64_t records = 0;
    for (const LogId next : made->next) records += next - 1;
    if (made->next.size() != config_.streams || records != appended_)
      return wrong(fmt::format("a cut has {} records of {}", records, appended_.load()));
    const auto loaded = log_->checkpoint("end");
    const auto latest = log_->latest_checkpoint();
    if (!loaded || !latest) return Unexpected(loaded ? latest.error() : loaded.error());
    if (loaded->next != made->next || latest->id != "end") return wrong("a checkpoint is not as it was made");
    return {};
  }

  std::optional<ShardedLog> log_;
  std::vector<std::string> names_;  ///< Of the checkpoints that make_with() has made.
  std::atomic<std::uint64_t> appended_{0};
};

/// --batch appends and a checkpoint behind them, whose latency alone is told. All but the --kept youngest are
/// forgotten between the slices.
class CheckpointCreate final : public CheckpointWorkload {
 public:
  using CheckpointWorkload::CheckpointWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    return make_with(path, config_.kept, 2 * (config_.keys + kWatched) * config_.batch + config_.kept);
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    const auto sync_each = [this](Lane& lane) -> Result<void> {
      for (const std::uint64_t id : lane.ids) {
        if (auto appended = append_some(id, lane.key); !appended) return appended;
        if (auto synced = lane.time([&] { return store_->sync(); }); !synced) return synced;
      }
      return {};
    };
    return make_calls(sync_each, "the same appends, and Store::sync");
  }

  BeforeSide before_side() override {
    return [this](bool) -> Result<void> {
      const auto gone = log_->keep_checkpoints(config_.kept);
      return gone ? Result<void>{} : Unexpected(gone.error());
    };
  }
  bool works_on_store_besides() const override { return true; }
  std::uint64_t op_size_bytes() const override { return config_.batch * StoreWorkload::op_size_bytes(); }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      if (auto appended = append_some(id, lane.key); !appended) return appended;
      const std::string name = fmt::format("made {}", id);
      const auto made = lane.time([&] { return log_->create_checkpoint(name); });
      if (!made) return Unexpected(made.error());
      if (made->id != name) return wrong(fmt::format("checkpoint '{}' instead of '{}'", made->id, name));
    }
    return {};
  }

  /// What a few creates cost the medium, without the appends before them.
  Result<void> tell(Row& row) override {
    std::string key(config_.key_size_bytes, '\0');
    std::uint64_t syncs = 0;
    std::uint64_t fences = 0;
    for (std::uint64_t i = 0; i < kWatched; ++i) {
      if (auto appended = append_some(config_.keys + i, key); !appended) return appended;
      const auto before = store_->info();
      const auto made = log_->create_checkpoint(fmt::format("watched {}", i));
      const auto after = store_->info();
      if (!made) return Unexpected(made.error());
      if (!before || !after) return Unexpected(before ? after.error() : before.error());
      syncs += after->counters.syncs - before->counters.syncs;
      fences += after->counters.fences - before->counters.fences;
    }
    row.syncs_per_call = static_cast<double>(syncs) / static_cast<double>(kWatched);
    row.fences_per_call = static_cast<double>(fences) / static_cast<double>(kWatched);
    return {};
  }

 private:
  static constexpr std::uint64_t kWatched = 16;
};

/// Checkpoints by their ids, one of --kept, or of one.
class CheckpointLoad final : public CheckpointWorkload {
 public:
  using CheckpointWorkload::CheckpointWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    const std::uint64_t checkpoints = std::max<std::uint64_t>(config_.kept, 1);
    return make_with(path, checkpoints, checkpoints);
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    const auto latest_each = [this](Lane& lane) -> Result<void> {
      for (std::size_t i = 0; i < lane.ids.size(); ++i) {
        const auto found = lane.time([&] { return log_->latest_checkpoint(); });
        if (!found) return Unexpected(found.error());
        if (found->id != names_.back()) return wrong(fmt::format("'{}' is not the latest checkpoint", found->id));
      }
      return {};
    };
    return make_calls(latest_each, "latest_checkpoint");
  }

  std::uint64_t op_size_bytes() const override { return config_.streams * sizeof(LogId); }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      const std::string& name = names_[id % names_.size()];
      const auto found = lane.time([&] { return log_->checkpoint(name); });
      if (!found) return Unexpected(found.error());
      if (found->id != name || found->next.size() != config_.streams)
        return wrong(fmt::format("checkpoint '{}' is not as it was made", name));
    }
    return {};
  }
};

}  // namespace

Result<Row> run_checkpoint(const Config& config) { return CheckpointCreate(config).run(); }
Result<Row> run_checkpoint_load(const Config& config) { return CheckpointLoad(config).run(); }

}  // namespace holdfast::bench
