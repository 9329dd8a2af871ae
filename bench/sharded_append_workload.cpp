#include <memory>
#include <vector>

#include <fmt/format.h>

#include "measure.hpp"
#include "store_fixture.hpp"
#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// The same appends, keys included, to one stream of the same store.
class OneStreamAppends final : public RawLimit {
 public:
  OneStreamAppends(Log log, const Values& values, std::uint64_t key_count, bool durable)
      : log_(std::move(log)), values_(values), key_count_(key_count), durable_(durable) {}

  Result<void> run(Lane& lane) override {
    for (const std::uint64_t value : lane.ids) {
      make_key(value % key_count_, lane.key);
      const auto id = lane.time([&] { return log_.append(values_.of(value, 0), {.key = lane.key}); });
      if (!id) return Unexpected(id.error());
    }
    return {};
  }

  bool durable() const noexcept override { return durable_; }
  bool works_on_store() const noexcept override { return true; }
  std::string_view route() const noexcept override { return "the same appends, to one stream"; }

 private:
  Log log_;
  const Values& values_;
  std::uint64_t key_count_;
  bool durable_;
};

/// Appends to a sharded log of --streams shards, with its index of latest records: value i under key i modulo
/// --key-count.
class ShardedAppend final : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    Options options = store_options(config_, 2 * config_.keys);
    options.size_bytes += config_.streams * options.segment_size_bytes;  // of which each shard takes one at least
    auto store = Store::open(path, options);
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    auto log = ShardedLog::open(*store_, "bench", {.shards = static_cast<std::uint32_t>(config_.streams),
                                                   .log = {.durability = config_.durability}});
    if (!log) return Unexpected(std::move(log.error()));
    log_.emplace(std::move(*log));

    std::vector<std::uint64_t> records(config_.streams);
    std::string key(config_.key_size_bytes, '\0');
    for (std::uint64_t value = 0; value < config_.keys; ++value) {
      make_key(value % config_.key_count, key);
      ++records[log_->shard_of(key)];
    }
    for (const std::uint64_t count : records) written_.emplace_back(count);
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    auto log = store_->log("one stream", {.durability = config_.durability});
    if (!log) return Unexpected(std::move(log.error()));
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    return std::make_unique<OneStreamAppends>(std::move(*log), values_, config_.key_count, info->capabilities.durable);
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t value : lane.ids) {
      make_key(value % config_.key_count, lane.key);
      const auto place = lane.time([&] { return log_->append(lane.key, values_.of(value, 0)); });
      if (!place) return Unexpected(place.error());
      if (place->shard >= written_.size() || place->id == 0 || place->id > written_[place->shard].size())
        return wrong(fmt::format("record {} of shard {}", place->id, place->shard));
      written_[place->shard][place->id - 1] = value;
    }
    return {};
  }

  /// Every record of every shard, and what latest() says of each key.
  Result<void> check() override {
    std::vector<std::uint64_t> latest(config_.key_count, kNone);
    for (std::uint32_t shard = 0; shard < written_.size(); ++shard)
      if (auto right = check_shard(shard, latest); !right) return right;
    std::string key(config_.key_size_bytes, '\0');
    for (std::uint64_t number = 0; number < latest.size(); ++number) {
      if (latest[number] == kNone) continue;  // fewer records than keys
      make_key(number, key);
      const auto entry = log_->latest(key);
      if (!entry) return Unexpected(entry.error());
      if (!*entry || (**entry).payload != values_.of(latest[number], 0))
        return wrong(fmt::format("the latest record of key {} is not the one appended last", number));
    }
    return {};
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  Result<void> check_shard(std::uint32_t shard, std::vector<std::uint64_t>& latest) const {
    const std::vector<std::uint64_t>& written = written_[shard];
    const auto log = log_->shard(shard);
    if (!log) return Unexpected(log.error());
    std::string key(config_.key_size_bytes, '\0');
    LogId next = 1;
    const auto end = log->scan(1, [&](const LogEntryView& entry) {
      if (entry.id != next || next > written.size()) return false;
      const std::uint64_t value = written[next - 1];
      make_key(value % config_.key_count, key);
      if (entry.key != key || entry.payload != values_.of(value, 0)) return false;
      latest[value % config_.key_count] = value;
      ++next;
      return true;
    });
    if (!end) return Unexpected(end.error());
    if (next != written.size() + 1 || *end != next)
      return wrong(fmt::format("record {} of shard {} is not as it was appended", next, shard));
    return {};
  }

  std::optional<ShardedLog> log_;
  std::vector<std::vector<std::uint64_t>> written_;  ///< By shard and id - 1; each is written by one thread.
};

}  // namespace

Result<Row> run_sharded_append(const Config& config) { return ShardedAppend(config).run(); }

}  // namespace holdfast::bench
