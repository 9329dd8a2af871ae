#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace holdfast::bench {

/// Log-linear histogram of 64-bit values: exact below 64, then 64 buckets for each power of two, so
/// that a percentile is off by less than 1.6 %. Threads: one; merge() joins those of many.
class Histogram {
 public:
  void add(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
  }

  void merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

  /// The smallest value that at least `fraction` (0 to 1) of all values do not exceed, up to the
  /// bucket's width; 0 if nothing was added.
  [[nodiscard]] std::uint64_t percentile(double fraction) const noexcept {
    if (count_ == 0) return 0;
    const auto rank = std::clamp<std::uint64_t>(
        static_cast<std::uint64_t>(fraction * static_cast<double>(count_) + 0.5), 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= rank) return middle_of(i);
    }
    return middle_of(kBuckets - 1);
  }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::uint64_t kSubBuckets = 1u << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) * kSubBuckets;

  /// Values of one power of two share `shift`; their top 6 bits below the leading one tell the bucket.
  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < kSubBuckets) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
  }

  static std::uint64_t middle_of(std::size_t bucket) noexcept {
    if (bucket < kSubBuckets) return bucket;
    const auto shift = static_cast<unsigned>(bucket / kSubBuckets) - 1;
    const std::uint64_t low = (kSubBuckets + bucket % kSubBuckets) << shift;
    return low + ((std::uint64_t{1} << shift) >> 1);
  }

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(kBuckets);
  std::uint64_t count_ = 0;
};

}  // namespace holdfast::bench
