#include "lane_check.hpp"

#include <algorithm>
#include <span>

#include "key_operations.hpp"
#include "lane_operations.hpp"

namespace holdfast::lanes {
namespace {

bool is_state_behind(const ThreadState& found, std::uint64_t seed, std::uint32_t lane, std::uint64_t count) {
  Replay replay(seed, lane);
  replay.died(count, count);
  return replay.settle(found);
}

std::string text_of(std::uint64_t number) { return std::to_string(number); }

}  // namespace

ThreadState read_keys(const Kv& space, std::uint32_t lane, std::string& complaint) {
  ThreadState found;
  for (std::uint32_t index = 0; index < kKeysPerThread; ++index) {
    const std::string key = key_of(lane, index);
    const auto value = space.get(key);
    if (!value) complaint = "get: " + value.error().to_string();
    if (!value || !*value) continue;
    const auto number = number_in(key, **value);
    if (!number) complaint = "the value of '" + key.substr(0, 40) + "' is torn";
    found[key] = {number.value_or(0), static_cast<std::uint32_t>((*value)->size())};
  }
  return found;
}

LaneFinding check_keys(const ThreadState& found, std::uint64_t seed, std::uint32_t lane,
                       std::uint64_t acknowledged, std::optional<std::uint64_t> also) {
  for (const std::uint64_t count : {acknowledged, acknowledged + 1})
    if ((!also || *also == count) && is_state_behind(found, seed, lane, count)) return {count};
  LaneFinding finding;
  for (std::uint64_t count = acknowledged; count-- > 0 && finding.lost == 0;) {
    if (!is_state_behind(found, seed, lane, count)) continue;
    finding.settled = count;
    finding.lost = acknowledged - count;
  }
  finding.lost = std::max<std::uint64_t>(finding.lost, 1);
  Replay replay(seed, lane);
  replay.died(acknowledged, acknowledged + 1);
  finding.complaint = replay.explain(found);
  if (also) finding.complaint += "\n  its stream ends with operation " + text_of(*also);
  return finding;
}

std::vector<std::string> read_stream(const Log& stream, std::string& complaint) {
  std::vector<std::string> records;
  const auto scanned = stream.scan(1, [&](const LogEntryView& entry) {
    if (entry.id != records.size() + 1)
      complaint = "id " + text_of(entry.id) + " behind " + text_of(records.size());
    records.emplace_back(entry.payload);
    return true;
  });
  if (!scanned) complaint = "scan: " + scanned.error().to_string();
  if (const auto next = stream.next_id(); !next || *next != records.size() + 1)
    complaint = "next_id() is not behind the last of " + text_of(records.size()) + " records";
  return records;
}

LaneFinding check_records(const std::vector<std::string>& records, std::uint64_t seed, std::uint32_t lane,
                          std::uint64_t acknowledged, std::uint64_t& taken) {
  LaneFinding finding;
  std::size_t place = 0;
  for (std::uint64_t number = 1; number <= acknowledged + 1; ++number) {
    const auto payloads = append_of(seed, lane, number).payloads;
    // Other lanes' records may lie before and between operations, but not inside one.
    const auto first =
        std::find(records.begin() + static_cast<std::ptrdiff_t>(place), records.end(), payloads.front());
    if (first == records.end()) break;
    const auto [in_call, in_stream] = std::mismatch(payloads.begin(), payloads.end(), first, records.end());
    if (in_call != payloads.end()) {
      finding.complaint = "operation " + text_of(number) + " is there in part";
      break;
    }
    place = static_cast<std::size_t>(in_stream - records.begin());
    taken += payloads.size();
    finding.settled = number;
  }
  if (finding.settled >= acknowledged) return finding;
  finding.lost = acknowledged - finding.settled;
  if (finding.complaint.empty())
    finding.complaint = "operation " + text_of(finding.settled + 1) + " is not there, acknowledged are " +
                        text_of(acknowledged) + " (" + text_of(records.size()) + " records)";
  return finding;
}

LaneFinding check_region(const Region& region, std::uint64_t seed, std::uint64_t acknowledged) {
  RegionScript script(seed);
  std::string durable;
  const auto apply = [&durable](const RegionChange& change) {
    durable.resize(change.size_bytes);
    for (const auto& write : change.writes) durable.replace(write.offset, write.bytes.size(), write.bytes);
  };
  while (script.number() < acknowledged) apply(script.next());
  const RegionChange in_flight = script.next();

  const auto size_bytes = region.size();
  if (!size_bytes) return {acknowledged, 1, "size: " + size_bytes.error().to_string()};
  bool had_size = *size_bytes == durable.size();
  for (const auto& write : in_flight.writes) had_size |= *size_bytes == write.offset + write.bytes.size();
  if (!had_size || *size_bytes < durable.size())
    return {acknowledged, 1,
            "has " + text_of(*size_bytes) + " bytes, durable were " + text_of(durable.size())};

  std::string found(*size_bytes, '\0');
  if (auto read = region.read_at(0, std::as_writable_bytes(std::span(found))); !read)
    return {acknowledged, 1, "read_at: " + read.error().to_string()};
  for (std::uint64_t i = 0; i < found.size(); ++i) {
    if (i < durable.size() && found[i] == durable[i]) continue;
    const bool was_written = std::ranges::any_of(in_flight.writes, [&](const auto& write) {
      return i >= write.offset && i - write.offset < write.bytes.size() &&
             write.bytes[i - write.offset] == found[i];
    });
    if (!was_written)
      return {acknowledged, 1,
              "holds another byte at " + text_of(i) + " than operation " + text_of(acknowledged) + " left"};
  }
  return {acknowledged};
}

}  // namespace holdfast::lanes
