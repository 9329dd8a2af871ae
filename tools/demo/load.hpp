#pragma once

#include <cstdint>
#include <filesystem>
#include <holdfast/holdfast.hpp>

#include "demo/acknowledgement.hpp"

namespace holdfast::demo {

inline constexpr const char* kPackagesSpace = "packages";
inline constexpr const char* kPackagesLog = "package-log";
inline constexpr const char* kCompilerRegion = "compiler";

/// The region is written and flushed in pieces of this size.
inline constexpr std::uint64_t kPieceSizeBytes = std::uint64_t{256} << 10;

/// The loading process: puts and appends the records of an index, and writes a binary into a region, all at
/// the same time, as far as that is not acknowledged yet. The region keeps step with the log.
struct LoadArguments {
  std::filesystem::path store;
  std::filesystem::path index;
  std::filesystem::path binary;
  std::filesystem::path acknowledged;  ///< What save_acknowledged() has written.
  bool pmem = false;
  unsigned threads = 8;         ///< That put, and as many that append. One more writes the region.
  int acknowledgement_fd = -1;  ///< Gets an Acknowledgement after each call that has returned.
};

/// Options under which every part of the demo opens its stores.
[[nodiscard]] Options store_options(bool pmem, OpenMode mode);

/// Every put and append is Durability::immediate. Records of one key are put by one thread, in order.
[[nodiscard]] Result<void> load(const LoadArguments& arguments);

/// Writes for the next loading process what the last ones were acknowledged for. Errors: io.
[[nodiscard]] Result<void> save_acknowledged(const std::filesystem::path& path,
                                             const Acknowledged& acknowledged);

}  // namespace holdfast::demo
