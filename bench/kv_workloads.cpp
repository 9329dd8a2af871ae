#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "kv_workload.hpp"
#include "measure.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

class KvPut final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  bool filled() const override { return false; }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      const std::string_view value = values_.of(id, 0);
      auto done = lane.time([&] { return space_->put(lane.key, value); });
      if (!done) return done;
    }
    return {};
  }

  Result<void> check() override {
    if (auto done = check_size(config_.keys); !done) return done;
    return check_values(0);
  }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override {
    std::string key = new_key();
    make_key(config_.keys + i, key);
    return space_->put(key, values_.of(config_.keys + i, 0));
  }
};

class KvGet final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  std::unique_ptr<RawLimit> raw_reader() const override { return make_raw_reader(config_, values_); }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      auto value = lane.time([&] { return space_->get(lane.key); });
      if (!value) return Unexpected(std::move(value.error()));
      if (!*value || **value != values_.of(id, 0)) {
        return wrong(fmt::format("key {} {}", id, *value ? "has another value" : "is missing"));
      }
    }
    return {};
  }

  Result<void> check() override { return check_size(config_.keys); }
};

class KvUpdate final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      const std::string_view value = values_.of(id, 1);
      auto done = lane.time([&] { return space_->put(lane.key, value); });
      if (!done) return done;
    }
    return {};
  }

  Result<void> check() override {
    if (auto done = check_size(config_.keys); !done) return done;
    return check_values(1);
  }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override {
    std::string key = new_key();
    make_key(i, key);
    return space_->put(key, values_.of(i, 2));
  }
};

class KvDelete final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  std::uint64_t written_value_size_bytes() const override { return 0; }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      auto erased = lane.time([&] { return space_->erase(lane.key); });
      if (!erased) return Unexpected(std::move(erased.error()));
      if (!*erased) return wrong(fmt::format("key {} was missing before its erase", id));
    }
    return {};
  }

  Result<void> check() override { return check_size(0); }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> prepare_single_writes() override {
    return fill(*store_, *space_, config_, values_, 0, single_writes());
  }
  Result<void> single_write(std::uint64_t i) override {
    std::string key = new_key();
    make_key(i, key);
    auto erased = space_->erase(key);
    if (!erased) return Unexpected(std::move(erased.error()));
    return {};
  }
};

class KvBatch final : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  bool filled() const override { return false; }

  Result<void> run_lane(Lane& lane) override {
    Batch batch;
    for (std::size_t first = 0; first < lane.ids.size(); first += config_.batch) {
      const std::size_t end = std::min<std::size_t>(first + config_.batch, lane.ids.size());
      auto done = lane.time([&] {
        batch.clear();
        for (std::size_t i = first; i < end; ++i) {
          make_key(lane.ids[i], lane.key);
          batch.put(*space_, lane.key, values_.of(lane.ids[i], 0));
        }
        return store_->commit(batch);
      });
      if (!done) return done;
    }
    return {};
  }

  Result<void> check() override {
    if (auto done = check_size(config_.keys); !done) return done;
    return check_values(0);
  }
};

}  // namespace

Result<Row> run_kv_put(const Config& config) { return KvPut(config).run(); }
Result<Row> run_kv_get(const Config& config) { return KvGet(config).run(); }
Result<Row> run_kv_update(const Config& config) { return KvUpdate(config).run(); }
Result<Row> run_kv_delete(const Config& config) { return KvDelete(config).run(); }
Result<Row> run_kv_batch(const Config& config) { return KvBatch(config).run(); }

}  // namespace holdfast::bench
