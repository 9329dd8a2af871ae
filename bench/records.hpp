#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace holdfast::bench {

/// Bijective on 64 bits: different inputs give different outputs.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xBF58'476D'1CE4'E5B9ull;
  x ^= x >> 27;
  x *= 0x94D0'49BB'1331'11EBull;
  return x ^ (x >> 31);
}

/// A seeded order of 0 to count - 1 in which each number comes once, without a table: rounds of a
/// bijection on the next power of two; what falls outside is sent round again.
class Permutation {
 public:
  Permutation(std::uint64_t count, std::uint64_t seed) noexcept
      : count_(count),
        bits_(count < 2 ? 1u : static_cast<unsigned>(std::bit_width(count - 1))),
        mask_(bits_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits_) - 1),
        seed_(mix(seed + 1)) {}

  [[nodiscard]] std::uint64_t operator()(std::uint64_t index) const noexcept {
    do index = scatter(index);
    while (index >= count_);
    return index;
  }

 private:
  /// Each step can be undone modulo 2^bits: an addition, an odd multiplier, a shifted xor.
  [[nodiscard]] std::uint64_t scatter(std::uint64_t x) const noexcept {
    const unsigned half = (bits_ + 1) / 2;
    for (unsigned round = 0; round < 3; ++round) {
      x = (x + (seed_ >> (8 * round))) & mask_;
      x = (x * (0x9E37'79B9'7F4A'7C15ull + 2 * round)) & mask_;
      x ^= x >> half;
    }
    return x;
  }

  std::uint64_t count_;
  unsigned bits_;
  std::uint64_t mask_;
  std::uint64_t seed_;
};

inline constexpr std::uint64_t kKeySizeBytesMin = 8;

/// The number that stands for a key in bare maps; its first eight bytes.
[[nodiscard]] constexpr std::uint64_t key_number(std::uint64_t id) noexcept {
  return mix(id + 0x9E37'79B9'7F4A'7C15ull);
}

/// Writes key `id` into `key`, whose size (8 or more) is the key's. Different ids give different
/// keys, and rising ids give no order of keys.
inline void make_key(std::uint64_t id, std::string& key) noexcept {
  std::uint64_t word = key_number(id);
  std::size_t done = 0;
  while (done < key.size()) {
    const std::size_t step = std::min(sizeof word, key.size() - done);
    std::memcpy(key.data() + done, &word, step);
    done += step;
    word = mix(word);
  }
}

/// Values that cost nothing to make or to compare: windows into one run of random bytes, whose
/// place follows from key and version. A wrong value passes for the right one once in 65,536.
class Values {
 public:
  explicit Values(std::uint64_t size_bytes) : size_bytes_(size_bytes), bytes_(kWindows + size_bytes, '\0') {
    for (std::size_t i = 0; i < bytes_.size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t word = mix(i + 1);
      std::memcpy(bytes_.data() + i, &word, std::min(sizeof word, bytes_.size() - i));
    }
  }

  [[nodiscard]] std::string_view of(std::uint64_t id, std::uint64_t version) const noexcept {
    return {bytes_.data() + (mix(id * 4 + version) % kWindows), size_bytes_};
  }

 private:
  static constexpr std::uint64_t kWindows = 65'536;
  std::uint64_t size_bytes_;
  std::string bytes_;
};

}  // namespace holdfast::bench
