#include "cli/region_reports.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <string_view>

#include "cli/escape.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

std::string time_text(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return seconds == std::chrono::sys_seconds{} ? "not known"
                                               : fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", seconds);
}

std::string checked_text(const RegionForm& form) {
  if (form.checked_block_bytes == 0) return "no";
  return "blocks of " + format_size(form.checked_block_bytes) + (form.is_mirrored ? ", mirrored" : "");
}

// There may be more than are kept: those beyond go with the next one.
std::string kept_text(const RegionForm& form, std::size_t count) {
  if (form.versions_kept == 0)
    return count == 0 ? "none kept" : fmt::format("{}, none kept from now on", count);
  return fmt::format("{}, up to {} kept{}", count, form.versions_kept,
                     form.compresses_versions ? ", compressed" : "");
}

/// Room on the medium, which a hole does not take and a mirror takes again.
std::uint64_t owned_bytes(const RegionInfo& region) {
  return (region.capacity_bytes - region.hole_bytes) * (region.form.is_mirrored ? 2 : 1);
}

}  // namespace

Json region_json(const RegionInfo& region, std::size_t version_count) {
  Json json;
  set_bytes(json, "name", region.name);
  json["id"] = region.id;
  json["size_bytes"] = region.size_bytes;
  json["extents"] = region.extent_count;
  json["owned_bytes"] = owned_bytes(region);
  json["hole_bytes"] = region.hole_bytes;
  json["sealed"] = region.is_sealed;
  json["checked_block_bytes"] = region.form.checked_block_bytes;
  json["mirrored"] = region.form.is_mirrored;
  json["versions_kept"] = region.form.versions_kept;
  json["compresses_versions"] = region.form.compresses_versions;
  json["version_count"] = version_count;
  json["created"] = time_text(region.created);
  json["expected_size_bytes"] = region.metadata.expected_size_bytes;
  set_bytes(json, "owner", region.metadata.owner);
  set_bytes(json, "description", region.metadata.description);
  Json attributes = Json::array();
  for (const auto& [key, value] : region.metadata.attributes) {
    Json attribute;
    set_bytes(attribute, "key", key);
    set_bytes(attribute, "value", value);
    attributes.push_back(std::move(attribute));
  }
  json["attributes"] = std::move(attributes);
  return json;
}

std::string region_text(const RegionInfo& region, std::size_t version_count) {
  std::string text;
  const auto add = [&text](std::string_view what, const std::string& value) {
    text += fmt::format("{:<13}{}\n", what, value);
  };
  add("name", escape(region.name));
  add("id", fmt::format("{}", region.id));
  add("size", fmt::format("{} bytes", region.size_bytes));
  add("extents", fmt::format("{}", region.extent_count));
  add("owns", fmt::format("{} bytes", owned_bytes(region)));
  add("holes", fmt::format("{} bytes", region.hole_bytes));
  add("sealed", region.is_sealed ? "yes" : "no");
  add("checked", checked_text(region.form));
  add("versions", kept_text(region.form, version_count));
  add("created", time_text(region.created));
  if (!region.metadata.owner.empty()) add("owner", escape(region.metadata.owner));
  if (!region.metadata.description.empty()) add("description", escape(region.metadata.description));
  if (region.metadata.expected_size_bytes != 0)
    add("expected", fmt::format("{} bytes", region.metadata.expected_size_bytes));
  for (const auto& [key, value] : region.metadata.attributes)
    add("attribute", escape(key) + " = " + escape(value));
  return text;
}

Json version_json(const RegionVersion& version) {
  return Json{{"number", version.number},
              {"size_bytes", version.size_bytes},
              {"stored_bytes", version.stored_bytes},
              {"kept", time_text(version.kept)},
              {"id", version.id}};
}

Json versions_json(const std::vector<RegionVersion>& versions) {
  Json list = Json::array();
  for (const RegionVersion& version : versions) list.push_back(version_json(version));
  return list;
}

std::string versions_text(const std::vector<RegionVersion>& versions) {
  std::string text;
  for (const RegionVersion& version : versions)
    fmt::format_to(std::back_inserter(text), "{:>6}  {:>12}  stored in {:>10}  {}  id {}\n", version.number,
                   format_size(version.size_bytes), format_size(version.stored_bytes),
                   time_text(version.kept), version.id);
  return text;
}

}  // namespace holdfast::cli
