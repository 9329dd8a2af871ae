#include "config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include <holdfast/sharded_log.hpp>

#include "records.hpp"

namespace holdfast::bench {
namespace {

Unexpected bad(std::string message) {
  return Unexpected(Error{ErrorCode::invalid_argument, std::move(message)});
}

enum class WaitsForSyncs : std::uint8_t { if_immediate, never, always };

/// What a workload takes where the command line does not say.
struct Defaults {
  std::string_view workload{};
  std::uint64_t keys = 1'000'000;
  std::uint64_t value_size_bytes = 100;
  std::uint64_t area_size_bytes = 0;  ///< 0: the workload knows none.
  std::uint64_t batch = 1;
  std::uint64_t slice_keys = 1'000;  ///< In each slice of a thread, where slices of the raw limit alternate.
  Durability durability = Durability::immediate;
  WaitsForSyncs waits = WaitsForSyncs::if_immediate;
  bool has_keys = true;
  bool mixes = false;        ///< Reads and updates of keys that are not alike.
  std::uint64_t streams = 0;  ///< 0: the workload has one at most.
  bool repeats_keys = false;  ///< Config::key_count of them.
  bool keeps_checkpoints = false;
  bool compares_latencies = false;
  bool visits_all = false;  ///< Each slice goes through all keys.
};

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kReadPercent = 95;
constexpr std::uint64_t kStreamsMax = 65'536;
constexpr std::uint64_t kKeysSynced = 20'000;  // half a second on a fast disk, a minute on a slow one

constexpr std::array kDefaults{
    Defaults{.workload = "kv-get", .waits = WaitsForSyncs::never},
    Defaults{.workload = "kv-batch", .batch = 100},
    Defaults{.workload = "kv-multiget", .batch = 32, .waits = WaitsForSyncs::never},
    Defaults{.workload = "kv-mixed", .mixes = true},
    Defaults{.workload = "kv-clean", .mixes = true},
    Defaults{.workload = "kv-scan", .waits = WaitsForSyncs::never, .visits_all = true},
    Defaults{.workload = "kv-scan-snapshot", .waits = WaitsForSyncs::never, .visits_all = true},
    Defaults{.workload = "kv-range", .waits = WaitsForSyncs::never, .visits_all = true},
    Defaults{.workload = "reopen", .waits = WaitsForSyncs::never},
    Defaults{.workload = "reopen-clean", .waits = WaitsForSyncs::never},
    Defaults{.workload = "log-append", .value_size_bytes = 128, .has_keys = false},
    Defaults{.workload = "log-multi", .value_size_bytes = 128, .has_keys = false, .streams = 16},
    Defaults{
        .workload = "log-read", .value_size_bytes = 128, .waits = WaitsForSyncs::never, .has_keys = false},
    Defaults{
        .workload = "log-read-cold", .value_size_bytes = 128, .waits = WaitsForSyncs::never, .has_keys = false},
    // Many in a slice: at its begin the reader is asleep.
    Defaults{.workload = "log-follow", .value_size_bytes = 128, .slice_keys = 20'000, .has_keys = false},
    Defaults{.workload = "log-wake",
             .keys = 5'000,
             .value_size_bytes = 128,
             .slice_keys = 100,
             .has_keys = false,
             .compares_latencies = true},
    Defaults{
        .workload = "log-scan", .value_size_bytes = 128, .waits = WaitsForSyncs::never, .has_keys = false},
    Defaults{.workload = "log-compact",
             .value_size_bytes = 128,
             .waits = WaitsForSyncs::never,
             .repeats_keys = true,
             .compares_latencies = true},
    Defaults{.workload = "sharded-append", .value_size_bytes = 256, .streams = 16, .repeats_keys = true},
    Defaults{.workload = "checkpoint",
             .keys = 2'000,
             .value_size_bytes = 128,
             .batch = 50,
             .slice_keys = 20,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::always,
             .streams = 16,
             .keeps_checkpoints = true,
             .compares_latencies = true},
    Defaults{.workload = "checkpoint-load",
             .value_size_bytes = 128,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::never,
             .streams = 16,
             .keeps_checkpoints = true},
    Defaults{.workload = "region-write",
             .keys = 256,
             .value_size_bytes = kMiB,
             .slice_keys = 8,
             .durability = Durability::buffered,
             .has_keys = false},
    Defaults{.workload = "region-read",
             .keys = 256,
             .value_size_bytes = kMiB,
             .slice_keys = 8,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::never,
             .has_keys = false},
    Defaults{.workload = "region-flush",
             .keys = kKeysSynced,
             .value_size_bytes = 4096,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::always,
             .has_keys = false},
    // One in a slice: of many, the first would pay for a flush that takes the neighbour's bytes along, and
    // the median would not tell.
    Defaults{.workload = "region-flush-beside",
             .keys = 100,
             .value_size_bytes = 4096,
             .area_size_bytes = 64 * kMiB,
             .slice_keys = 1,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::always,
             .has_keys = false},
    Defaults{.workload = "region-append",
             .value_size_bytes = 64,
             .slice_keys = 16'384,
             .durability = Durability::buffered,
             .has_keys = false},
    Defaults{.workload = "region-view",
             .keys = 100'000,
             .value_size_bytes = kMiB,
             .area_size_bytes = 1024 * kMiB,
             .durability = Durability::buffered,
             .waits = WaitsForSyncs::never,
             .has_keys = false},
    Defaults{.workload = "commit", .keys = 50'000, .batch = 10, .slice_keys = 100},
};

const Defaults& defaults_of(std::string_view workload) noexcept {
  static constexpr Defaults kPlain;
  const auto found = std::ranges::find(kDefaults, workload, &Defaults::workload);
  return found == kDefaults.end() ? kPlain : *found;
}

/// Alone: few, since threads that start and end together wait for each other. Beside the raw limit: as
/// short as the barrier's cost allows, so that on a busy machine the median slice of either side is one
/// that ran without being interrupted.
std::uint32_t slices_for(const Config& config) {
  constexpr std::uint32_t kAlone = 20;
  if (defaults_of(config.workload).visits_all || config.workload == "log-read-cold") return kAlone;
  const std::uint64_t alone = defaults_of(config.workload).slice_keys;
  if (!config.with_raw && alone != 1) return kAlone;
  const std::uint64_t several = waits_for_syncs(config) ? 25 : config.threads == 1 ? alone : 5 * alone;
  const std::uint64_t keys_each = alone == 1 ? 1 : several;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(config.keys / keys_each / config.threads, 1, 1000));
}

}  // namespace

std::string_view name(Backend backend) noexcept {
  switch (backend) {
    case Backend::automatic:
      return "automatic";
    case Backend::file:
      return "file";
    case Backend::pmem:
      return "pmem";
    case Backend::memory:
      return "memory";
  }
  return "unknown";
}

std::string_view name(Durability durability) noexcept {
  switch (durability) {
    case Durability::immediate:
      return "immediate";
    case Durability::interval:
      return "interval";
    case Durability::buffered:
      return "buffered";
  }
  return "unknown";
}

Durability default_durability(std::string_view workload) noexcept { return defaults_of(workload).durability; }

bool mixes_operations(std::string_view workload) noexcept { return defaults_of(workload).mixes; }

bool keeps_checkpoints(std::string_view workload) noexcept { return defaults_of(workload).keeps_checkpoints; }

bool compares_latencies(std::string_view workload) noexcept { return defaults_of(workload).compares_latencies; }

bool waits_for_syncs(const Config& config) noexcept {
  if (config.backend != Backend::file) return false;
  const WaitsForSyncs waits = defaults_of(config.workload).waits;
  const bool immediate = config.durability == Durability::immediate;
  return waits == WaitsForSyncs::always || (waits == WaitsForSyncs::if_immediate && immediate);
}

std::uint32_t latency_every(const Config& config) noexcept {
  constexpr std::uint32_t kSampled = 8;
  constexpr std::uint32_t kSparse = 32;
  constexpr std::uint64_t kLargeBytes = 4096;
  if (config.workload == "region-append") return kSparse;  // some 10 ns on the raw side
  if (config.workload == "region-view") return kSampled;
  if (defaults_of(config.workload).compares_latencies || config.workload == "log-read-cold") return 1;
  const bool few_calls =
      config.batch > 1 || config.workload == "log-scan" || defaults_of(config.workload).visits_all;
  const bool slow = waits_for_syncs(config) || few_calls || config.value_size_bytes >= kLargeBytes;
  return slow ? 1 : kSampled;
}

Result<Config> resolve(Config config) {
  constexpr std::uint64_t kKeySizeBytes = 16;
  constexpr std::uint64_t kLineSizeBytes = 64;
  const Defaults& defaults = defaults_of(config.workload);
  if (config.keys == 0)
    config.keys = waits_for_syncs(config) ? std::min(kKeysSynced, defaults.keys) : defaults.keys;
  if (config.slices == 0) config.slices = slices_for(config);
  if (config.batch == 0) config.batch = defaults.batch;
  if (config.value_size_bytes == kByWorkload) config.value_size_bytes = defaults.value_size_bytes;
  if (config.area_size_bytes == kByWorkload) config.area_size_bytes = defaults.area_size_bytes;
  if (config.key_size_bytes == kByWorkload) config.key_size_bytes = defaults.has_keys ? kKeySizeBytes : 0;
  if (!defaults.mixes && (config.read_percent != kByWorkload || config.zipf >= 0))
    return bad(fmt::format("--reads, --zipf: {} does not mix operations", config.workload));
  const bool only_updates = config.workload == "kv-clean";
  if (only_updates && config.read_percent != kByWorkload && config.read_percent != 0)
    return bad("--reads: kv-clean updates only");
  if (config.read_percent == kByWorkload) config.read_percent = only_updates ? 0 : kReadPercent;
  if (config.zipf < 0) config.zipf = kZipfMax;
  if (config.read_percent > 100) return bad("--reads: 0 to 100 percent");
  if (config.zipf > kZipfMax) return bad("--zipf: 0 to 0.99");
  if (config.dir.empty()) config.dir = config.backend == Backend::pmem ? "/dev/shm" : ".";
  if (!defaults.has_keys && config.key_size_bytes != 0)
    return bad(fmt::format("--key-size: {} knows no keys", config.workload));
  if (defaults.has_keys && config.key_size_bytes < kKeySizeBytesMin)
    return bad("--key-size: at least 8 bytes, so that keys differ");
  const bool blocks = config.workload.starts_with("region-");
  if (blocks && (config.value_size_bytes == 0 || config.value_size_bytes % kLineSizeBytes != 0))
    return bad("--value-size: a multiple of 64 bytes, so that blocks are whole lines");
  const bool has_area = defaults.area_size_bytes != 0;
  if (!has_area && config.area_size_bytes != 0)
    return bad(fmt::format("--area-size: {} has one region at most", config.workload));
  if (has_area && (config.area_size_bytes == 0 || config.area_size_bytes % config.value_size_bytes != 0))
    return bad("--area-size: a multiple of --value-size");
  if (defaults.streams == 0 && config.streams != 0)
    return bad(fmt::format("--streams: {} has one stream at most", config.workload));
  if (config.streams == 0) config.streams = defaults.streams;
  if (config.streams > kStreamsMax) return bad("--streams: 1 to 65536");
  const bool has_shards = config.workload == "sharded-append" || defaults.keeps_checkpoints;
  if (has_shards && config.streams > kLogShardsMax) return bad("--streams: 1 to 4096 shards");
  if (!defaults.repeats_keys && config.key_count != 0)
    return bad(fmt::format("--key-count: {} does not use keys again", config.workload));
  constexpr std::uint64_t kRecordsOfKey = 10;
  if (defaults.repeats_keys && config.key_count == 0)
    config.key_count = std::max<std::uint64_t>(config.keys / kRecordsOfKey, 1);
  if (config.key_count > config.keys) return bad("--key-count: at most --keys");
  if (!defaults.keeps_checkpoints && config.kept != kByWorkload && config.kept != 0)
    return bad(fmt::format("--kept: {} knows no checkpoints", config.workload));
  if (config.kept == kByWorkload) config.kept = 0;
  if (config.threads == 0 || config.threads > 1024) return bad("--threads: 1 to 1024");
  if (config.repeat == 0) return bad("--repeat: at least 1");
  return config;
}

Result<ScratchDir> ScratchDir::make(const std::filesystem::path& parent) {
  std::string pattern = (parent / "holdfast-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return system_failure("no scratch directory", parent);
  return ScratchDir(pattern);
}

ScratchDir::~ScratchDir() {
  if (path_.empty()) return;
  std::error_code ignored;  // a left-over directory is no reason to lose the figures
  std::filesystem::remove_all(path_, ignored);
}

Unexpected system_failure(const std::string& what, const std::filesystem::path& path) {
  return Unexpected(
      Error{ErrorCode::io, what + ": " + std::generic_category().message(errno), path.string()});
}

}  // namespace holdfast::bench
