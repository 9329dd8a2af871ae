#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "store_fixture.hpp"
#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Compaction of a stream whose records come over and over under the same keys: of one alone, for its rate; and of
/// another beside appends to it, for their latencies. The raw side is such appends before it. The store compacts nothing
/// by itself meanwhile.
class LogCompact {
 public:
  explicit LogCompact(const Config& config) : config_(config), values_(config.value_size_bytes) {}

  Result<Row> run() {
    auto dir = ScratchDir::make(config_.dir);
    if (!dir) return Unexpected(std::move(dir.error()));
    Options options = store_options(config_, 6 * config_.keys);  // appends go as fast as they can
    options.sweep_interval_ms = 0;
    auto store = Store::open(store_path(dir->path()), options);
    if (!store) return Unexpected(std::move(store.error()));
    store_.emplace(std::move(*store));
    Row row = make_row(config_, dir->path());
    if (auto done = run_alone(dir->path(), row); !done) return Unexpected(std::move(done.error()));
    if (auto done = run_beside(dir->path(), row); !done) return Unexpected(std::move(done.error()));
    if (auto closed = store_->close(); !closed) return Unexpected(std::move(closed.error()));
    return row;
  }

 private:
  /// A record that was appended beside a compaction, or before it.
  struct Appended {
    LogId id = 0;
    std::uint64_t number = 0;
  };
  /// Who appends, in a thread of its own.
  struct Appender {
    std::vector<Appended> appended{};
    Histogram latencies{};
    std::optional<Error> error{};
  };
  struct Appends {
    Histogram latencies{};
    double per_s = 0;
  };

  std::uint64_t key_of(std::uint64_t number) const noexcept { return mix(number + config_.seed) % config_.key_count; }

  /// Several segments also of few records.
  Result<Log> make_filled(std::string_view name) {
    constexpr std::uint64_t kSegments = 16;
    constexpr std::uint64_t kFew = 65'536;
    LogSettings settings{.compact_by_key = true};
    std::uint64_t batch = 256;
    if (config_.keys < kFew) {
      settings.segment_bytes = kLogSegmentBytesMin;
      settings.segment_records_max = std::max<std::uint64_t>(config_.keys / kSegments, 1);
      batch = std::min(batch, settings.segment_records_max);
    }
    auto log = store_->log(name, {.durability = config_.durability, .settings = settings});
    if (!log) return log;
    std::vector<std::string> keys(batch, std::string(config_.key_size_bytes, '\0'));
    std::vector<LogDraft> drafts;
    for (std::uint64_t begin = 0; begin < config_.keys; begin += batch) {
      drafts.clear();
      for (std::uint64_t number = begin; number < std::min(begin + batch, config_.keys); ++number) {
        make_key(key_of(number), keys[number - begin]);
        drafts.push_back({.payload = values_.of(number, 0), .key = keys[number - begin]});
      }
      const auto first = log->append_records(drafts, {.durability = Durability::buffered});
      if (!first) return Unexpected(first.error());
    }
    if (auto synced = store_->sync(); !synced) return Unexpected(std::move(synced.error()));
    return log;
  }

  Result<void> run_alone(const std::filesystem::path& dir, Row& row) {
    auto log = make_filled("alone");
    if (!log) return Unexpected(std::move(log.error()));
    if (auto settled = settle(dir); !settled) return settled;
    const auto before = store_->info();
    const std::uint64_t start = Clock::instance().ticks();
    const auto compacted = log->compact();
    const double seconds = Clock::instance().seconds(Clock::instance().ticks() - start);
    const auto after = store_->info();
    const auto statistics = log->statistics();
    if (!compacted) return Unexpected(compacted.error());
    if (!before || !after) return Unexpected(before ? after.error() : before.error());
    if (!statistics) return Unexpected(statistics.error());

    row.durable = after->capabilities.durable;
    row.ops = config_.keys;
    row.seconds = seconds;
    row.ops_per_s = static_cast<double>(config_.keys) / seconds;
    row.ops_per_s_median = row.ops_per_s;
    row.mb_per_s = row.ops_per_s * static_cast<double>(config_.key_size_bytes + config_.value_size_bytes) / 1e6;
    row.syncs = after->counters.syncs - before->counters.syncs;
    row.fences = after->counters.fences - before->counters.fences;
    row.syncs_per_op = static_cast<double>(*row.syncs) / static_cast<double>(row.ops);
    row.records_removed = compacted->records_removed;
    if (compacted->bytes_freed != 0)
      row.written_per_freed =
          static_cast<double>(statistics->compaction_bytes) / static_cast<double>(compacted->bytes_freed);
    compact_seconds_ = seconds;
    return check(*log, {}, compacted->records_removed);
  }

