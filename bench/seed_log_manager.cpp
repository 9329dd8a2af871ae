#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "clock.hpp"
#include "row.hpp"
#include "seed_bench.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

constexpr std::string_view kLogManagerSource = "Log Manager, machine not stated";
constexpr std::uint64_t kSizeBytes = 1'000;
constexpr std::uint64_t kMessages = 10'000;

Result<void> append_each(Log& log, const Values& values, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i)
    if (const auto id = log.append(values.of(i, 0)); !id) return Unexpected(id.error());
  return {};
}

/// One by one into a new stream of a store with room; `settings` say how often it rotates.
Result<std::string> write_sequentially(const SeedMedium& medium, Durability durability, const LogSettings& settings) {
  constexpr std::uint64_t kSyncedMax = 2'000;
  const bool waits = medium.backend == Backend::file && durability == Durability::immediate;
  const std::uint64_t messages = std::min(medium.records(kMessages), waits ? kSyncedMax : kMessages);
  const Values values(kSizeBytes);
  std::uint64_t segments = 0;
  const auto seconds = median_of_rounds([&]() -> Result<double> {
    auto made = SeedStore::make(medium, room_for(messages, kSizeBytes));
    if (!made) return Unexpected(std::move(made.error()));
    auto log = made->log("log", durability, settings);
    if (!log) return Unexpected(std::move(log.error()));
    const auto took = seconds_of([&] { return append_each(*log, values, messages); });
    const auto statistics = log->statistics();
    if (!statistics) return Unexpected(statistics.error());
    segments = statistics->segments;
    return took;
  });
  if (!seconds) return Unexpected(seconds.error());
  const std::string rate = as_rate(messages, kSizeBytes, *seconds);
  return settings == LogSettings{} ? rate : fmt::format("{}; {} segments", rate, segments);
}

/// A store with messages of `size_bytes` in a stream "log".
Result<SeedStore> store_of(const SeedMedium& medium, std::uint64_t messages, std::uint64_t size_bytes) {
  auto made = SeedStore::make(medium, room_for(messages, size_bytes));
  if (!made) return made;
  auto log = made->log("log", Durability::immediate);
  if (!log) return Unexpected(std::move(log.error()));
  if (auto done = append_many(*log, Values(size_bytes), messages); !done) return Unexpected(std::move(done.error()));
  if (auto synced = made->store().sync(); !synced) return Unexpected(std::move(synced.error()));
  return made;
}

Result<std::string> read_sequentially(const SeedMedium& medium) {
  const std::uint64_t messages = medium.records(kMessages);
  auto made = store_of(medium, messages, kSizeBytes);
  if (!made) return Unexpected(std::move(made.error()));
  const auto log = made->log("log", Durability::immediate);
  if (!log) return Unexpected(log.error());
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      auto reader = log->reader(1);
      if (!reader) return Unexpected(std::move(reader.error()));
      std::uint64_t seen = 0;
      auto moved = reader->next();
      for (; moved && *moved; moved = reader->next()) ++seen;
      if (!moved) return Unexpected(moved.error());
      return seen == messages ? Result<void>{} : Unexpected(Error{ErrorCode::corruption, "messages are missing"});
    });
  });
  return seconds ? as_rate(messages, kSizeBytes, *seconds) : Result<std::string>(Unexpected(seconds.error()));
}

/// What one of 100 random reads takes.
Result<std::string> read_at_random(const SeedMedium& medium, std::uint64_t messages, std::uint64_t size_bytes) {
  constexpr std::uint64_t kReads = 100;
  messages = medium.records(messages);
  auto made = store_of(medium, messages, size_bytes);
  if (!made) return Unexpected(std::move(made.error()));
  const auto log = made->log("log", Durability::immediate);
  if (!log) return Unexpected(log.error());
  std::uint64_t position = 0;
  const Permutation order(messages, 1);
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      for (std::uint64_t i = 0; i < kReads; ++i)
        if (const auto entry = log->read(order(position++ % messages) + 1); !entry) return Unexpected(entry.error());
      return {};
    });
  });
  return seconds ? as_time(*seconds / kReads) : Result<std::string>(Unexpected(seconds.error()));
}

