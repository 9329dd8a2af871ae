#pragma once

#include <cstdint>
#include <filesystem>
#include <holdfast/holdfast.hpp>

namespace holdfast::demo {

inline constexpr const char* kPackagesSpace = "packages";

/// Written to the acknowledgement pipe before the first put: the clock starts.
inline constexpr std::uint32_t kReady = 0xFFFF'FFFF;

/// The loading process: puts the records of an index that are not acknowledged yet.
struct LoadArguments {
  std::filesystem::path store;
  std::filesystem::path index;
  std::filesystem::path acknowledged;  ///< One byte a record: 1 where an earlier process was acknowledged.
  bool pmem = false;
  unsigned threads = 8;
  int acknowledgement_fd = -1;  ///< A record's number goes here, 4 bytes, after its put has returned.
};

/// Options under which every part of the demo opens its stores.
[[nodiscard]] Options store_options(bool pmem, OpenMode mode);

/// Every put is Durability::immediate. Records of one key are put by one thread, in order.
[[nodiscard]] Result<void> load(const LoadArguments& arguments);

}  // namespace holdfast::demo
