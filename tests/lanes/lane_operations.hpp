#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::lanes {

// What operation `number` (from 1) of a lane does follows from seed, lane and number, so that whoever checks
// knows what the process that ended had done. Those of key-value spaces are in key_operations.hpp.

/// Which call appends.
enum class AppendKind { one, together, asynchronous };

/// Records that one operation appends to the shared stream. Each names its lane and its operation, so no two
/// are equal.
struct Append {
  AppendKind kind = AppendKind::one;
  std::vector<std::string> payloads;
};
[[nodiscard]] Append append_of(std::uint64_t seed, std::uint32_t lane, std::uint64_t number);

/// Bytes that one operation writes into the region, durable with its end: by one immediate write, or by a
/// flush behind all of them.
struct RegionChange {
  struct Write {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  std::vector<Write> writes;
  bool is_immediate = false;
  std::uint64_t size_bytes = 0;  ///< Of the region, behind it.
};

/// The region lane's operations in their order: where a write goes depends on the region's size.
class RegionScript {
 public:
  explicit RegionScript(std::uint64_t seed) noexcept : seed_(seed) {}
  [[nodiscard]] RegionChange next();
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }  ///< Of the last one.

 private:
  std::uint64_t seed_;
  std::uint64_t number_ = 0;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace holdfast::lanes
