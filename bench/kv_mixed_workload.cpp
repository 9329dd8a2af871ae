#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "kv_workload.hpp"
#include "measure.hpp"
#include "workloads.hpp"
#include "zipf.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kUpdate = std::uint64_t{1} << 63;  // in a lane's id: what the operation is

/// The raw limits of both kinds of operation; each does its own of a slice in one go.
class RawMixed final : public RawLimit {
 public:
  RawMixed(std::unique_ptr<RawLimit> reader, std::unique_ptr<RawLimit> writer) noexcept
      : reader_(std::move(reader)), writer_(std::move(writer)) {}

  Result<void> run(Lane& lane) override {
    const std::vector<std::uint64_t> all = lane.ids;
    std::vector<std::uint64_t> updates;
    lane.ids.clear();
    for (const std::uint64_t id : all) (id & kUpdate ? updates : lane.ids).push_back(id & ~kUpdate);
    auto done = reader_->run(lane);
    lane.ids = std::move(updates);
    if (done) done = writer_->run(lane);
    lane.ids = all;
    return done;
  }

  bool durable() const noexcept override { return writer_->durable(); }

 private:
  std::unique_ptr<RawLimit> reader_;
  std::unique_ptr<RawLimit> writer_;
};

/// Gets and updates, side by side, of keys of which some are asked for much more often than others.
class KvMixed final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.order = [keys = ZipfKeys(config_.keys, config_.zipf, config_.seed), reads = config_.read_percent,
                  seed = config_.seed](std::uint64_t position) {
      const bool is_read = mix(position ^ mix(seed)) % 100 < reads;
      return keys(position) | (is_read ? 0 : kUpdate);
    };
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    auto writer = KvWorkload::make_raw(dir);
    if (!writer) return writer;
    return std::make_unique<RawMixed>(make_raw_reader(config_, values_), std::move(*writer));
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      auto done = id & kUpdate ? update(lane, id & ~kUpdate) : get(lane, id);
      if (!done) return done;
    }
    return {};
  }

  Result<void> check() override { return check_size(config_.keys); }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override {
    std::string key = new_key();
    make_key(i, key);
    return space_->put(key, values_.of(i, 1));
  }

 private:
  Result<void> update(Lane& lane, std::uint64_t id) {
    make_key(id, lane.key);
    const std::string_view value = values_.of(id, 1);
    return lane.time([&] { return space_->put(lane.key, value); });
  }

  Result<void> get(Lane& lane, std::uint64_t id) {
    make_key(id, lane.key);
    const auto value = lane.time([&] { return space_->get(lane.key); });
    if (!value) return Unexpected(value.error());
    const bool is_right = *value && (**value == values_.of(id, 0) || **value == values_.of(id, 1));
    return is_right ? Result<void>{}
                    : wrong(fmt::format("key {} {}", id, *value ? "has another value" : "is missing"));
  }
};

}  // namespace

Result<Row> run_kv_mixed(const Config& config) { return KvMixed(config).run(); }

}  // namespace holdfast::bench
