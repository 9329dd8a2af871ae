#include "spaces.hpp"

#include <utility>

#include "lanes.hpp"

namespace holdfast::power_cut {

Result<Spaces> open_spaces(const std::filesystem::path& path, OpenMode mode) {
  Options
      options;  // the backend stays automatic: the guest's two media must be told apart by the store itself
  options.mode = mode;
  options.size_bytes = std::uint64_t{8} << 20;  // small: the power is cut while it grows as well
  options.segment_size_bytes = std::uint64_t{256} << 10;
  auto store = Store::open(path, options);
  if (!store) return Unexpected(store.error());
  const OpenMode spaces = mode == OpenMode::open_or_create ? mode : OpenMode::existing;
  auto kv = store->kv(kKvName, {.mode = spaces});
  if (!kv) return Unexpected(kv.error());
  auto log = store->log(kLogName, {.mode = spaces});
  if (!log) return Unexpected(log.error());
  auto region = store->region(kRegionName, {.mode = spaces});
  if (!region) return Unexpected(region.error());
  auto batch_kv = store->kv(kBatchKvName, {.mode = spaces});
  if (!batch_kv) return Unexpected(batch_kv.error());
  auto batch_log = store->log(kBatchLogName, {.mode = spaces});
  if (!batch_log) return Unexpected(batch_log.error());
  return Spaces{std::move(*store),  std::move(*kv),       std::move(*log),
                std::move(*region), std::move(*batch_kv), std::move(*batch_log)};
}

}  // namespace holdfast::power_cut
