#include "region_history.hpp"

#include <algorithm>

namespace holdfast::lab {
namespace {

using Region = RegionHistory::Region;

/// Whether `found` is what a crash may have made of a region that was in that state.
std::string compare(const Region& region, const std::string& found) {
  if (found.size() != region.durable.size())
    return "has " + std::to_string(found.size()) + " bytes instead of " + std::to_string(region.durable.size());
  for (std::uint64_t i = 0; i < found.size(); ++i) {
    if (found[i] == region.durable[i]) continue;
    const bool was_written = std::any_of(region.since.begin(), region.since.end(), [&](const auto& written) {
      return i >= written.offset && i - written.offset < written.bytes.size() &&
             written.bytes[i - written.offset] == found[i];
    });
    if (!was_written) return "holds at " + std::to_string(i) + " what nobody wrote there";
  }
  return {};
}

std::string compare(const RegionHistory::Regions& expected, const RegionContents& found) {
  for (const auto& [name, bytes] : found)
    if (!expected.contains(name)) return "region '" + name + "' should not be there";
  for (const auto& [name, region] : expected) {
    const auto there = found.find(name);
    if (there == found.end()) return "region '" + name + "' is lost";
    if (const auto wrong = compare(region, there->second); !wrong.empty()) return "region '" + name + "' " + wrong;
  }
  return {};
}

}  // namespace

void RegionHistory::begin(Regions after, std::uint64_t event_count) {
  calls_.push_back({std::move(after), event_count, std::nullopt});
}

void RegionHistory::end(std::uint64_t event_count) { calls_.back().ended = event_count; }

std::string RegionHistory::check(const RegionContents& found, std::uint64_t event_count) const {
  std::string wrong = "no store was promised, and one is there";
  for (const Call& call : calls_) {
    if (call.began >= event_count && !wrong.empty() && &call != &calls_.front()) break;
    if (call.ended && *call.ended <= event_count) {
      wrong = compare(call.after, found);
      continue;
    }
    // Under way: the state behind it is as good as the one before.
    if (wrong.empty() || compare(call.after, found).empty()) return {};
    return wrong + ", or behind the call: " + compare(call.after, found);
  }
  return wrong;
}

std::string text_of(const RegionView& view) {
  std::string text;
  for (const auto& span : view.spans()) text.append(reinterpret_cast<const char*>(span.data()), span.size());
  return text;
}

std::string contents_of(const RegionHistory::Region& region) {
  std::string bytes = region.durable;
  for (const auto& written : region.since) {
    if (written.offset + written.bytes.size() > bytes.size()) bytes.resize(written.offset + written.bytes.size(), '\0');
    bytes.replace(written.offset, written.bytes.size(), written.bytes);
  }
  return bytes;
}

void flush_model(RegionHistory::Region& region) {
  region.durable = contents_of(region);
  region.since.clear();
}

void put_durably(RegionHistory::Region& region, const RegionHistory::Written& written) {
  const std::uint64_t end = written.offset + written.bytes.size();
  if (end > region.durable.size()) region.durable.resize(end, '\0');
  region.durable.replace(written.offset, written.bytes.size(), written.bytes);
  for (auto& earlier : region.since)
    for (std::uint64_t i = 0; i < earlier.bytes.size(); ++i)
      if (earlier.offset + i >= written.offset && earlier.offset + i < end)
        earlier.bytes[i] = written.bytes[earlier.offset + i - written.offset];
}

std::string version_name(const std::string& region, std::uint64_t number) { return region + "@" + std::to_string(number); }

std::string sealed_name(const std::string& region) { return region + "!sealed"; }

bool is_region(const std::string& name) { return name.find_first_of("@!") == std::string::npos; }

}  // namespace holdfast::lab
