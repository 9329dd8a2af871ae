// The demo on a small index: it passes, it says what is missing, it cleans up.

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

class DemoTest : public testing::Test {
 protected:
  [[nodiscard]] ProgramResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--index", (scratch_.path() / "index").string()});
    return run_program(HOLDFAST_DEMO_PROGRAM, arguments);
  }

  ScratchDirectory scratch_{std::filesystem::temp_directory_path()};
};

TEST_F(DemoTest, NothingAcknowledgedIsLost) {
  write_file(scratch_.path() / "index", small_index());
  const std::string kept = (scratch_.path() / "kept").string();
  for (const CliMedium& medium : cli_media()) {
    const ProgramResult result = run({"--keep", kept, "--only", medium.name});
    EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
    EXPECT_NE(result.output.find("6000 of 6000 records equal the source, 0 lost, 0 invented"),
              std::string::npos)
        << result.output;
    EXPECT_TRUE(std::filesystem::exists(kept + "/" + medium.name + ".hf"));
    const ProgramResult again = run({"--keep", kept, "--only", medium.name});
    EXPECT_EQ(again.exit_code, 1) << "must not touch the store that is there";
  }
}

TEST_F(DemoTest, AnEmptyIndexIsAnError) {
  write_file(scratch_.path() / "index", "\n\n");
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("no control stanza"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, AStanzaWithoutAVersionIsAnError) {
  write_file(scratch_.path() / "index", "Package: a\nArchitecture: all\n\n");
  const ProgramResult result = run({});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("stanza 0"), std::string::npos) << result.errors;
}

TEST_F(DemoTest, WithoutAnIndexItSaysWhatToRun) {
  write_file(scratch_.path() / "apt-cache", "#!/bin/sh\nexit 0\n");
  std::filesystem::permissions(scratch_.path() / "apt-cache", std::filesystem::perms::owner_all);
  const ProgramResult result = run_program(HOLDFAST_DEMO_PROGRAM, {}, {.search_path_first = scratch_.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("apt-get update"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace holdfast::test
