#include <array>
#include <barrier>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "page_cache.hpp"
#include "seed_bench.hpp"

namespace holdfast::bench {
namespace {

constexpr std::string_view kIronwalSource = "IronWal, criterion, MacBook Pro M4 Pro";
constexpr std::uint64_t kAppendSizeBytes = 256;
constexpr std::uint64_t kReadSizeBytes = 128;
constexpr std::uint64_t kEntries = 10'000;

std::vector<std::string_view> payloads_of(const Values& values, std::uint64_t count) {
  std::vector<std::string_view> payloads;
  for (std::uint64_t i = 0; i < count; ++i) payloads.push_back(values.of(i, 0));
  return payloads;
}

Result<void> append_batch(Log& log, const std::vector<std::string_view>& payloads) {
  const auto id = payloads.size() == 1 ? log.append(payloads.front()) : log.append_batch(payloads);
  return id ? Result<void>{} : Unexpected(id.error());
}

/// As IronWal times it: a new store for each, what makes it and what removes it included.
Result<std::string> append_to_new_log(const SeedMedium& medium, Durability durability, std::uint64_t batch) {
  const Values values(kAppendSizeBytes);
  const auto payloads = payloads_of(values, medium.records(batch));
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      auto made = SeedStore::make(medium, 0);
      if (!made) return Unexpected(std::move(made.error()));
      auto log = made->log("log", durability);
      if (!log) return Unexpected(std::move(log.error()));
      if (auto appended = append_batch(*log, payloads); !appended) return appended;
      return made->end(SeedStore::End::close);
    });
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

/// A new stream, and an append to it, in a store that is there.
Result<std::string> append_to_new_stream(const SeedMedium& medium, Durability durability) {
  constexpr LogSettings kSmall{.segment_bytes = kLogSegmentBytesMin};
  const Values values(kAppendSizeBytes);
  auto made = SeedStore::make(medium, 0);
  if (!made) return Unexpected(std::move(made.error()));
  int streams = 0;
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      auto log = made->log(fmt::format("log {}", streams++), durability, kSmall);
      return log ? append_batch(*log, {values.of(0, 0)}) : Unexpected(std::move(log.error()));
    });
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

/// To a log that is there: what an append costs, and a batch.
Result<std::string> append_to_log(const SeedMedium& medium, Durability durability, std::uint64_t batch) {
  const bool waits = medium.backend == Backend::file && durability == Durability::immediate;
  const std::uint64_t calls = medium.records(waits ? 200 : std::max<std::uint64_t>(kEntries / batch, 100));
  const Values values(kAppendSizeBytes);
  const auto payloads = payloads_of(values, batch);
  auto made = SeedStore::make(medium, room_for(6 * calls * batch, kAppendSizeBytes));
  if (!made) return Unexpected(std::move(made.error()));
  auto log = made->log("log", durability);
  if (!log) return Unexpected(std::move(log.error()));
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      for (std::uint64_t i = 0; i < calls; ++i)
        if (auto appended = append_batch(*log, payloads); !appended) return appended;
      return {};
    });
  });
  if (!seconds) return Unexpected(seconds.error());
  const std::string each = as_time(*seconds / static_cast<double>(calls));
  return batch == 1 ? each : each + ", " + as_rate(calls * batch, kAppendSizeBytes, *seconds);
}

/// A store with the entries that IronWal's reads go over.
Result<SeedStore> filled_store(const SeedMedium& medium, std::uint64_t entries, const LogSettings& settings = {},
                               std::uint64_t room_bytes = 0) {
  auto made = SeedStore::make(medium, std::max(room_bytes, room_for(entries, kReadSizeBytes)));
  if (!made) return made;
  auto log = made->log("log", Durability::immediate, settings);
  if (!log) return Unexpected(std::move(log.error()));
  if (auto done = append_many(*log, Values(kReadSizeBytes), entries); !done) return Unexpected(std::move(done.error()));
  if (auto done = made->store().sync(); !done) return Unexpected(std::move(done.error()));
  return made;
}

enum class Cache : std::uint8_t { warm, dropped };

/// The first get behind an open, from the middle, as IronWal's reads are; what the open before it takes is told too.
Result<std::string> first_get(const SeedMedium& medium, Cache cache) {
  if (cache == Cache::dropped && medium.backend != Backend::file) return "n/a";
  const std::uint64_t entries = medium.records(kEntries);
  auto made = filled_store(medium, entries);
  if (!made) return Unexpected(std::move(made.error()));
  double open_seconds = 0;
  const auto seconds = median_of_rounds([&]() -> Result<double> {
    if (auto ended = made->end(SeedStore::End::close); !ended) return Unexpected(std::move(ended.error()));
    const auto opened = seconds_of([&] { return made->open_again(); });
    if (!opened) return opened;
    open_seconds = *opened;
    const auto log = made->log("log", Durability::immediate);
    if (!log) return Unexpected(log.error());
    if (cache == Cache::dropped)
      if (auto dropped = drop_cached(made->path()); !dropped) return Unexpected(std::move(dropped.error()));
    return seconds_of([&]() -> Result<void> {
      const auto entry = log->read(entries / 2 + 1);
      return entry ? Result<void>{} : Unexpected(entry.error());
    });
  });
  if (!seconds) return Unexpected(seconds.error());
  return fmt::format("{}; the open {}", as_time(*seconds), as_time(open_seconds));
}