  Result<void> run_beside(const std::filesystem::path& dir, Row& row) {
    auto log = make_filled("beside");
    if (!log) return Unexpected(std::move(log.error()));
    if (auto settled = settle(dir); !settled) return settled;
    std::vector<Appended> appended;
    std::optional<Appends> alone;
    if (config_.with_raw) {
      const auto wait = [this]() -> Result<void> {
        std::this_thread::sleep_for(std::chrono::duration<double>(compact_seconds_));
        return {};
      };
      auto done = append_while(*log, wait, appended);
      if (!done) return Unexpected(std::move(done.error()));
      alone = std::move(*done);
    }
    std::uint64_t removed = 0;
    const auto compact = [&]() -> Result<void> {
      const auto compacted = log->compact();
      if (!compacted) return Unexpected(compacted.error());
      removed = compacted->records_removed;
      return {};
    };
    const auto beside = append_while(*log, compact, appended);
    if (!beside) return Unexpected(beside.error());
    row.set_latencies(beside->latencies);
    if (alone) {
      const Clock& clock = Clock::instance();
      row.raw_ops_per_s_median = alone->per_s;
      row.raw_p50_ns = clock.nanoseconds(alone->latencies.percentile(0.50));
      row.raw_p99_ns = clock.nanoseconds(alone->latencies.percentile(0.99));
      row.p50_times_raw = row.p50_ns / *row.raw_p50_ns;
      row.ratio_to_raw = beside->per_s / alone->per_s;
      row.raw_route = "the appends with no compaction beside";
    }
    return check(*log, appended, removed);
  }

  /// Appends by --threads as long as `work` takes, which begins when each has appended one.
  template <class Work>
  Result<Appends> append_while(Log& log, Work&& work, std::vector<Appended>& appended) {
    std::vector<Appender> appenders(config_.threads);
    std::atomic<bool> is_over{false};
    std::latch begun(config_.threads);
    const std::uint64_t first = config_.keys + appended.size();
    const auto append_on = [&](std::uint32_t thread) -> Result<void> {
      Appender& self = appenders[thread];
      std::string key(config_.key_size_bytes, '\0');
      for (std::uint64_t number = first + thread;; number += config_.threads) {
        make_key(key_of(number), key);
        const std::uint64_t start = Clock::instance().ticks();
        const auto id = log.append(values_.of(number, 0), {.key = key});
        self.latencies.add(Clock::instance().ticks() - start);
        if (!id) return Unexpected(id.error());
        self.appended.push_back({.id = *id, .number = number});
        if (self.appended.size() == 1) begun.count_down();
        if (is_over.load(std::memory_order_relaxed)) return {};
      }
    };
    std::vector<std::jthread> threads;
    const std::uint64_t start = Clock::instance().ticks();
    for (std::uint32_t thread = 0; thread < config_.threads; ++thread)
      threads.emplace_back([&, thread] {
        auto done = append_on(thread);
        if (done) return;
        Appender& self = appenders[thread];
        self.error = std::move(done.error());
        if (self.appended.empty()) begun.count_down();
      });
    begun.wait();
    auto worked = work();
    is_over.store(true, std::memory_order_relaxed);
    threads.clear();  // joins
    const double seconds = Clock::instance().seconds(Clock::instance().ticks() - start);
    if (!worked) return Unexpected(std::move(worked.error()));

    Appends all;
    const std::size_t before = appended.size();
    for (Appender& one : appenders) {
      if (one.error) return Unexpected(*one.error);
      all.latencies.merge(one.latencies);
      appended.insert(appended.end(), one.appended.begin(), one.appended.end());
    }
    all.per_s = static_cast<double>(appended.size() - before) / seconds;
    return all;
  }

  /// Every record that is there is as it was appended, as many are gone as was said, and each key's latest is there.
  Result<void> check(const Log& log, const std::vector<Appended>& appended, std::uint64_t removed) const {
    std::unordered_map<LogId, std::uint64_t> numbers;
    for (const Appended& one : appended) numbers.emplace(one.id, one.number);
    std::vector<LogId> latest(config_.key_count);
    const auto note = [&](LogId id, std::uint64_t number) {
      LogId& of_key = latest[key_of(number)];
      of_key = std::max(of_key, id);
    };
    for (LogId id = 1; id <= config_.keys; ++id) note(id, id - 1);
    for (const Appended& one : appended) note(one.id, one.number);

    std::string key(config_.key_size_bytes, '\0');
    std::uint64_t seen = 0;
    std::uint64_t latest_seen = 0;
    LogId wrong_id = 0;
    const auto end = log.scan(1, [&](const LogEntryView& entry) {
      const auto beside = numbers.find(entry.id);
      const bool is_known = entry.id <= config_.keys || beside != numbers.end();
      const std::uint64_t number = entry.id <= config_.keys ? entry.id - 1 : is_known ? beside->second : 0;
      make_key(key_of(number), key);
      ++seen;
      latest_seen += latest[key_of(number)] == entry.id ? 1 : 0;
      if (is_known && entry.key == key && entry.payload == values_.of(number, 0)) return true;
      wrong_id = entry.id;
      return false;
    });
    if (!end) return Unexpected(end.error());
    if (wrong_id != 0) return wrong(fmt::format("record {} is not as it was appended", wrong_id));
    if (seen + removed != config_.keys + appended.size())
      return wrong(fmt::format("{} records are there, and {} were left out", seen, removed));
    const auto keys = std::ranges::count_if(latest, [](LogId id) { return id != 0; });
    if (latest_seen != static_cast<std::uint64_t>(keys))
      return wrong(fmt::format("the latest records of {} keys of {} are there", latest_seen, keys));
    return {};
  }

  const Config& config_;
  Values values_;
  std::optional<Store> store_;
  double compact_seconds_ = 0;
};

}  // namespace

Result<Row> run_log_compact(const Config& config) { return LogCompact(config).run(); }

}  // namespace holdfast::bench
