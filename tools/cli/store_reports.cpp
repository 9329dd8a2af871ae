#include "cli/store_reports.hpp"

#include <fmt/format.h>

#include <iterator>

#include "cli/escape.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

Json damage_json(const std::vector<Damage>& damage) {
  Json list = Json::array();
  for (const Damage& each : damage) {
    Json item;
    set_bytes(item, "space", each.space);
    item["segment_id"] = each.segment_id;
    item["offset"] = each.range.offset;
    item["size_bytes"] = each.range.size_bytes;
    item["message"] = each.message;
    list.push_back(std::move(item));
  }
  return list;
}

std::string damage_text(const std::vector<Damage>& damage) {
  std::string text;
  for (const Damage& each : damage) {
    const std::string place = each.space.empty() ? "the store's own records" : "space " + escape(each.space);
    fmt::format_to(std::back_inserter(text), "damage: {}, segment {}, offset {}, {} bytes: {}\n", place,
                   each.segment_id, each.range.offset, each.range.size_bytes, escape(each.message));
  }
  return text;
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

std::string_view name(Granularity granularity) noexcept {
  switch (granularity) {
    case Granularity::byte:
      return "byte";
    case Granularity::cache_line:
      return "cache line";
    case Granularity::page:
      return "page";
  }
  return "unknown";
}

// Nothing is lost by it, so it is no damage.
std::string superblock_text(std::uint64_t bad_slots) {
  if (bad_slots == 0) return {};
  return "note: a superblock slot is unreadable; the other one serves, and opening for writing repairs it\n";
}

Json info_json(const StoreInfo& info, const RecoveryReport& recovery) {
  Json json;
  set_bytes(json, "path", info.path);
  json["backend"] = name(info.backend);
  json["durable"] = info.capabilities.durable;
  json["granularity"] = name(info.capabilities.granularity);
  json["uuid"] = info.uuid;
  json["format_version"] = info.format_version;
  json["epoch"] = info.epoch;
  json["segment_size_bytes"] = info.segment_size_bytes;
  json["size_bytes"] = info.size_bytes;
  json["free_bytes"] = info.free_bytes;
  json["max_size_bytes"] = info.max_size_bytes;
  json["available_bytes"] = info.available_bytes;
  json["recovery"] = {
      {"clean_close", recovery.clean_close},   {"segments", recovery.segments},
      {"records", recovery.records},           {"bytes", recovery.bytes},
      {"torn_tails", recovery.torn_tails},     {"dropped_records", recovery.dropped_records},
      {"duration_us", recovery.duration_us},   {"superblock_slots_bad", recovery.superblock_slots_bad},
      {"damage", damage_json(recovery.damage)}};
  return json;
}

std::string info_text(const StoreInfo& info, const RecoveryReport& recovery) {
  std::string text;
  const auto line = [&text](std::string_view label, const std::string& value) {
    fmt::format_to(std::back_inserter(text), "{:<14}{}\n", label, value);
  };
  line("path", escape(info.path));
  line("backend", fmt::format("{}, {} granularity", name(info.backend), name(info.capabilities.granularity)));
  line("durable", info.capabilities.durable ? "yes" : "no: a power cut loses everything on this medium");
  line("uuid", info.uuid);
  line("format", std::to_string(info.format_version));
  line("epoch", std::to_string(info.epoch));
  line("segment size", format_size(info.segment_size_bytes));
  line("size", fmt::format("{}, {} free, at most {}", format_size(info.size_bytes),
                           format_size(info.free_bytes), format_size(info.max_size_bytes)));
  line("last close", recovery.clean_close ? "clean" : "none: the process that wrote last was ended");
  line("recovered",
       fmt::format("{} records, {} in {} segments, {:.1f} ms", recovery.records, format_size(recovery.bytes),
                   recovery.segments, static_cast<double>(recovery.duration_us) / 1000));
  line("not durable",
       fmt::format("{} torn tails, {} records dropped", recovery.torn_tails, recovery.dropped_records));
  return text + superblock_text(recovery.superblock_slots_bad) + damage_text(recovery.damage);
}

Json spaces_json(const std::vector<SpaceInfo>& spaces) {
  Json list = Json::array();
  for (const SpaceInfo& space : spaces) {
    Json item;
    set_bytes(item, "name", space.name);
    item["kind"] = holdfast::name(space.kind);
    item["id"] = space.id;
    item["segment_count"] = space.segment_count;
    item["size_bytes"] = space.size_bytes;
    list.push_back(std::move(item));
  }
  return Json{{"spaces", std::move(list)}};
}

std::string spaces_text(const std::vector<SpaceInfo>& spaces) {
  std::string text;
  for (const SpaceInfo& space : spaces) {
    fmt::format_to(std::back_inserter(text), "{:<8}{:>12}  {}\n", holdfast::name(space.kind),
                   format_size(space.size_bytes), escape(space.name));
  }
  return text;
}

Json verify_json(const VerifyReport& report) {
  return Json{{"segments", report.segments},
              {"records", report.records},
              {"bytes", report.bytes},
              {"superblock_slots_bad", report.superblock_slots_bad},
              {"damage", damage_json(report.damage)}};
}

std::string verify_text(const VerifyReport& report) {
  return damage_text(report.damage) + superblock_text(report.superblock_slots_bad) +
         fmt::format("{} records, {} in {} segments: {}\n", report.records, format_size(report.bytes),
                     report.segments,
                     report.damage.empty() ? "no damage" : fmt::format("{} damaged", report.damage.size()));
}

}  // namespace holdfast::cli
