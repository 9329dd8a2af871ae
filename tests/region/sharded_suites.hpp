#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "region_suites.hpp"

namespace holdfast::region_suites {

inline constexpr std::uint64_t kShardBytes = 10'000;  ///< No multiple of a block.
inline constexpr ShardedDataOptions kSharded{.shard_size_bytes = kShardBytes, .threads = 4};

[[nodiscard]] inline std::string read_all(const ShardedData& data) {
  std::string bytes(data.size_bytes(), '?');
  return data.read(0, std::as_writable_bytes(std::span(bytes))) ? bytes : "error";
}

/// Regions without a name: all shards there are.
[[nodiscard]] inline std::size_t shards_in(const Store& store) {
  const auto regions = store.regions();
  return static_cast<std::size_t>(
      std::ranges::count_if(regions.value(), [](const RegionInfo& info) { return info.name.empty(); }));
}

/// Copies from `bytes`, and counts what it is asked for.
class CountingSource {
 public:
  explicit CountingSource(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] ShardedData::Source source() {
    return [this](std::uint64_t offset, std::span<std::byte> bytes) -> Result<void> {
      const unsigned live = ++live_;
      for (unsigned seen = live_max_; seen < live && !live_max_.compare_exchange_weak(seen, live);) {
      }
      ++calls_;
      std::ranges::copy(bytes_of_text(bytes_.substr(offset, bytes.size())), bytes.begin());
      --live_;
      return {};
    };
  }
  [[nodiscard]] unsigned live_max() const { return live_max_; }
  [[nodiscard]] unsigned calls() const { return calls_; }

 private:
  std::string_view bytes_;
  std::atomic<unsigned> live_{0};
  std::atomic<unsigned> live_max_{0};
  std::atomic<unsigned> calls_{0};
};

}  // namespace holdfast::region_suites
