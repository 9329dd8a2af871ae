#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "row.hpp"
#include "seed_bench.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

constexpr std::string_view kShardedSource = "IronWal, criterion, MacBook Pro M4 Pro";
constexpr std::uint64_t kShardedSizeBytes = 256;
constexpr std::uint64_t kShardKeys = 1'000;

/// A sharded log in a store of its own, and keys for it.
struct ShardedFixture {
  SeedStore store;
  ShardedLog log;
  std::vector<std::string> keys;

  static Result<ShardedFixture> make(const SeedMedium& medium, std::uint32_t shards, std::uint64_t records) {
    constexpr std::uint64_t kRoomOfShard = std::uint64_t{2} << 20;
    auto made = SeedStore::make(medium, room_for(records, kShardedSizeBytes) + shards * kRoomOfShard);
    if (!made) return Unexpected(std::move(made.error()));
    auto log = ShardedLog::open(made->store(), "log", {.shards = shards, .log = {.durability = Durability::buffered}});
    if (!log) return Unexpected(std::move(log.error()));
    std::vector<std::string> keys(kShardKeys, std::string(16, '\0'));
    for (std::uint64_t i = 0; i < kShardKeys; ++i) make_key(i, keys[i]);
    return ShardedFixture{std::move(*made), std::move(*log), std::move(keys)};
  }

  Result<void> append(const Values& values, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto place = log.append(keys[i % keys.size()], values.of(i, 0));
      if (!place) return Unexpected(place.error());
    }
    return {};
  }
};

/// What one of many appends takes: of 1,000 keys, handed to the kernel, where the seed has one key.
Result<std::string> append_to_shards(const SeedMedium& medium, std::uint32_t shards) {
  constexpr std::uint64_t kAppends = 10'000;
  const std::uint64_t appends = medium.records(kAppends);
  const Values values(kShardedSizeBytes);
  auto made = ShardedFixture::make(medium, shards, 6 * appends);
  if (!made) return Unexpected(std::move(made.error()));
  const auto seconds = median_of_rounds([&] { return seconds_of([&] { return made->append(values, appends); }); });
  return seconds ? as_time(*seconds / static_cast<double>(appends)) : Result<std::string>(Unexpected(seconds.error()));
}

Result<std::string> batch_to_shards(const SeedMedium& medium, std::uint32_t shards) {
  constexpr std::uint64_t kBatch = 100;
  const std::uint64_t calls = medium.records(100);
  const Values values(kShardedSizeBytes);
  auto made = ShardedFixture::make(medium, shards, 6 * calls * kBatch);
  if (!made) return Unexpected(std::move(made.error()));
  std::vector<ShardedLogDraft> drafts;
  for (std::uint64_t i = 0; i < kBatch; ++i) drafts.push_back({.key = made->keys[i], .payload = values.of(i, 0)});
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      for (std::uint64_t i = 0; i < calls; ++i)
        if (const auto places = made->log.append_batch(drafts); !places) return Unexpected(places.error());
      return {};
    });
  });
  if (!seconds) return Unexpected(seconds.error());
  return fmt::format("{}, {}", as_time(*seconds / static_cast<double>(calls)),
                     as_rate(calls * kBatch, kShardedSizeBytes, *seconds));
}

