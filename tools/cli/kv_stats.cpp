#include "cli/kv_stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "cli/escape.hpp"
#include "cli/open.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

Result<KvSpaceStats> stats_of(Store& store, const SpaceInfo& info) {
  const auto space = existing_space(store, info.name);
  if (!space) return Unexpected(space.error());
  const auto keys = space->size();
  if (!keys) return Unexpected(keys.error());
  const auto settings = space->settings();
  if (!settings) return Unexpected(settings.error());
  const auto statistics = space->statistics();
  if (!statistics) return Unexpected(statistics.error());
  return KvSpaceStats{.name = info.name,
                      .keys = *keys,
                      .settings = *settings,
                      .data_bytes = statistics->data_bytes,
                      .index_bytes = statistics->index_bytes,
                      .segment_count = info.segment_count,
                      .size_bytes = info.size_bytes,
                      .live_bytes = statistics->live_bytes,
                      .garbage_bytes = statistics->garbage_bytes};
}

// What is special about it.
std::string notes_on(const KvSettings& settings) {
  std::string notes = settings.ordered ? "ordered " : "";
  if (settings.keys_max != 0) notes += fmt::format("<={} keys ", settings.keys_max);
  if (settings.bytes_max != 0) notes += fmt::format("<={} ", format_size(settings.bytes_max));
  return notes;
}

}  // namespace

Result<KvStats> kv_stats(Store& store, const std::optional<std::string>& space) {
  if (space)
    if (const auto found = existing_space(store, *space); !found) return Unexpected(found.error());
  const auto infos = store.spaces();
  const auto info = store.info();
  if (!infos || !info) return Unexpected(infos ? info.error() : infos.error());
  KvStats stats{.spaces = {},
                .store_size_bytes = info->size_bytes,
                .store_free_bytes = info->free_bytes,
                .store_available_bytes = info->available_bytes};
  for (const SpaceInfo& one : *infos) {
    if (one.kind != SpaceKind::kv || (space && one.name != *space)) continue;
    auto of_one = stats_of(store, one);
    if (!of_one) return Unexpected(of_one.error());
    stats.spaces.push_back(std::move(*of_one));
  }
  return stats;
}

Json stats_json(const KvStats& stats) {
  Json list = Json::array();
  for (const KvSpaceStats& space : stats.spaces) {
    Json item;
    set_bytes(item, "name", space.name);
    item["keys"] = space.keys;
    item["ordered"] = space.settings.ordered;
    item["keys_max"] = space.settings.keys_max;
    item["bytes_max"] = space.settings.bytes_max;
    item["data_bytes"] = space.data_bytes;
    item["index_bytes"] = space.index_bytes;
    item["segment_count"] = space.segment_count;
    item["size_bytes"] = space.size_bytes;
    item["live_bytes"] = space.live_bytes;
    item["garbage_bytes"] = space.garbage_bytes;
    list.push_back(std::move(item));
  }
  return Json{{"spaces", std::move(list)},
              {"store",
               {{"size_bytes", stats.store_size_bytes},
                {"free_bytes", stats.store_free_bytes},
                {"available_bytes", stats.store_available_bytes}}}};
}

std::string stats_text(const KvStats& stats) {
  std::size_t notes_width = 8;
  for (const KvSpaceStats& space : stats.spaces) notes_width = std::max(notes_width, notes_on(space.settings).size());
  constexpr const char* kRow = "{:>14}{:>12}{:>12}{:>12}{:>10}  {:<{}}{}\n";
  std::string text = fmt::format(fmt::runtime(kRow), "keys", "size", "live", "garbage", "segments", "", notes_width, "space");
  for (const KvSpaceStats& space : stats.spaces) {
    fmt::format_to(std::back_inserter(text), fmt::runtime(kRow), space.keys, format_size(space.size_bytes),
                   format_size(space.live_bytes), format_size(space.garbage_bytes), space.segment_count,
                   notes_on(space.settings), notes_width, escape(space.name));
  }
  return text + fmt::format("store: {}, {} free, {} available\n", format_size(stats.store_size_bytes),
                            format_size(stats.store_free_bytes), format_size(stats.store_available_bytes));
}

}  // namespace holdfast::cli