Result<std::string> iterate(const SeedMedium& medium) {
  const std::uint64_t entries = medium.records(kEntries);
  auto made = filled_store(medium, entries);
  if (!made) return Unexpected(std::move(made.error()));
  const auto log = made->log("log", Durability::immediate);
  if (!log) return Unexpected(log.error());
  std::uint64_t bytes = 0;
  const auto scanned = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      const auto end = log->scan(1, [&](const LogEntryView& entry) { return (bytes += entry.payload.size()) != 0; });
      return end ? Result<void>{} : Unexpected(end.error());
    });
  });
  if (!scanned) return Unexpected(scanned.error());
  const auto stepped = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      auto reader = log->reader(1);
      if (!reader) return Unexpected(std::move(reader.error()));
      auto moved = reader->next();
      for (; moved && *moved; moved = reader->next()) bytes += reader->entry().payload.size();
      return moved ? Result<void>{} : Unexpected(moved.error());
    });
  });
  if (!stepped) return Unexpected(stepped.error());
  if (bytes != 2 * 5 * entries * kReadSizeBytes)
    return Unexpected(Error{ErrorCode::corruption, "a round did not go over all entries"});
  return fmt::format("scan {}, reader {}", as_time(*scanned), as_time(*stepped));
}

/// 100 appends by each of some threads, each to a new stream of its own, whose making counts.
Result<std::string> own_streams(const SeedMedium& medium, std::uint32_t threads) {
  constexpr std::uint64_t kAppends = 100;
  const std::uint64_t appends = medium.records(kAppends);
  const Values values(kReadSizeBytes);
  const auto round = [&]() -> Result<double> {
    constexpr std::uint64_t kRoomOfStream = std::uint64_t{2} << 20;
    auto made = SeedStore::make(medium, room_for(threads * appends, kReadSizeBytes) + threads * kRoomOfStream);
    if (!made) return Unexpected(std::move(made.error()));
    std::mutex mutex;
    std::optional<Error> error;
    std::barrier start(static_cast<std::ptrdiff_t>(threads) + 1);
    const auto work = [&](std::uint32_t thread) -> Result<void> {
      auto log = made->log(fmt::format("log {}", thread), Durability::buffered);
      if (!log) return Unexpected(std::move(log.error()));
      for (std::uint64_t i = 0; i < appends; ++i)
        if (const auto id = log->append(values.of(i, 0)); !id) return Unexpected(id.error());
      return {};
    };
    std::vector<std::jthread> workers;
    for (std::uint32_t t = 0; t < threads; ++t)
      workers.emplace_back([&, t] {
        start.arrive_and_wait();
        auto done = work(t);
        const std::lock_guard lock(mutex);
        if (!done) error = std::move(done.error());
      });
    auto seconds = seconds_of([&]() -> Result<void> {
      start.arrive_and_wait();
      workers.clear();  // joins
      return {};
    });
    if (error) return Unexpected(*error);
    return seconds;
  };
  const auto seconds = median_of_rounds(round);
  if (!seconds) return Unexpected(seconds.error());
  return as_rate(threads * appends, kReadSizeBytes, *seconds);
}

