#include "config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

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
  std::uint64_t batch = 1;
  std::uint64_t slice_keys = 1'000;  ///< In each slice of a thread, where slices of the raw limit alternate.
  Durability durability = Durability::immediate;
  WaitsForSyncs waits = WaitsForSyncs::if_immediate;
  bool has_keys = true;
};

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kKeysSynced = 20'000;  // half a second on a fast disk, a minute on a slow one

constexpr std::array kDefaults{
    Defaults{.workload = "kv-get", .waits = WaitsForSyncs::never},
    Defaults{.workload = "kv-batch", .batch = 100},
    Defaults{.workload = "reopen", .waits = WaitsForSyncs::never},
    Defaults{.workload = "log-append", .value_size_bytes = 128, .has_keys = false},
    Defaults{
        .workload = "log-scan", .value_size_bytes = 128, .waits = WaitsForSyncs::never, .has_keys = false},
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
  if (!config.with_raw) return kAlone;
  const std::uint64_t alone = defaults_of(config.workload).slice_keys;
  const std::uint64_t keys_each = waits_for_syncs(config) ? 25 : config.threads == 1 ? alone : 5 * alone;
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

bool waits_for_syncs(const Config& config) noexcept {
  if (config.backend != Backend::file) return false;
  const WaitsForSyncs waits = defaults_of(config.workload).waits;
  const bool immediate = config.durability == Durability::immediate;
  return waits == WaitsForSyncs::always || (waits == WaitsForSyncs::if_immediate && immediate);
}

std::uint32_t latency_every(const Config& config) noexcept {
  constexpr std::uint32_t kSampled = 8;
  constexpr std::uint64_t kLargeBytes = 4096;
  const bool few_calls = config.batch > 1 || config.workload == "log-scan";
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
  if (config.key_size_bytes == kByWorkload) config.key_size_bytes = defaults.has_keys ? kKeySizeBytes : 0;
  if (config.dir.empty()) config.dir = config.backend == Backend::pmem ? "/dev/shm" : ".";
  if (!defaults.has_keys && config.key_size_bytes != 0)
    return bad(fmt::format("--key-size: {} knows no keys", config.workload));
  if (defaults.has_keys && config.key_size_bytes < kKeySizeBytesMin)
    return bad("--key-size: at least 8 bytes, so that keys differ");
  const bool blocks = config.workload.starts_with("region-");
  if (blocks && (config.value_size_bytes == 0 || config.value_size_bytes % kLineSizeBytes != 0))
    return bad("--value-size: a multiple of 64 bytes, so that blocks are whole lines");
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
