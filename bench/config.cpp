#include "config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "records.hpp"

namespace holdfast::bench {
namespace {

Unexpected bad(std::string message) {
  return Unexpected(Error{ErrorCode::invalid_argument, std::move(message)});
}

/// Alone: few, since threads that start and end together wait for each other. Beside the raw limit: as
/// short as the barrier's cost allows, so that on a busy machine the median slice of either side is one
/// that ran without being interrupted.
std::uint32_t slices_for(const Config& config) {
  constexpr std::uint32_t kAlone = 20;
  if (!config.with_raw) return kAlone;
  const std::uint64_t keys_each = waits_for_syncs(config) ? 25 : config.threads == 1 ? 1000 : 5000;
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

bool waits_for_syncs(const Config& config) noexcept {
  const bool writes_alone = config.workload != "kv-get" && config.workload != "reopen";
  return writes_alone && config.backend == Backend::file && config.durability == Durability::immediate;
}

std::uint32_t latency_every(const Config& config) noexcept {
  constexpr std::uint32_t kSampled = 8;
  const bool slow = waits_for_syncs(config) || config.workload == "kv-batch";
  return slow ? 1 : kSampled;
}

Result<Config> resolve(Config config) {
  constexpr std::uint64_t kKeys = 1'000'000;
  constexpr std::uint64_t kKeysSynced = 20'000;  // half a second on a fast disk, a minute on a slow one
  if (config.keys == 0) config.keys = waits_for_syncs(config) ? kKeysSynced : kKeys;
  if (config.slices == 0) config.slices = slices_for(config);
  if (config.batch == 0) config.batch = config.workload == "kv-batch" ? 100 : 1;
  if (config.dir.empty()) config.dir = config.backend == Backend::pmem ? "/dev/shm" : ".";
  if (config.key_size_bytes < kKeySizeBytesMin)
    return bad("--key-size: at least 8 bytes, so that keys differ");
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