/// One append to each of 100 streams.
Result<std::string> many_streams(const SeedMedium& medium) {
  constexpr std::uint64_t kStreams = 100;
  constexpr LogSettings kSmall{.segment_bytes = kLogSegmentBytesMin};
  const Values values(kReadSizeBytes);
  auto made = SeedStore::make(medium, 0);
  if (!made) return Unexpected(std::move(made.error()));
  std::vector<Log> logs;
  for (std::uint64_t i = 0; i < kStreams; ++i) {
    auto log = made->log(fmt::format("log {}", i), Durability::buffered, kSmall);
    if (!log) return Unexpected(std::move(log.error()));
    logs.push_back(std::move(*log));
  }
  const auto seconds = median_of_rounds([&] {
    return seconds_of([&]() -> Result<void> {
      for (std::uint64_t i = 0; i < kStreams; ++i)
        if (const auto id = logs[i].append(values.of(i, 0)); !id) return Unexpected(id.error());
      return {};
    });
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

/// Opening 10,000 entries that lie in segments of ten.
Result<std::string> open_many_segments(const SeedMedium& medium, SeedStore::End how) {
  constexpr std::uint64_t kEntriesEach = 10;
  constexpr LogSettings kSettings{.segment_bytes = kLogSegmentBytesMin, .segment_records_max = kEntriesEach};
  const std::uint64_t entries = medium.records(kEntries);
  // Batches are not split over segments, so each goes by itself.
  auto made = SeedStore::make(medium, (entries / kEntriesEach + 1) * kLogSegmentBytesMin * 5 / 4);
  if (!made) return Unexpected(std::move(made.error()));
  const Values values(kReadSizeBytes);
  {
    auto log = made->log("log", Durability::buffered, kSettings);
    if (!log) return Unexpected(std::move(log.error()));
    for (std::uint64_t i = 0; i < entries; ++i)
      if (const auto id = log->append(values.of(i, 0)); !id) return Unexpected(id.error());
    const auto statistics = log->statistics();
    if (!statistics) return Unexpected(statistics.error());
    if (statistics->segments < entries / kEntriesEach)
      return Unexpected(Error{ErrorCode::corruption, fmt::format("{} segments only", statistics->segments)});
    if (auto synced = made->store().sync(); !synced) return Unexpected(std::move(synced.error()));
  }
  const auto seconds = median_of_rounds([&]() -> Result<double> {
    if (auto ended = made->end(how); !ended) return Unexpected(std::move(ended.error()));
    return seconds_of([&] { return made->open_again(); });
  });
  return seconds ? as_time(*seconds) : Result<std::string>(Unexpected(seconds.error()));
}

}  // namespace

std::vector<SeedRow> ironwal_rows() {
  const auto row = [](std::string what, std::string_view published, auto measure) {
    return SeedRow{std::move(what), published, kIronwalSource, std::move(measure)};
  };
  const auto to_new = [](Durability durability, std::uint64_t batch) {
    return [=](const SeedMedium& medium) { return append_to_new_log(medium, durability, batch); };
  };
  const auto to_present = [](Durability durability, std::uint64_t batch) {
    return [=](const SeedMedium& medium) { return append_to_log(medium, durability, batch); };
  };
  constexpr auto kSync = Durability::immediate;
  constexpr auto kAsync = Durability::buffered;
  std::vector<SeedRow> rows;
  const auto to_new_stream = [](Durability durability) {
    return [=](const SeedMedium& medium) { return append_to_new_stream(medium, durability); };
  };
  rows.push_back(row("a new store, closed and removed, with one append of 256 B, synced", "9.4 ms", to_new(kSync, 1)));
  rows.push_back(row("the same, not synced", "5.8 ms", to_new(kAsync, 1)));
  rows.push_back(row("the same with a batch of 100, synced", "9.8 ms", to_new(kSync, 100)));
  rows.push_back(row("the same, not synced", "5.6 ms", to_new(kAsync, 100)));
  rows.push_back(row("a new stream with one append of 256 B, synced", "-", to_new_stream(kSync)));
  rows.push_back(row("the same, not synced", "-", to_new_stream(kAsync)));
  for (const auto durability : {kSync, kAsync}) {
    const std::string_view how = durability == kSync ? "synced" : "not synced";
    rows.push_back(row(fmt::format("append of 256 B, {}", how), "-", to_present(durability, 1)));
    for (const std::uint64_t batch : {10u, 100u, 1000u})
      rows.push_back(row(fmt::format("batch of {} of 256 B, {}", batch, how), "-", to_present(durability, batch)));
  }
  rows.push_back(row("first get of 10,000 entries of 128 B behind an open", "18.5 to 23.3 ms; mapped 0.31 to 0.53 ms",
                     [](const SeedMedium& medium) { return first_get(medium, Cache::warm); }));
  rows.push_back(row("the same, nothing in the page cache", "-",
                     [](const SeedMedium& medium) { return first_get(medium, Cache::dropped); }));
  rows.push_back(row("iterate 10,000 entries of 128 B", "1.42 ms; mapped 1.08 ms", iterate));
  constexpr std::array<std::pair<std::uint32_t, std::string_view>, 4> kThreads{
      {{1, "13.1 K/s"}, {4, "23.0 K/s"}, {8, "27.6 K/s"}, {16, "28.9 K/s"}}};
  for (const auto& [threads, published] : kThreads)
    rows.push_back(row(fmt::format("100 appends of 128 B to a new stream, by {} at a time, not synced", threads),
                       published,
                       [threads = threads](const SeedMedium& medium) { return own_streams(medium, threads); }));
  rows.push_back(row("100 appends to 100 streams, not synced", "577 ms (10 open files)", many_streams));
  rows.push_back(row("open 10,000 entries in 1,000 segments, closed before", "0.71 ms (looks at the last one)",
                     [](const SeedMedium& medium) { return open_many_segments(medium, SeedStore::End::close); }));
  rows.push_back(row("the same, crashed before", "-",
                     [](const SeedMedium& medium) { return open_many_segments(medium, SeedStore::End::crash); }));
  return rows;
}

}  // namespace holdfast::bench
