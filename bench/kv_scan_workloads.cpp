#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "kv_workload.hpp"
#include "measure.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// What a visit of many entries comes to: each is copied, as whoever scans does something with it. Any order
/// gives the same.
class Tally {
 public:
  explicit Tally(std::string& room) noexcept : room_(room) {}

  void visit(std::string_view key, std::string_view value) noexcept {
    std::memcpy(room_.data(), value.data(), std::min(value.size(), room_.size()));
    std::uint64_t number = 0;
    std::memcpy(&number, key.data(), sizeof number);
    sum_ += number;
    ++count_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  [[nodiscard]] bool operator==(const Tally& other) const noexcept {
    return sum_ == other.sum_ && count_ == other.count_;
  }

 private:
  std::string& room_;
  std::uint64_t sum_ = 0;
  std::uint64_t count_ = 0;
};

/// The same entries, one behind the other in memory.
class RawEntries final : public RawLimit {
 public:
  RawEntries(const Config& config, const Values& values)
      : key_size_(config.key_size_bytes), entry_size_(key_size_ + config.value_size_bytes) {
    std::string key(key_size_, '\0');
    entries_.reserve(config.keys * entry_size_);
    for (std::uint64_t id = 0; id < config.keys; ++id) {
      make_key(id, key);
      entries_.append(key).append(values.of(id, 0));
    }
  }

  [[nodiscard]] Tally tally(std::string& room) const {
    Tally tally(room);
    const std::string_view all(entries_);
    for (std::size_t at = 0; at < all.size(); at += entry_size_)
      tally.visit(all.substr(at, key_size_), all.substr(at + key_size_, entry_size_ - key_size_));
    return tally;
  }

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(entry_size_ - key_size_);
    const Tally found = lane.time([&] { return tally(lane.bytes); });
    return found.count() == entries_.size() / entry_size_ ? Result<void>{}
                                                          : wrong("raw: not all entries were visited");
  }

  bool durable() const noexcept override { return false; }
  std::string_view route() const noexcept override {
    return "memcpy of the same entries out of one run of bytes";
  }

 private:
  std::size_t key_size_;
  std::size_t entry_size_;
  std::string entries_;
};

/// Every slice of every thread visits the whole space.
class KvVisit : public KvWorkload {
 public:
  using KvWorkload::KvWorkload;

 protected:
  using Visitor = holdfast::Kv::Visitor;
  [[nodiscard]] virtual Result<void> visit(const Visitor& visitor) const = 0;

  SlicePlan plan() const override {
    SlicePlan plan = make_plan(config_);
    plan.keys = config_.keys * config_.slices * config_.threads;
    plan.slices = config_.slices;
    plan.order = [](std::uint64_t position) { return position; };
    return plan;
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    return std::make_unique<RawEntries>(config_, values_);
  }

  Result<void> run_lane(Lane& lane) override {
    lane.bytes.resize(config_.value_size_bytes);
    Tally found(lane.bytes);
    const auto visited = lane.time([&] {
      return visit([&](std::string_view key, std::string_view value) {
        found.visit(key, value);
        return true;
      });
    });
    if (!visited) return visited;
    return found == expected_ ? Result<void>{}
                              : wrong("the visit came to other keys than those that are there");
  }

  Result<void> check() override {
    if (auto done = check_size(config_.keys); !done) return done;
    return check_values(0);
  }

 private:
  /// Of all keys.
  [[nodiscard]] Tally expect() {
    std::string key(config_.key_size_bytes, '\0');
    Tally all(no_room_);
    for (std::uint64_t id = 0; id < config_.keys; ++id) {
      make_key(id, key);
      all.visit(key, {});
    }
    return all;
  }

  std::string no_room_;
  Tally expected_ = expect();
};

class KvScan final : public KvVisit {
 public:
  using KvVisit::KvVisit;

 protected:
  Result<void> visit(const Visitor& visitor) const override { return space_->scan("", visitor); }
};

class KvScanSnapshot final : public KvVisit {
 public:
  using KvVisit::KvVisit;

 protected:
  Result<void> visit(const Visitor& visitor) const override {
    const auto snapshot = space_->snapshot();
    if (!snapshot) return Unexpected(snapshot.error());
    return snapshot->scan("", visitor);
  }
};

class KvRange final : public KvVisit {
 public:
  using KvVisit::KvVisit;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto opened = open(path, 2 * config_.keys); !opened) return opened;
    auto space = store_->kv("bench", {.durability = config_.durability,
                                      .expected_keys = config_.unsized_index ? 0 : config_.keys,
                                      .settings = {.ordered = true}});
    if (!space) return Unexpected(std::move(space.error()));
    space_.emplace(std::move(*space));
    return fill(*store_, *space_, config_, values_, 0, config_.keys);
  }

  Result<void> visit(const Visitor& visitor) const override { return space_->range({}, visitor); }
};

}  // namespace

Result<Row> run_kv_scan(const Config& config) { return KvScan(config).run(); }
Result<Row> run_kv_scan_snapshot(const Config& config) { return KvScanSnapshot(config).run(); }
Result<Row> run_kv_range(const Config& config) { return KvRange(config).run(); }

}  // namespace holdfast::bench
