#include "lane_operations.hpp"

#include <algorithm>
#include <random>

#include "key_operations.hpp"

namespace holdfast::lanes {
namespace {

constexpr std::uint64_t kRegionSizeBytesMax = 96 << 10;

std::mt19937_64 random_of(std::uint64_t seed, std::uint32_t lane, std::uint64_t number) {
  std::seed_seq sequence{seed, seed >> 32, std::uint64_t{lane}, number, number >> 32};
  return std::mt19937_64(sequence);
}

/// Differs from the bytes of any other write, and along the way.
std::string region_bytes(std::mt19937_64& random, std::uint64_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  std::ranges::generate(bytes, [&] { return static_cast<char>(random()); });
  return bytes;
}

}  // namespace

Append append_of(std::uint64_t seed, std::uint32_t lane, std::uint64_t number) {
  auto random = random_of(seed, lane, number);
  Append append;
  append.kind = static_cast<AppendKind>(random() % 3);
  const std::uint64_t count = append.kind == AppendKind::together ? 2 + random() % 4 : 1;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string name = "lane " + std::to_string(lane) + " record " + std::to_string(i);
    const std::uint64_t extra = random() % 20 == 0 ? random() % 9000 : random() % 200;
    const auto size_bytes = value_size_bytes_min(name) + static_cast<std::uint32_t>(extra);
    append.payloads.push_back(make_value(name, number, size_bytes));
  }
  return append;
}

RegionChange RegionScript::next() {
  ++number_;
  auto random = random_of(seed_, 0, number_);
  RegionChange change;
  change.is_immediate = random() % 3 == 0;
  const std::uint64_t count = change.is_immediate ? 1 : 1 + random() % 3;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t size_bytes = 1 + random() % (random() % 8 == 0 ? 9000 : 600);
    const bool grows = size_bytes_ < kRegionSizeBytesMax && (size_bytes_ < 9000 || random() % 3 == 0);
    const std::uint64_t offset = grows ? size_bytes_ : random() % (size_bytes_ - size_bytes + 1);
    change.writes.push_back({offset, region_bytes(random, size_bytes)});
    size_bytes_ = std::max(size_bytes_, offset + size_bytes);
  }
  change.size_bytes = size_bytes_;
  return change;
}

}  // namespace holdfast::lanes
