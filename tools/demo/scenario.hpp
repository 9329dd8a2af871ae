#pragma once

#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>
#include <string>

#include "demo/binary.hpp"
#include "demo/check.hpp"
#include "demo/facade.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {

/// What a store must hold in the end, and where it was read from: the loading processes read it too.
struct Source {
  std::filesystem::path index_file;
  PackageIndex index;
  std::filesystem::path binary_file;
  Binary binary;
};

/// One backend's way through the demo.
struct Scenario {
  std::string name;
  bool pmem = false;
  std::filesystem::path directory;  ///< Where the store goes.
  std::filesystem::path programs;   ///< Directory of holdfast-demo and holdfast.
};

/// What became of one facade's records. Those of a region are its pieces.
struct FacadeOutcome {
  std::uint64_t records = 0;
  std::uint64_t size_bytes = 0;
  double load_s = 0;
  Comparison after_kill{};
  Comparison at_end{};

  /// Nothing acknowledged is missing, nothing is invented, all is there in the end.
  [[nodiscard]] bool passed() const noexcept;
};

/// What became of one backend's store.
struct Outcome {
  std::string backend;
  bool durable = false;
  double reopen_ms = 0;
  PerFacade<FacadeOutcome> facades{};
  int verify_exit_code = 0;

  [[nodiscard]] bool passed() const noexcept;
};

/// Loads, kills, reopens, checks, finishes, reopens, compares, verifies; says so on standard output.
[[nodiscard]] Result<Outcome> run(const Scenario& scenario, const Source& source);

}  // namespace holdfast::demo
