#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "machine.hpp"
#include "raw.hpp"
#include "row.hpp"
#include "slices.hpp"

namespace holdfast::bench {

/// The plan that all workloads share: keys in their order, cut as the configuration says.
[[nodiscard]] SlicePlan make_plan(const Config& config);

/// Counts what a run sends to the disk below `dir`.
class DeviceMeter {
 public:
  /// Starts counting. On anything but the file backend there is nothing to count.
  DeviceMeter(const Config& config, const std::filesystem::path& dir);

  /// Bytes since construction, less what the machine writes by itself in that time.
  [[nodiscard]] std::optional<std::uint64_t> bytes() const;

  /// Where the figures come from, in a few words; nothing if there are none.
  [[nodiscard]] std::optional<std::string> source() const;

  /// The median of what each of `count` single writes sends; nothing if `config` is not one thread that
  /// waits for its syncs. Errors: those of `write`.
  [[nodiscard]] Result<std::optional<std::uint64_t>> median_of_writes(
      std::uint64_t count, const std::function<Result<void>(std::uint64_t)>& write) const;

 private:
  const Config& config_;
  std::optional<DeviceCounter> counter_;
  std::uint64_t start_bytes_ = 0;
  std::uint64_t start_ticks_ = 0;
};

/// Single writes of which median_of_writes() is taken.
inline constexpr std::uint64_t kSingleWrites = 1000;

}  // namespace holdfast::bench
