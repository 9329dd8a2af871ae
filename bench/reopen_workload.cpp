#include <vector>

#include <fmt/format.h>

#include "child_writer.hpp"
#include "measure.hpp"
#include "reopen_bound.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Openings that are timed, each beside the bound. The store is dropped without being closed, so that
/// every one finds what the killed process left.
constexpr int kRounds = 5;

struct Opening {
  double seconds = 0;
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

Result<Opening> open_once(const Config& config, const std::filesystem::path& path) {
  Options options = store_options(config, config.keys);
  options.mode = OpenMode::existing;
  const std::uint64_t start = Clock::instance().ticks();
  auto store = Store::open(path, options);
  const std::uint64_t end = Clock::instance().ticks();
  if (!store) return Unexpected(std::move(store.error()));
  if (auto same = check(*store, config); !same) return Unexpected(std::move(same.error()));
  auto info = store->info();
  if (!info) return Unexpected(std::move(info.error()));
  const RecoveryReport& report = store->recovery();
  return Opening{Clock::instance().seconds(end - start), report.records, report.bytes, report.clean_close,
                 info->capabilities.durable};
}

}  // namespace

Result<Row> run_reopen(const Config& config) {
  auto dir = ScratchDir::make(config.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  const auto path = store_path(dir->path());
  if (auto done = write_in_killed_child(config, path); !done) return Unexpected(std::move(done.error()));

  Row row = make_row(config, dir->path());
  std::vector<double> opens;
  std::vector<double> bounds;
  std::vector<double> ratios;
  Histogram latencies;
  for (int round = 0; round < kRounds; ++round) {
    auto opening = open_once(config, path);
    if (!opening) return Unexpected(std::move(opening.error()));
    if (opening->clean || opening->records < config.keys) {
      return Unexpected(
          Error{ErrorCode::corruption, "opening did not recover what the killed process wrote"});
    }
    auto bound = reopen_bound_seconds(path, opening->bytes, config.keys);
    if (!bound) return Unexpected(std::move(bound.error()));
    row.durable = opening->durable;
    opens.push_back(opening->seconds);
    bounds.push_back(*bound);
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
  row.bound_seconds = median(std::move(bounds));
  row.ratio_to_bound = median(std::move(ratios));
  return row;
}

}  // namespace holdfast::bench
