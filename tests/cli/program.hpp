#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

struct ProgramResult {
  int exit_code = -1;  ///< 128 + the signal where one ended it.
  std::string output;
  std::string errors;
};

struct ProgramOptions {
  std::string input{};
  std::optional<unsigned> user{};             ///< Runs as this user (needs root).
  std::filesystem::path directory{};          ///< Where it runs; empty: here.
  std::filesystem::path search_path_first{};  ///< Put before PATH.
  bool keep_output = false;                   ///< Standard output is this process's own.
};

/// Runs a program to its end; standard input, output and errors are any bytes.
[[nodiscard]] ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments,
                                        const ProgramOptions& options = {});

}  // namespace holdfast::test
