// What follow prints, what it waits for, and how it ends.

#include <holdfast/holdfast.hpp>
#include <thread>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class LogFollowTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    run_well({"log", "append", store(), "l", "--lines"}, {.input = "one\ntwo\nthree\n"});
  }

  /// A shell that may say $follow for `holdfast log follow STORE l` with the medium's flags.
  [[nodiscard]] ProgramResult run_shell(const std::string& script) const {
    std::string follow = std::string(HOLDFAST_PROGRAM) + " log follow " + store() + " l --interval 10ms";
    for (const std::string& flag : GetParam().open_flags) follow += " " + flag;
    return run_program("bash", {"-c", "follow='" + follow + "'; " + script}, {.directory = directory()});
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, LogFollowTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(LogFollowTest, BeginsWhereItIsTold) {
  EXPECT_EQ(run_well({"log", "follow", store(), "l", "--from", "2", "--limit", "2"}), "two\nthree\n");
  EXPECT_EQ(run_well({"log", "follow", store(), "l", "--from", "1", "--limit", "1"}), "one\n");
  EXPECT_EQ(run_well({"log", "follow", store(), "l", "--limit", "0"}), "");
  EXPECT_EQ(run_well({"log", "follow", store(), "l", "--timeout", "0"}), "") << "what is there is not new";
  expect_refused({"log", "follow", store(), "l", "--from", "9"}, 1, "found 9");
}

TEST_P(LogFollowTest, PrintsWhatOthersAppend) {
  // An append that comes while the follower looks waits for a second; on a machine that stands still, again.
  std::thread writer([this] {
    for (const std::string word : {"four", "five", "six"})
      while (run({"log", "append", store(), "l", word}).exit_code != 0) std::this_thread::yield();
  });
  // Whose first look comes while somebody is slow to append says what it waits for.
  const ProgramResult followed =
      run({"log", "follow", store(), "l", "--from", "3", "--limit", "4", "--interval", "5ms"});
  writer.join();
  EXPECT_EQ(followed.exit_code, 0) << followed.errors;
  EXPECT_EQ(followed.output, "three\nfour\nfive\nsix\n");
}

TEST_P(LogFollowTest, WaitsForAWriter) {
  auto holder = Store::open(store(), {.mode = OpenMode::existing, .emulate_pmem = true});
  ASSERT_TRUE(holder.has_value()) << holder.error().to_string();
  const Snapshot before = snapshot(directory());
  const ProgramResult refused = run({"log", "follow", store(), "l", "--from", "1", "--timeout", "50ms"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.errors.rfind("holdfast: ", 0), 0u) << refused.errors;
  EXPECT_NE(refused.errors.find("open"), std::string::npos) << refused.errors;
  EXPECT_EQ(refused.output, "");
  EXPECT_EQ(difference(before, snapshot(directory())), "");
  const ProgramResult told = run_shell(
      "$follow --from 1 > printed 2> told & until grep -qs 'waiting until it is closed' told; do sleep 0.01; done; "
      "kill -TERM $!; wait $!");
  EXPECT_EQ(told.exit_code, 0) << told.errors;
  EXPECT_EQ(read_file(directory() / "printed"), "");
  ProgramResult waited;
  std::thread follower([&] {
    waited = run({"log", "follow", store(), "l", "--from", "4", "--limit", "1", "--interval", "5ms"});
  });
  auto log = holder->log("l");
  ASSERT_TRUE(log.has_value()) << log.error().to_string();
  EXPECT_TRUE(log->append("from the holder").has_value());
  EXPECT_TRUE(holder->close().has_value());
  follower.join();
  EXPECT_EQ(waited.exit_code, 0) << waited.errors;
  EXPECT_EQ(waited.output, "from the holder\n");
}

TEST_P(LogFollowTest, TooFewRecordsInTimeIsAFailure) {
  const ProgramResult result =
      run({"log", "follow", store(), "l", "--from", "2", "--limit", "9", "--timeout", "20ms"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "two\nthree\n");
  EXPECT_EQ(result.errors, "holdfast: " + store() + ": 2 of 9 records came in time\n");
}

TEST_P(LogFollowTest, ASignalEndsItWell) {
  for (const std::string signal : {"INT", "TERM"}) {
    const std::string printed = "printed-until-" + signal;  // a file of its own: what it holds, this one has printed
    const ProgramResult result = run_shell("$follow --from 1 > " + printed + " & until grep -qs three " + printed +
                                           "; do sleep 0.01; done; kill -" + signal + " $!; wait $!");
    EXPECT_EQ(result.exit_code, 0) << signal << ": " << result.errors;
    EXPECT_EQ(result.errors, "");
    EXPECT_EQ(read_file(directory() / printed), "one\ntwo\nthree\n");
  }
}

TEST_P(LogFollowTest, AReaderThatGoesEndsItWell) {
  const ProgramResult result = run_shell("set -o pipefail; $follow --from 1 | head -n 1");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output, "one\n");
  EXPECT_EQ(result.errors, "");
}

}  // namespace
}  // namespace holdfast::test