Result<std::string> threads_over_shards(const SeedMedium& medium, std::uint32_t threads) {
  Config config;
  config.workload = "sharded-append";
  config.backend = medium.backend;
  config.dir = medium.dir;
  config.keys = medium.records(500'000);
  config.value_size_bytes = 128;
  config.threads = threads;
  config.streams = 16;
  config.durability = Durability::buffered;
  const auto resolved = resolve(std::move(config));
  if (!resolved) return Unexpected(resolved.error());
  const auto measured = run_workload(*resolved);
  if (!measured) return Unexpected(measured.error());
  return fmt::format("{}/s, {:.0f} MB/s", short_number(measured->ops_per_s), measured->mb_per_s);
}

Result<std::string> checkpoint_latency(const SeedMedium& medium, std::string_view workload, std::uint64_t kept) {
  Config config;
  config.workload = workload;
  config.backend = medium.backend;
  config.dir = medium.dir;
  config.keys = medium.records(workload == "checkpoint" ? 500 : 100'000);
  config.streams = 16;
  config.kept = medium.records(kept);
  config.durability = Durability::buffered;
  const auto resolved = resolve(std::move(config));
  if (!resolved) return Unexpected(resolved.error());
  const auto measured = run_workload(*resolved);
  if (!measured) return Unexpected(measured.error());
  return short_time(measured->p50_ns);
}

/// 500 appends, and a checkpoint behind each 50 of them.
Result<std::string> appends_and_checkpoints(const SeedMedium& medium) {
  constexpr std::uint64_t kCheckpoints = 10;
  constexpr std::uint64_t kAppendsEach = 50;
  const Values values(kShardedSizeBytes);
  auto made = ShardedFixture::make(medium, 16, 6 * kCheckpoints * kAppendsEach);
  if (!made) return Unexpected(std::move(made.error()));
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      for (std::uint64_t i = 0; i < kCheckpoints; ++i) {
        if (auto appended = made->append(values, kAppendsEach); !appended) return appended;
        const auto cut = made->log.create_checkpoint(fmt::format("cut {}", i));
        if (!cut) return Unexpected(cut.error());
      }
      return {};
    });
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

}  // namespace

std::vector<SeedRow> ironwal_sharded_rows() {
  const auto row = [](std::string what, std::string_view published, auto measure) {
    return SeedRow{std::move(what), published, kShardedSource, std::move(measure)};
  };
  using Published = std::pair<std::uint32_t, std::string_view>;
  constexpr std::array<Published, 3> kAppends{
      {{4, "3.09 us (one key)"}, {16, "3.35 us (one key)"}, {64, "4.26 us (one key)"}}};
  constexpr std::array<Published, 3> kBatches{{{4, "27.5 us, 3.64 M/s (kept in the process)"},
                                               {16, "78 us, 1.28 M/s (kept in the process)"},
                                               {64, "275 us, 364 K/s (kept in the process)"}}};
  constexpr std::array<Published, 4> kThreads{
      {{1, "14.0 K/s"}, {4, "51.7 K/s"}, {8, "78.2 K/s"}, {16, "134.3 K/s"}}};
  std::vector<SeedRow> rows;
  for (const auto& [shards, published] : kAppends)
    rows.push_back(row(fmt::format("append of 256 B over {} shards, not synced", shards), published,
                       [shards = shards](const SeedMedium& medium) { return append_to_shards(medium, shards); }));
  for (const auto& [shards, published] : kBatches)
    rows.push_back(row(fmt::format("batch of 100 of 256 B over {} shards, not synced", shards), published,
                       [shards = shards](const SeedMedium& medium) { return batch_to_shards(medium, shards); }));
  for (const auto& [threads, published] : kThreads)
    rows.push_back(row(fmt::format("appends of 128 B by {} at a time over 16 shards, not synced", threads), published,
                       [threads = threads](const SeedMedium& medium) { return threads_over_shards(medium, threads); }));
  const auto latency_of = [](std::string_view workload, std::uint64_t kept) {
    return [=](const SeedMedium& medium) { return checkpoint_latency(medium, workload, kept); };
  };
  rows.push_back(row("create a checkpoint", "13.5 to 13.7 ms", latency_of("checkpoint", 0)));
  rows.push_back(row("load a checkpoint", "8.0 to 10.4 us", latency_of("checkpoint-load", 0)));
  rows.push_back(row("the same, 500 kept", "8.4 us", latency_of("checkpoint-load", 500)));
  rows.push_back(row("500 appends and 10 checkpoints", "148 ms", appends_and_checkpoints));
  return rows;
}

}  // namespace holdfast::bench
