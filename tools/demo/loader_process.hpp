#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>

#include "demo/acknowledgement.hpp"
#include "demo/facade.hpp"

namespace holdfast::demo {

struct LoaderRun {
  PerFacade<std::uint64_t> acknowledged{};     ///< Records; of the region, bytes.
  PerFacade<std::chrono::nanoseconds> time{};  ///< From the first call to the last acknowledgement.
  int exit_code = 0;                           ///< 128 + 9 where it was killed.
};

struct LoaderProcess {
  std::filesystem::path program;  ///< holdfast-demo itself.
  std::filesystem::path store;
  std::filesystem::path index;
  std::filesystem::path binary;
  std::filesystem::path directory;  ///< For the list of what is acknowledged already.
  bool pmem = false;

  /// Starts a loading process and notes its acknowledgements. Kills it as soon as one of the three facades
  /// has `kill_after` of them: the others are at work then.
  [[nodiscard]] Result<LoaderRun> run(Acknowledged& acknowledged,
                                      const PerFacade<std::uint64_t>& kill_after = kNever) const;

  static constexpr PerFacade<std::uint64_t> kNever{{~0ull, ~0ull, ~0ull}};
};

}  // namespace holdfast::demo
