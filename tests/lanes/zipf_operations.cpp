#include "zipf_operations.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "random.hpp"

namespace holdfast::lanes {
namespace {

/// For each rank, how many of 2^32 draws are of it or of a more frequent one.
std::array<std::uint32_t, kZipfKeysPerThread> make_draws() {
  std::array<double, kZipfKeysPerThread> sums{};
  double sum = 0;
  for (std::uint32_t rank = 0; rank < kZipfKeysPerThread; ++rank) sums[rank] = sum += 1 / std::pow(rank + 1, 0.99);
  std::array<std::uint32_t, kZipfKeysPerThread> draws{};
  for (std::uint32_t rank = 0; rank < kZipfKeysPerThread; ++rank)
    draws[rank] = static_cast<std::uint32_t>(sums[rank] / sum * 0xFFFF'FFFFu);
  return draws;
}

std::uint32_t zipf_rank(Random& random) {
  static const auto draws = make_draws();
  const auto draw = static_cast<std::uint32_t>(random.next());
  const auto found = std::lower_bound(draws.begin(), draws.end(), draw);
  return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - draws.begin(), kZipfKeysPerThread - 1));
}

}  // namespace

Operation zipf_operation_of(std::uint64_t seed, std::uint32_t thread, std::uint64_t number) {
  Random random(seed ^ ((number << 8) | thread));
  const bool is_first = number <= kZipfKeysPerThread;
  // Frequent keys lie anywhere among the others.
  const std::uint32_t index = is_first ? static_cast<std::uint32_t>(number - 1)
                                       : static_cast<std::uint32_t>(zipf_rank(random) * std::uint64_t{2'741} % kZipfKeysPerThread);
  Change change{.key = "thread " + std::to_string(thread) + " key " + std::to_string(index)};
  change.erases = !is_first && random.below(20) == 0;
  if (!change.erases) change.value_size_bytes = kZipfValueSizeBytes - 200 + random.below(401);
  return {.changes = {std::move(change)}};
}

}  // namespace holdfast::lanes
