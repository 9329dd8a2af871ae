#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>
#include <limits>

#include "demo/acknowledgement.hpp"
#include "demo/facade.hpp"

namespace holdfast::demo {

struct LoaderRun {
  PerFacade<std::uint64_t> acknowledged{};  ///< Records; of the region, bytes.
  int exit_code = 0;                        ///< 128 + 9 where it was killed.

  /// From the first call to the last acknowledgement; of the region, which waits for the others, the time in
  /// its calls alone.
  PerFacade<std::chrono::nanoseconds> time{};
};

struct LoaderProcess {
  std::filesystem::path program;  ///< holdfast-demo itself.
  std::filesystem::path store;
  std::filesystem::path index;
  std::filesystem::path binary;
  std::filesystem::path directory;  ///< For the list of what is acknowledged already.
  bool pmem = false;

  /// Starts a loading process, notes its acknowledgements, and kills it once `kill_after` records were put.
  [[nodiscard]] Result<LoaderRun> run(
      Acknowledged& acknowledged, std::uint64_t kill_after = std::numeric_limits<std::uint64_t>::max()) const;
};

}  // namespace holdfast::demo
