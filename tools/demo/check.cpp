#include "demo/check.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

#include "demo/load.hpp"

namespace holdfast::demo {
namespace {

void count(Comparison& comparison, bool found) {
  ++comparison.expected;
  ++(found ? comparison.found : comparison.lost);
}

// --- the key-value space ---

/// Number of the last record of those in `numbers` that `value` equals.
std::optional<std::uint32_t> record_equal_to(std::string_view value, const PackageIndex& index,
                                             const std::vector<std::uint32_t>& numbers) {
  const auto match = std::find_if(numbers.rbegin(), numbers.rend(), [&](std::uint32_t number) {
    return index.records()[number].stanza == value;
  });
  return match == numbers.rend() ? std::nullopt : std::optional(*match);
}

Result<std::uint64_t> count_invented(const Kv& space, const PackageIndex& index) {
  std::uint64_t invented = 0;
  const auto scanned = space.scan("", [&](std::string_view key, std::string_view value) {
    const auto numbers = index.by_key().find(key);
    if (numbers == index.by_key().end() || !record_equal_to(value, index, numbers->second)) ++invented;
    return true;
  });
  if (!scanned) return Unexpected(scanned.error());
  return invented;
}

// --- the log ---

/// Which record was acknowledged under each id.
std::vector<std::optional<std::uint32_t>> records_by_id(const Acknowledged& acknowledged) {
  const LogId last = *std::max_element(acknowledged.appended.begin(), acknowledged.appended.end());
  std::vector<std::optional<std::uint32_t>> records(last + 1);
  for (std::uint32_t number = 0; number < acknowledged.appended.size(); ++number)
    records[acknowledged.appended[number]] = number;
  records[0].reset();  // what was not acknowledged
  return records;
}

// --- the region ---

/// The bytes of `region` in one piece.
Result<Binary> bytes_of(const Region& region) {
  const auto size = region.size();
  if (!size) return Unexpected(size.error());
  const auto view = region.view(0, *size);
  if (!view) return Unexpected(view.error());
  Binary bytes;
  bytes.reserve(*size);
  for (const auto span : view->spans()) bytes.insert(bytes.end(), span.begin(), span.end());
  return bytes;
}

/// True if each byte is the one of the source or, not written yet, zero.
bool written_or_zero(std::span<const std::byte> bytes, std::span<const std::byte> source) {
  return std::equal(
      bytes.begin(), bytes.end(), source.begin(), source.end(),
      [](std::byte byte, std::byte original) { return byte == original || byte == std::byte{0}; });
}

}  // namespace

Result<Comparison> compare_space(const Kv& space, const PackageIndex& index,
                                 const Acknowledged& acknowledged) {
  Comparison comparison;
  for (const auto& [key, numbers] : index.by_key()) {
    const auto value = space.get(key);
    if (!value) return Unexpected(value.error());
    const auto present = *value ? record_equal_to(**value, index, numbers) : std::nullopt;
    for (const std::uint32_t number : numbers)
      if (acknowledged.put[number] != 0) count(comparison, present && *present >= number);
  }
  const auto invented = count_invented(space, index);
  if (!invented) return Unexpected(invented.error());
  comparison.invented = *invented;
  return comparison;
}

Result<Comparison> compare_log(const Log& log, const PackageIndex& index, const Acknowledged& acknowledged) {
  const auto expected = records_by_id(acknowledged);
  std::unordered_set<std::string_view> stanzas;
  for (const PackageRecord& record : index.records()) stanzas.insert(record.stanza);
  Comparison comparison;
  LogId next = 1;
  LogId behind_gap = 0;
  const auto first = log.first_id();
  if (!first) return Unexpected(first.error());
  const auto scanned = log.scan(*first, [&](const LogEntryView& entry) {
    if (entry.id != next) {
      behind_gap = entry.id;
      return false;
    }
    ++next;
    if (entry.id < expected.size() && expected[entry.id])
      count(comparison, index.records()[*expected[entry.id]].stanza == entry.payload);
    if (!stanzas.contains(entry.payload)) ++comparison.invented;
    return true;
  });
  if (!scanned) return Unexpected(scanned.error());
  if (behind_gap != 0) {
    return Unexpected(Error{.code = ErrorCode::corruption,
                            .message = "the ids of the log have a gap",
                            .expected = std::to_string(next),
                            .found = std::to_string(behind_gap)});
  }
  for (LogId id = next; id < expected.size(); ++id)
    if (expected[id]) count(comparison, false);
  return comparison;
}

Result<Comparison> compare_region(const Region& region, const Binary& binary,
                                  const Acknowledged& acknowledged) {
  const auto read = bytes_of(region);
  if (!read) return Unexpected(read.error());
  const std::span<const std::byte> bytes(*read);
  const std::span<const std::byte> source(binary);
  Comparison comparison;
  for (std::uint64_t at = 0; at < std::max(bytes.size(), source.size()); at += kPieceSizeBytes) {
    const auto piece_of = [at](std::span<const std::byte> all) {
      const std::uint64_t begin = std::min<std::uint64_t>(at, all.size());
      return all.subspan(begin, std::min<std::uint64_t>(kPieceSizeBytes, all.size() - begin));
    };
    const auto there = piece_of(bytes);
    const auto original = piece_of(source);
    const bool same = std::equal(there.begin(), there.end(), original.begin(), original.end());
    if (at < acknowledged.flushed_bytes) {
      count(comparison, same);
    } else if (there.size() > original.size() || !written_or_zero(there, original.first(there.size()))) {
      ++comparison.invented;
    }
  }
  return comparison;
}

}  // namespace holdfast::demo