/// A call of retain() that lets five segments go.
Result<std::string> let_five_segments_go(const SeedMedium& medium) {
  constexpr std::uint64_t kSegments = 8;
  constexpr std::uint64_t kGone = 5;
  constexpr std::uint64_t kMessagesEach = 10;
  const Values values(kSizeBytes);
  const auto seconds = median_of_rounds([&]() -> Result<double> {
    auto made = SeedStore::make(medium, 0);
    if (!made) return Unexpected(std::move(made.error()));
    auto log = made->log("log", Durability::immediate,
                         {.segment_bytes = kLogSegmentBytesMin, .segment_records_max = kMessagesEach});
    if (!log) return Unexpected(std::move(log.error()));
    const auto appended = append_each(*log, values, kSegments * kMessagesEach);
    if (!appended) return Unexpected(appended.error());
    // The bound is set now, so that nothing has gone on the way.
    auto settings = log->settings();
    if (!settings) return Unexpected(settings.error());
    std::uint64_t gone = 0;
    const auto took = seconds_of([&]() -> Result<void> {
      settings->retain_records = (kSegments - kGone) * kMessagesEach;
      if (auto set = log->set_settings(*settings); !set) return set;
      const auto let_go = log->retain();
      if (!let_go) return Unexpected(let_go.error());
      gone = let_go->first_id - 1;
      return {};
    });
    if (took && gone != kGone * kMessagesEach)
      return Unexpected(Error{ErrorCode::corruption, fmt::format("{} messages are gone", gone)});
    return took;
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

/// 2,000 messages under 1,000 keys; half of each segment can go.
Result<std::string> compact_half(const SeedMedium& medium) {
  constexpr std::uint64_t kAll = 2'000;
  constexpr std::uint64_t kMessagesEach = 20;
  constexpr LogSettings kSettings{
      .segment_bytes = kLogSegmentBytesMin, .segment_records_max = kMessagesEach, .compact_by_key = true};
  const std::uint64_t messages = medium.records(kAll);
  const Values values(kSizeBytes);
  std::uint64_t removed = 0;
  const auto seconds = median_of_rounds([&]() -> Result<double> {
    auto made = SeedStore::make(medium, (messages / kMessagesEach + 1) * kLogSegmentBytesMin * 5 / 2);
    if (!made) return Unexpected(std::move(made.error()));
    auto settings = kSettings;
    settings.compact_by_key = false;  // nothing goes before it is asked for
    auto log = made->log("log", Durability::buffered, settings);
    if (!log) return Unexpected(std::move(log.error()));
    std::string key(kKeySizeBytesMin, '\0');
    for (std::uint64_t i = 0; i < messages; ++i) {
      make_key(i / 2, key);  // a message, and the one that replaces it
      if (const auto id = log->append(values.of(i, 0), {.key = key}); !id) return Unexpected(id.error());
    }
    if (auto synced = made->store().sync(); !synced) return Unexpected(std::move(synced.error()));
    return seconds_of([&]() -> Result<void> {
      if (auto set = log->set_settings(kSettings); !set) return set;
      const auto compacted = log->compact();
      if (!compacted) return Unexpected(compacted.error());
      const auto statistics = log->statistics();  // the store's own thread may have been first
      if (!statistics) return Unexpected(statistics.error());
      removed = statistics->compacted_records;
      return {};
    });
  });
  if (!seconds) return Unexpected(seconds.error());
  return fmt::format("{}, {} of {} left out", as_time(*seconds), removed, messages);
}

/// 16 threads, as many streams, 762 B each: the middle of what the figure was taken with.
Result<std::string> sixteen_writers(const SeedMedium& medium) {
  constexpr std::uint64_t kAppends = 500'000;
  Config config;
  config.workload = "log-multi";
  config.backend = medium.backend;
  config.dir = medium.dir;
  config.keys = medium.records(kAppends);
  config.value_size_bytes = 762;
  config.threads = 16;
  config.streams = 16;
  config.durability = Durability::buffered;
  const auto resolved = resolve(std::move(config));
  if (!resolved) return Unexpected(resolved.error());
  const auto measured = run_workload(*resolved);
  if (!measured) return Unexpected(measured.error());
  return fmt::format("{}/s, {:.0f} MB/s", short_number(measured->ops_per_s), measured->mb_per_s);
}

}  // namespace

std::vector<SeedRow> log_manager_rows() {
  const auto row = [](std::string what, std::string_view published, auto measure,
                      std::string_view source = kLogManagerSource) {
    return SeedRow{std::move(what), published, source, std::move(measure)};
  };
  const auto writes = [](Durability durability, const LogSettings& settings) {
    return [=](const SeedMedium& medium) { return write_sequentially(medium, durability, settings); };
  };
  const auto reads = [](std::uint64_t messages, std::uint64_t size_bytes) {
    return [=](const SeedMedium& medium) { return read_at_random(medium, messages, size_bytes); };
  };
  constexpr std::string_view kWalrus = "walrus, its README";
  return {
      row("write 10,000 messages of 1,000 B, not synced", "15.0 K/s, 14 MB/s", writes(Durability::buffered, {})),
      row("the same, each synced", "5 K/s", writes(Durability::immediate, {}), kWalrus),
      row("the same, not synced, segments of 64 KiB", "-",
          writes(Durability::buffered, {.segment_bytes = kLogSegmentBytesMin})),
      row("read them in order, copies", "50.0 K/s, 48 MB/s", read_sequentially),
      row("one of 100 random reads of them", "5 ms", reads(kMessages, kSizeBytes)),
      row("the same of 1,000,000 messages of 100 B", "5 ms by index, 500 ms without", reads(1'000'000, 100)),
      row("retention of 5 segments", "0.01 s", let_five_segments_go),
      row("compaction of 2,000 messages of 1,000 B to half, syncs included", "0.5 s (its program has 2 keys)",
          compact_half),
      row("16 threads, a stream each, 762 B, not synced", "1.21 M/s, 876 MB/s (500 to 1,024 B)", sixteen_writers,
          kWalrus),
  };
}

}  // namespace holdfast::bench
