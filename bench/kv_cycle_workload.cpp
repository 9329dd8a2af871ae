#include <algorithm>
#include <deque>
#include <vector>

#include "kv_workload.hpp"
#include "machine.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// What there is after a part of the run.
struct Footprint {
  std::uint64_t ops = 0;
  double space_bytes = 0;
  double memory_bytes = 0;
};

/// New keys for ever, each erased a while later: the room and the memory that they took must come back.
class KvCycle final : public KvWorkload {
 public:
  explicit KvCycle(const Config& config)
      : KvWorkload(config),
        window_(std::clamp<std::uint64_t>(config.keys / 100, 1, 100'000) / config.threads + 1),
        present_(config.threads) {}

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto opened = open(path, 4 * window_ * config_.threads); !opened) return opened;
    auto space = store_->kv("bench", {.durability = config_.durability});
    if (!space) return Unexpected(std::move(space.error()));
    space_.emplace(std::move(*space));
    return {};
  }

  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.order = [](std::uint64_t position) { return position; };
    plan.slices = std::max(plan.slices, static_cast<std::uint32_t>(std::min<std::uint64_t>(10, config_.keys)));
    return plan;
  }

  BeforeSide before_side() override {
    return [this](bool) { return note_footprint(); };
  }

  Result<void> run_lane(Lane& lane) override {
    std::deque<std::uint64_t>& present = present_[lane.thread];
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      auto put = lane.time([&] { return space_->put(lane.key, values_.of(id, 0)); });
      if (!put) return put;
      present.push_back(id);
      if (present.size() <= window_) continue;
      make_key(present.front(), lane.key);
      present.pop_front();
      const auto erased = space_->erase(lane.key);
      if (!erased) return Unexpected(erased.error());
      if (!*erased) return wrong("a key that was put is not there");
    }
    done_ += lane.thread == 0 ? lane.ids.size() * config_.threads : 0;
    return {};
  }

  /// Behind the last operation, against a tenth of them.
  Result<void> tell(Row& row) override {
    if (auto noted = note_footprint(); !noted) return noted;
    const auto tenth = std::ranges::find_if(
        footprints_, [&](const Footprint& one) { return one.ops > 0 && one.ops * 10 >= config_.keys; });
    row.space_growth = footprints_.back().space_bytes / tenth->space_bytes;
    row.memory_growth = footprints_.back().memory_bytes / tenth->memory_bytes;
    return {};
  }

  Result<void> check() override {
    std::uint64_t present = 0;
    for (const auto& of_lane : present_) present += of_lane.size();
    return check_size(present);
  }

 private:
  Result<void> note_footprint() {
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    footprints_.push_back({.ops = done_,
                           .space_bytes = static_cast<double>(info->size_bytes - info->free_bytes),
                           .memory_bytes = static_cast<double>(resident_anonymous_bytes())});
    return {};
  }

  std::uint64_t window_;  // keys of a thread that are there at a time
  std::vector<std::deque<std::uint64_t>> present_;
  std::uint64_t done_ = 0;  // written by the first thread between slices' barriers
  std::vector<Footprint> footprints_;
};

}  // namespace

Result<Row> run_kv_cycle(const Config& config) { return KvCycle(config).run(); }

}  // namespace holdfast::bench
