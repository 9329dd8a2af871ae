#pragma once

#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>
#include <string>

#include "demo/check.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {

/// One backend's way through the demo.
struct Scenario {
  std::string name;
  bool pmem = false;
  std::filesystem::path directory;   ///< Where the store goes.
  std::filesystem::path index_file;  ///< What `index` was read from; the loading processes read it too.
  std::filesystem::path programs;    ///< Directory of holdfast-demo and holdfast.
};

/// One row of the closing table.
struct Row {
  std::string name;
  bool durable = false;
  std::uint64_t records = 0;
  std::uint64_t size_bytes = 0;
  double load_s = 0;
  double reopen_ms = 0;
  Comparison after_kill{};
  Comparison at_end{};
  int verify_exit_code = 0;

  /// Nothing acknowledged is missing, nothing is invented, every byte proves itself.
  [[nodiscard]] bool passed() const noexcept;
};

/// Loads, kills, reopens, checks, finishes, reopens, compares, verifies; says so on standard output.
[[nodiscard]] Result<Row> run(const Scenario& scenario, const PackageIndex& index);

}  // namespace holdfast::demo
