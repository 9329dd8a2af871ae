#include "lane_spaces.hpp"

#include <utility>

#include "lanes.hpp"

namespace holdfast::lanes {

Result<Spaces> open_spaces(Store store, OpenMode mode) {
  const OpenMode spaces = mode == OpenMode::open_or_create ? mode : OpenMode::existing;
  auto kv = store.kv(kKvName, {.mode = spaces});
  if (!kv) return Unexpected(kv.error());
  auto log = store.log(kLogName, {.mode = spaces});
  if (!log) return Unexpected(log.error());
  auto region = store.region(kRegionName, {.mode = spaces});
  if (!region) return Unexpected(region.error());
  auto batch_kv = store.kv(kBatchKvName, {.mode = spaces});
  if (!batch_kv) return Unexpected(batch_kv.error());
  auto batch_log = store.log(kBatchLogName, {.mode = spaces});
  if (!batch_log) return Unexpected(batch_log.error());
  return Spaces{std::move(store),  std::move(*kv),       std::move(*log),
                std::move(*region), std::move(*batch_kv), std::move(*batch_log)};
}

}  // namespace holdfast::lanes
