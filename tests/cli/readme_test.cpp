// Every command and code block of the README works as it stands there.

#include <gtest/gtest.h>

#include <sstream>

#include "cli/program.hpp"
#include "cli/scratch.hpp"

namespace holdfast::test {
namespace {

/// The text of the first block that opens with ```LANGUAGE.
std::string readme_block(const std::string& language) {
  const std::string readme = read_file(std::filesystem::path(HOLDFAST_SOURCE_DIR) / "README.md");
  const std::string open = "```" + language + "\n";
  const std::size_t begin = readme.find(open);
  EXPECT_NE(begin, std::string::npos) << language;
  if (begin == std::string::npos) return "";
  const std::size_t text = begin + open.size();
  return readme.substr(text, readme.find("```", text) - text);
}

TEST(Readme, ItsProgramIsTheExample) {
  EXPECT_EQ(readme_block("cpp"),
            read_file(std::filesystem::path(HOLDFAST_SOURCE_DIR) / "examples/hello.cpp"));
}

TEST(Readme, ItsProgramRunsAndKeepsItsStore) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  for (int run = 0; run < 2; ++run) {
    const ProgramResult result = run_program(HOLDFAST_HELLO_PROGRAM, {}, {.directory = scratch.path()});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.output, "user:2 is bob\n");
  }
}

TEST(Readme, ItsCommandsRun) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  const ProgramResult result =
      run_program("bash", {"-e", "-o", "pipefail", "-c", readme_block("sh")},
                  {.directory = scratch.path(),
                   .search_path_first = std::filesystem::path(HOLDFAST_PROGRAM).parent_path()});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("alice"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("no damage"), std::string::npos) << result.output;
}

TEST(Readme, ItsFilesAreThere) {
  const std::string readme = read_file(std::filesystem::path(HOLDFAST_SOURCE_DIR) / "README.md");
  std::istringstream words(readme);
  for (std::string piece; std::getline(words, piece, '`');) {
    if (!std::getline(words, piece, '`')) break;
    const bool names_a_file = piece.starts_with("docs/") || piece.starts_with("include/") ||
                              piece.starts_with("tests/") || piece.starts_with("examples/") ||
                              piece.ends_with(".md") || piece == "LICENSE";
    if (!names_a_file) continue;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(HOLDFAST_SOURCE_DIR) / piece)) << piece;
  }
}

}  // namespace
}  // namespace holdfast::test
