#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "kv_workload.hpp"
#include "measure.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"
#include "zipf.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kTurns = 4;  // updates for each key: the room is written over several times
constexpr std::uint64_t kFullPercent = 80;

/// Room that the keys fill to kFullPercent, which the store may not exceed.
Options nearly_full(const Config& config) {
  constexpr std::uint64_t kStep = std::uint64_t{2} << 20;
  Options options = store_options(config, config.keys);
  const std::uint64_t alignment = config.backend == Backend::pmem ? 64 : 8;
  const std::uint64_t record = 48 + config.key_size_bytes + config.value_size_bytes;
  const std::uint64_t live = config.keys * ((record + alignment - 1) / alignment * alignment);
  const std::uint64_t room = std::max(live * 100 / kFullPercent, std::uint64_t{16} * kStep);
  options.size_bytes = (room + kStep - 1) / kStep * kStep;
  options.max_size_bytes = options.size_bytes;
  return options;
}

Result<void> update(Lane& lane, Kv& space, const Values& values) {
  for (const std::uint64_t id : lane.ids) {
    make_key(id, lane.key);
    const std::string_view value = values.of(id, 1);
    auto done = lane.time([&] { return space.put(lane.key, value); });
    if (!done) return done;
  }
  return {};
}

/// The same updates in a store that has room for all of them, so that nothing has to be cleaned.
class RoomyStore final : public RawLimit {
 public:
  static Result<std::unique_ptr<RawLimit>> make(const Config& config, const std::filesystem::path& dir,
                                                const Values& values) {
    auto fixture = StoreFixture::make(config, dir / "roomy.hf", (kTurns + 1) * config.keys);
    if (!fixture) return Unexpected(std::move(fixture.error()));
    std::unique_ptr<RoomyStore> made(new RoomyStore(std::move(*fixture), values));
    if (auto filled = fill(made->store_, made->space_, config, values, 0, config.keys); !filled)
      return Unexpected(std::move(filled.error()));
    return made;
  }

  Result<void> run(Lane& lane) override { return update(lane, space_, values_); }
  bool durable() const noexcept override { return true; }
  std::string_view route() const noexcept override {
    return "the same updates, in a store with room for all of them";
  }

 private:
  RoomyStore(StoreFixture fixture, const Values& values)
      : store_(std::move(fixture.store)), space_(std::move(fixture.space)), values_(values) {}

  Store store_;
  Kv space_;
  const Values& values_;
};

/// Updates of a store that is nearly full: what they replace has to be given back before there is room for
/// the next.
class KvClean final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    auto store = Store::open(path, nearly_full(config_));
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    auto space = store_->kv("bench", {.durability = config_.durability,
                                      .expected_keys = config_.unsized_index ? 0 : config_.keys});
    if (!space) return Unexpected(std::move(space.error()));
    space_.emplace(std::move(*space));
    return fill(*store_, *space_, config_, values_, 0, config_.keys);
  }

  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.keys = kTurns * config_.keys;
    plan.order = ZipfKeys(config_.keys, config_.zipf, config_.seed);
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return RoomyStore::make(config_, dir, values_);
  }

  Result<void> run_lane(Lane& lane) override { return update(lane, *space_, values_); }

  Result<void> tell(Row& row) override {
    const auto statistics = space_->statistics();
    if (!statistics) return Unexpected(statistics.error());
    row.write_amplification = statistics->write_amplification();
    return {};
  }

  Result<void> check() override {
    if (auto done = check_size(config_.keys); !done) return done;
    std::string key = new_key();
    for (std::uint64_t id = 0; id < config_.keys; ++id) {
      make_key(id, key);
      const auto value = space_->get(key);
      if (!value) return Unexpected(value.error());
      if (!*value || (**value != values_.of(id, 0) && **value != values_.of(id, 1)))
        return wrong(fmt::format("key {} {}", id, *value ? "has another value" : "is missing"));
    }
    return {};
  }
};

}  // namespace

Result<Row> run_kv_clean(const Config& config) { return KvClean(config).run(); }

}  // namespace holdfast::bench
