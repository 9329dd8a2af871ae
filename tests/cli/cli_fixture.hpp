#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "cli/program.hpp"
#include "cli/scratch.hpp"

namespace holdfast::test {

using Arguments = std::vector<std::string>;

/// A medium that every command is tried on: nothing but its flags differs.
struct CliMedium {
  std::string name;
  Arguments create_flags;
  Arguments open_flags;
  std::filesystem::path parent;
};

/// How GoogleTest shows it.
void PrintTo(const CliMedium& medium, std::ostream* stream);

/// The media of this build.
[[nodiscard]] std::vector<CliMedium> cli_media();

/// Names a test's instance "/file", "/pmem".
[[nodiscard]] std::string medium_name(const testing::TestParamInfo<CliMedium>& info);

/// Runs `holdfast` as a user would.
[[nodiscard]] ProgramResult holdfast_program(const Arguments& arguments, const ProgramOptions& options = {});

/// A scratch directory on a medium, and the command line in it.
class CliTest : public testing::TestWithParam<CliMedium> {
 protected:
  [[nodiscard]] std::filesystem::path directory() const { return scratch_.path(); }
  [[nodiscard]] std::string store() const { return (scratch_.path() / "store.hf").string(); }

  /// `holdfast arguments... <the medium's flags>`.
  [[nodiscard]] ProgramResult run(Arguments arguments, const ProgramOptions& options = {}) const;

  /// run(), which must go well; its output.
  std::string run_well(const Arguments& arguments, const ProgramOptions& options = {}) const;

  /// run_well() with --json; its output, which must parse.
  [[nodiscard]] nlohmann::json run_json(Arguments arguments) const;

  /// A small store at store().
  void create_store() const;

  /// Runs a command that must fail with `exit_code` and one line that begins with "holdfast: " and
  /// contains `reason`, and must leave every byte in directory() as it is.
  void expect_refused(const Arguments& arguments, int exit_code, const std::string& reason,
                      const ProgramOptions& options = {}) const;

  /// Runs a command that must end with `exit_code` and say why; it may have written what every open writes.
  void expect_failure(const Arguments& arguments, int exit_code, const std::string& reason) const;

 private:
  ScratchDirectory scratch_{GetParam().parent};
};

}  // namespace holdfast::test
