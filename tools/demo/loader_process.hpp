#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>
#include <limits>
#include <vector>

namespace holdfast::demo {

/// Which records the loading processes were acknowledged for, over all of them. One byte a record.
using Acknowledged = std::vector<char>;

struct LoaderRun {
  std::uint64_t acknowledged_count = 0;
  int exit_code = 0;                ///< 128 + 9 where it was killed.
  std::chrono::nanoseconds time{};  ///< From the first put to the last acknowledgement.
};

struct LoaderProcess {
  std::filesystem::path program;  ///< holdfast-demo itself.
  std::filesystem::path store;
  std::filesystem::path index;
  std::filesystem::path directory;  ///< For the list of what is acknowledged already.
  bool pmem = false;

  /// Starts a loading process, notes its acknowledgements, and kills it once there are `kill_after`.
  [[nodiscard]] Result<LoaderRun> run(
      Acknowledged& acknowledged, std::uint64_t kill_after = std::numeric_limits<std::uint64_t>::max()) const;
};

}  // namespace holdfast::demo
