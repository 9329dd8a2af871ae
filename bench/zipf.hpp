#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "records.hpp"

namespace holdfast::bench {

/// Numbers from 0 to count - 1, 0 the most frequent: number k comes in proportion to 1 / (k + 1)^theta (Gray
/// et al., "Quickly generating billion-record synthetic databases"). Theta 0: all alike. Requires: 0 <= theta
/// < 1.
class Zipf {
 public:
  Zipf(std::uint64_t count, double theta) : count_(count), theta_(theta) {
    for (std::uint64_t i = 1; i <= count && theta > 0; ++i)
      sum_ += 1 / std::pow(static_cast<double>(i), theta);
    const double first_two = 1 + std::pow(0.5, theta);
    alpha_ = 1 / (1 - theta);
    eta_ = (1 - std::pow(2.0 / static_cast<double>(count), 1 - theta)) / (1 - first_two / sum_);
  }

  /// The number that the random one stands for; the same for the same.
  [[nodiscard]] std::uint64_t operator()(std::uint64_t random) const {
    if (theta_ == 0 || count_ < 3) return random % count_;
    const double uniform = static_cast<double>(random >> 11) * 0x1p-53;
    const double place = uniform * sum_;
    if (place < 1) return 0;
    if (place < 1 + std::pow(0.5, theta_)) return 1;
    const double number = static_cast<double>(count_) * std::pow(eta_ * uniform - eta_ + 1, alpha_);
    return std::min(static_cast<std::uint64_t>(number), count_ - 1);
  }

 private:
  std::uint64_t count_;
  double theta_;
  double sum_ = 0;
  double alpha_ = 0;
  double eta_ = 0;
};

/// Which key each operation of a run works on, by its position: frequent ones lie anywhere among the keys.
class ZipfKeys {
 public:
  ZipfKeys(std::uint64_t count, double theta, std::uint64_t seed)
      : ranks_(count, theta), keys_(count, seed), seed_(mix(seed + 0x5EED)) {}

  [[nodiscard]] std::uint64_t operator()(std::uint64_t position) const {
    return keys_(ranks_(mix(position + seed_)));
  }

 private:
  Zipf ranks_;
  Permutation keys_;
  std::uint64_t seed_;
};

}  // namespace holdfast::bench
