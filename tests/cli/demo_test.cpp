// The demo on a small index and a small binary: it passes, it says what is missing, it cleans up.

#include <gtest/gtest.h>

#include "cli/cli_fixture.hpp"
#include "cli/program.hpp"
#include "cli/scratch.hpp"

namespace holdfast::test {
namespace {

/// More than the acknowledgement pipe holds on either side of the kill, with keys that come twice.
std::string small_index() {
  std::string text;
  for (int i = 0; i < 6'000; ++i) {
    text += "Package: p" + std::to_string(i % 5'500) +
            "\nArchitecture: all\nVersion: 1\nDescription: number " + std::to_string(i) + "\n more of it\n\n";
  }
  return text;
}

/// A little more than 20 of the region's pieces, no two alike.
std::string small_binary() {
  std::string bytes;
  std::uint32_t state = 1;
  while (bytes.size() < (5u << 20) + 12'345)
    bytes += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return bytes;
}

class DemoTest : public testing::Test {
 protected:
  [[nodiscard]] ProgramResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--index", file("index"), "--binary", file("binary")});
    return run_program(HOLDFAST_DEMO_PROGRAM, arguments);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (scratch_.path() / name).string(); }

  /// Makes `name` a program on the demo's path that prints nothing.
  void shadow(const std::string& name) const {
    write_file(file(name), "#!/bin/sh\nexit 0\n");
    std::filesystem::permissions(file(name), std::filesystem::perms::owner_all);
  }

  ScratchDirectory scratch_{std::filesystem::temp_directory_path()};
};

TEST_F(DemoTest, NothingAcknowledgedIsLost) {
  write_file(file("index"), small_index());
  write_file(file("binary"), small_binary());
  const std::string kept = file("kept");
  for (const CliMedium& medium : cli_media()) {
    const ProgramResult result = run({"--keep", kept, "--only", medium.name});
    EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
    for (const std::string line :
         {"kv      6000 of 6000 acknowledged records equal the source, 0 lost, 0 invented",
          "log     6000 of 6000 acknowledged records equal the source, 0 lost, 0 invented",
          "region  21 of 21 acknowledged pieces equal the source, 0 lost, 0 invented"})
      EXPECT_NE(result.output.find(line), std::string::npos) << result.output;
    Arguments inspect{"region", "export", kept + "/" + medium.name + ".hf", "compiler", "-"};
    inspect.insert(inspect.end(), medium.open_flags.begin(), medium.open_flags.end());
    EXPECT_TRUE(holdfast_program(inspect).output == small_binary());
    const ProgramResult again = run({"--keep", kept, "--only", medium.name});
    EXPECT_EQ(again.exit_code, 1) << "must not touch the store that is there";
  }
}

TEST_F(DemoTest, AnEmptyIndexIsAnError) {
  write_file(file("index"), "\n\n");
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("no control stanza"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, AStanzaWithoutAVersionIsAnError) {
  write_file(file("index"), "Package: a\nArchitecture: all\n\n");
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("stanza 0"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, AnEmptyOrMissingBinaryIsAnError) {
  write_file(file("index"), small_index());
  EXPECT_NE(run({}).errors.find("binary: No such file"), std::string::npos);
  write_file(file("binary"), "");
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("there is nothing in it"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, WithoutACompilerItNamesThePackage) {
  write_file(file("index"), small_index());
  shadow("g++");
  const ProgramResult result =
      run_program(HOLDFAST_DEMO_PROGRAM, {"--index", file("index")}, {.search_path_first = scratch_.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("install the package g++"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, WithoutAnIndexItSaysWhatToRun) {
  shadow("apt-cache");
  const ProgramResult result = run_program(HOLDFAST_DEMO_PROGRAM, {}, {.search_path_first = scratch_.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("apt-get update"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace holdfast::test
