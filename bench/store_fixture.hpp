#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <holdfast/holdfast.hpp>

#include "config.hpp"
#include "records.hpp"

namespace holdfast::bench {

/// A store in a scratch directory with one key-value space, large enough for the run, so that growth
/// is no part of what is timed.
struct StoreFixture {
  Store store;
  Kv space;

  /// `records`: how many of the configured size will be written in all.
  [[nodiscard]] static Result<StoreFixture> make(const Config& config, const std::filesystem::path& path,
                                                 std::uint64_t records);
};

[[nodiscard]] Options store_options(const Config& config, std::uint64_t records);

/// Where a run's store lies inside its scratch directory.
[[nodiscard]] std::filesystem::path store_path(const std::filesystem::path& dir);

/// Puts keys `first` to `first + count - 1` in version 0 with all processors, buffered, then syncs.
[[nodiscard]] Result<void> fill(Store& store, Kv& space, const Config& config, const Values& values,
                                std::uint64_t first, std::uint64_t count);

/// Sends what the file system still holds back to the disk, so that it does not burden the run.
[[nodiscard]] Result<void> settle(const std::filesystem::path& dir);

}  // namespace holdfast::bench
