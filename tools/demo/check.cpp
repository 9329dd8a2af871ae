#include "demo/check.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::demo {
namespace {

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

}  // namespace

Result<Comparison> compare(const Kv& space, const PackageIndex& index, const Acknowledged& acknowledged) {
  Comparison comparison;
  for (const auto& [key, numbers] : index.by_key()) {
    const auto value = space.get(key);
    if (!value) return Unexpected(value.error());
    const auto present = *value ? record_equal_to(**value, index, numbers) : std::nullopt;
    for (const std::uint32_t number : numbers) {
      if (acknowledged[number] == 0) continue;
      ++comparison.expected;
      ++(present && *present >= number ? comparison.found : comparison.lost);
    }
  }
  const auto invented = count_invented(space, index);
  if (!invented) return Unexpected(invented.error());
  comparison.invented = *invented;
  return comparison;
}

}  // namespace holdfast::demo
