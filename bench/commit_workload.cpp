#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kPuts = 5;
constexpr std::uint64_t kAppends = 5;

/// Number of the n-th of the values that commit `id` puts, and of those that it appends.
constexpr std::uint64_t member(std::uint64_t id, std::uint64_t n) noexcept { return id * kPuts + n; }
static_assert(kPuts == kAppends);

constexpr std::uint64_t kPutVersion = 0;
constexpr std::uint64_t kAppendVersion = 1;

/// One put whose value is all payloads of a commit in one.
class JoinedPuts final : public RawLimit {
 public:
  JoinedPuts(Kv space, const Values& values, bool durable)
      : space_(std::move(space)), values_(values), durable_(durable) {}

  Result<void> run(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      make_key(id, lane.key);
      auto done = lane.time([&] {
        lane.bytes.clear();
        for (std::uint64_t n = 0; n < kPuts; ++n) lane.bytes += values_.of(member(id, n), kPutVersion);
        for (std::uint64_t n = 0; n < kAppends; ++n) lane.bytes += values_.of(member(id, n), kAppendVersion);
        return space_.put(lane.key, lane.bytes);
      });
      if (!done) return done;
    }
    return {};
  }

  bool durable() const noexcept override { return durable_; }
  bool works_on_store() const noexcept override { return true; }

 private:
  Kv space_;
  const Values& values_;
  bool durable_;
};

class Commit final : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    const std::uint64_t members = config_.keys * (kPuts + kAppends);
    if (auto opened = open(path, config_.with_raw ? 2 * members : members); !opened) return opened;
    auto space = kv("bench", config_.keys * kPuts);
    if (!space) return Unexpected(std::move(space.error()));
    space_.emplace(std::move(*space));
    auto log = store_->log("bench log", {.durability = config_.durability});
    if (!log) return Unexpected(std::move(log.error()));
    log_.emplace(std::move(*log));
    return {};
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path&) override {
    auto space = kv("bench raw", config_.keys);
    if (!space) return Unexpected(std::move(space.error()));
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    return std::make_unique<JoinedPuts>(std::move(*space), values_, info->capabilities.durable);
  }

  Result<void> run_lane(Lane& lane) override {
    Batch batch;
    for (const std::uint64_t id : lane.ids) {
      auto done = lane.time([&] {
        batch.clear();
        for (std::uint64_t n = 0; n < kPuts; ++n) {
          make_key(member(id, n), lane.key);
          batch.put(*space_, lane.key, values_.of(member(id, n), kPutVersion));
        }
        for (std::uint64_t n = 0; n < kAppends; ++n)
          batch.append(*log_, values_.of(member(id, n), kAppendVersion));
        return store_->commit(batch);
      });
      if (!done) return done;
    }
    return {};
  }

  std::uint64_t op_size_bytes() const override {
    return kPuts * (config_.key_size_bytes + config_.value_size_bytes) + kAppends * config_.value_size_bytes;
  }

  Result<void> check() override {
    if (auto done = check_space(); !done) return done;
    return check_log();
  }

 private:
  Result<Kv> kv(std::string_view name, std::uint64_t keys) {
    return store_->kv(name,
                      {.durability = config_.durability, .expected_keys = config_.unsized_index ? 0 : keys});
  }

  Result<void> check_space() {
    const auto size = space_->size();
    if (!size) return Unexpected(size.error());
    if (*size != config_.keys * kPuts) return wrong(fmt::format("{} keys in the space", *size));
    std::string key(config_.key_size_bytes, '\0');
    for (std::uint64_t number = 0; number < *size; ++number) {
      make_key(number, key);
      const auto value = space_->get(key);
      if (!value) return Unexpected(value.error());
      if (*value != values_.of(number, kPutVersion))
        return wrong(fmt::format("key {} has another value", number));
    }
    return {};
  }

  /// Threads commit in any order, so all payloads are compared as a whole: by the sum of their hashes.
  Result<void> check_log() {
    const std::hash<std::string_view> hash;
    std::uint64_t expected = 0;
    for (std::uint64_t number = 0; number < config_.keys * kAppends; ++number)
      expected += hash(values_.of(number, kAppendVersion));
    std::uint64_t found = 0;
    const auto next = log_->scan(1, [&](const LogEntryView& entry) {
      found += hash(entry.payload);
      return true;
    });
    if (!next) return Unexpected(next.error());
    if (*next != config_.keys * kAppends + 1) return wrong(fmt::format("{} records in the log", *next - 1));
    return found == expected ? Result<void>{} : wrong("the log holds other payloads");
  }

  std::optional<Kv> space_;
  std::optional<Log> log_;
};

}  // namespace

Result<Row> run_commit(const Config& config) { return Commit(config).run(); }

}  // namespace holdfast::bench
