#include <vector>

#include <fmt/format.h>

#include "child_writer.hpp"
#include "measure.hpp"
#include "reopen_bound.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Openings that are timed, each beside the bound. Behind a crash the store is dropped without being closed, so that
/// every one finds what the killed process left.
constexpr int kRounds = 5;

enum class Before : std::uint8_t { crash, close };

struct Opening {
  double seconds = 0;
  double close_seconds = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  bool clean = false;
  bool durable = false;
};

Result<void> check(Store& store, const Config& config) {
  auto space = store.kv("bench", {.mode = OpenMode::existing});
  if (!space) return Unexpected(std::move(space.error()));
  const Values values(config.value_size_bytes);
  std::string key(config.key_size_bytes, '\0');
  const std::uint64_t step = std::max<std::uint64_t>(1, config.keys / 1000);
  for (std::uint64_t id = 0; id < config.keys; id += step) {
    make_key(id, key);
    auto value = space->get(key);
    if (!value) return Unexpected(std::move(value.error()));
    if (*value == values.of(id, 0)) continue;
    return Unexpected(Error{ErrorCode::corruption, fmt::format("key {} is not as it was written", id)});
  }
  auto size = space->size();
  if (!size) return Unexpected(std::move(size.error()));
  if (*size == config.keys) return {};
  return Unexpected(
      Error{ErrorCode::corruption, fmt::format("{} keys in the space, not {}", *size, config.keys)});
}

/// Closing it and giving back its memory.
Result<double> close_timed(Result<Store> store) {
  const std::uint64_t start = Clock::instance().ticks();
  auto closed = store->close();
  store = Unexpected(Error{});
  if (!closed) return Unexpected(std::move(closed.error()));
  return Clock::instance().seconds(Clock::instance().ticks() - start);
}

Result<Opening> open_once(const Config& config, const std::filesystem::path& path, Before leaves) {
  Options options = store_options(config, config.keys);
  options.mode = OpenMode::existing;
  const std::uint64_t start = Clock::instance().ticks();
  auto store = Store::open(path, options);
  const std::uint64_t end = Clock::instance().ticks();
  if (!store) return Unexpected(std::move(store.error()));
  if (auto same = check(*store, config); !same) return Unexpected(std::move(same.error()));
  auto info = store->info();
  if (!info) return Unexpected(std::move(info.error()));
  const RecoveryReport report = store->recovery();
  Opening opening{Clock::instance().seconds(end - start), 0, report.records, report.bytes, report.clean_close,
                  info->capabilities.durable};
  if (leaves == Before::crash) return opening;
  auto closed = close_timed(std::move(store));
  if (!closed) return Unexpected(std::move(closed.error()));
  opening.close_seconds = *closed;
  return opening;
}

Result<Row> run(const Config& config, Before before) {
  auto dir = ScratchDir::make(config.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  const auto path = store_path(dir->path());
  if (auto done = write_in_killed_child(config, path); !done) return Unexpected(std::move(done.error()));

  Row row = make_row(config, dir->path());
  std::vector<double> opens;
  std::vector<double> bounds;
  std::vector<double> ratios;
  std::vector<double> closes;
  Histogram latencies;
  if (before == Before::close)
    if (auto opening = open_once(config, path, before); !opening) return Unexpected(std::move(opening.error()));
  for (int round = 0; round < kRounds; ++round) {
    auto opening = open_once(config, path, before);
    if (!opening) return Unexpected(std::move(opening.error()));
    if (opening->clean != (before == Before::close) || opening->records < config.keys) {
      return Unexpected(
          Error{ErrorCode::corruption, "opening did not recover what the process before it had written"});
    }
    auto bound = reopen_bound_seconds(path, opening->bytes, config.keys);
    if (!bound) return Unexpected(std::move(bound.error()));
    row.durable = opening->durable;
    opens.push_back(opening->seconds);
    bounds.push_back(*bound);
    closes.push_back(opening->close_seconds);
    ratios.push_back(opening->seconds / *bound);
    latencies.add(static_cast<std::uint64_t>(opening->seconds * 1e9));
  }
  row.ops = config.keys;
  row.seconds = median(opens);
  row.ops_per_s = row.ops_per_s_median = static_cast<double>(config.keys) / row.seconds;
  row.records_per_s = row.ops_per_s;
  row.mb_per_s = row.ops_per_s * static_cast<double>(config.key_size_bytes + config.value_size_bytes) / 1e6;
  row.p10_ns = static_cast<double>(latencies.percentile(0.10));
  row.p50_ns = static_cast<double>(latencies.percentile(0.50));
  row.p99_ns = static_cast<double>(latencies.percentile(0.99));
  row.p999_ns = static_cast<double>(latencies.percentile(0.999));
  row.max_ns = static_cast<double>(latencies.percentile(1.0));
  row.bound_seconds = median(std::move(bounds));
  row.ratio_to_bound = median(std::move(ratios));
  if (before == Before::close) row.close_seconds = median(std::move(closes));
  return row;
}

}  // namespace

Result<Row> run_reopen(const Config& config) { return run(config, Before::crash); }
Result<Row> run_reopen_clean(const Config& config) { return run(config, Before::close); }

}  // namespace holdfast::bench
