// A store's file that is cut while a command reads it: the command says so and ends, instead of dying.

#include <filesystem>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class MissingPageTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    std::string lines;
    for (int i = 0; i < 400; ++i) lines += std::string(5'000, static_cast<char>('a' + i % 26)) + "\n";
    run_well({"log", "append", store(), "l", "--lines"}, {.input = lines});
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, MissingPageTest, testing::ValuesIn(cli_media()), medium_name);

// The command is held up by a pipe that is full, and finds the file cut when it goes on.
TEST_P(MissingPageTest, IsToldAndEndsTheCommand) {
  std::string command = std::string(HOLDFAST_PROGRAM) + " log read " + store() + " l";
  for (const std::string& flag : GetParam().open_flags) command += " " + flag;
  const ProgramResult result =
      run_program("bash",
                  {"-c", "set -o pipefail; " + command + " | { head -c 1000 > begin; truncate -s 70000 " +
                             store() + "; cat > rest; }"},
                  {.directory = directory()});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_NE(result.errors.find("holdfast: " + store() + ": a page of the store went missing"),
            std::string::npos)
      << result.errors;
  EXPECT_EQ(read_file(directory() / "begin"), std::string(1'000, 'a'));
}

}  // namespace
}  // namespace holdfast::test
