#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <vector>

#include <holdfast/storage.hpp>

namespace holdfast {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kTestSizeBytes = 8 * kMiB;
inline constexpr std::uint64_t kTestMaxSizeBytes = 128 * kMiB;

/// One row of the table of media that the contract suite runs on. A new medium is one more row.
struct StorageBackend {
  std::string_view name;
  StorageCapabilities capabilities;  ///< what it must answer; a test pins it
  std::filesystem::path root;        ///< where its test directories are made

  /// A new storage of kTestSizeBytes; `path` is unused where `has_path` is false.
  std::function<Result<std::unique_ptr<Storage>>(const std::filesystem::path& path)> open_fresh;

  // Where `has_path` is true:
  std::function<Result<void>(const std::filesystem::path& path,
                             const std::function<Result<void>(Storage&)>& format)>
      create;
  std::function<Result<std::unique_ptr<Storage>>(const std::filesystem::path& path)> open;
  std::function<Result<std::unique_ptr<Storage>>(const std::filesystem::path& path)> open_read_only;
  /// With room to grow as a store's by default, instead of kTestMaxSizeBytes.
  std::function<Result<std::unique_ptr<Storage>>(const std::filesystem::path& path)> open_with_room;
};

using BackendRow = const StorageBackend*;

[[nodiscard]] const std::vector<StorageBackend>& storage_backends();

/// The rows that have a capability; the tests that need it run on those.
[[nodiscard]] std::vector<BackendRow> all_backends();
[[nodiscard]] std::vector<BackendRow> backends_where(bool StorageCapabilities::*capability);

void PrintTo(BackendRow row, std::ostream* out);

}  // namespace holdfast
