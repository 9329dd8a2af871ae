// What each command does when all is well, on every medium.

#include <algorithm>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

using CommandsTest = CliTest;

INSTANTIATE_TEST_SUITE_P(Cli, CommandsTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(CommandsTest, CreateMakesAStoreOfThatMedium) {
  create_store();
  const auto info = run_json({"info", store()});
  EXPECT_EQ(info["backend"], GetParam().name);
  EXPECT_EQ(info["path"], store());
  EXPECT_EQ(info["segment_size_bytes"], 64 << 10);
  EXPECT_GE(info["size_bytes"], 4 << 20);
  EXPECT_EQ(info["recovery"]["clean_close"], true);
  EXPECT_EQ(info["uuid"].get<std::string>().size(), 36u);
}

TEST_P(CommandsTest, CreateTouchesNothingThatIsThere) {
  create_store();
  expect_refused({"create", store()}, 1, store());
}

TEST_P(CommandsTest, PutIsThereForTheNextProcess) {
  create_store();
  EXPECT_EQ(run_well({"kv", "put", store(), "users", "user:1", "alice"}), "");
  EXPECT_EQ(run_well({"kv", "get", store(), "users", "user:1"}), "alice");
  run_well({"kv", "put", store(), "users", "user:1", "bob"});
  EXPECT_EQ(run_well({"kv", "get", store(), "users", "user:1"}), "bob");
}

TEST_P(CommandsTest, ValuesComeFromStandardInputByteForByte) {
  create_store();
  std::string value;
  for (int i = 0; i < 300'000; ++i) value += static_cast<char>(i * 7 % 256);
  run_well({"kv", "put", store(), "blobs", "by-dash", "-"}, {.input = value});
  run_well({"kv", "put", store(), "blobs", "by-none"}, {.input = value});
  run_well({"kv", "put", store(), "blobs", "empty"}, {.input = ""});
  EXPECT_TRUE(run_well({"kv", "get", store(), "blobs", "by-dash"}) == value);
  EXPECT_TRUE(run_well({"kv", "get", store(), "blobs", "by-none"}) == value);
  EXPECT_EQ(run_well({"kv", "get", store(), "blobs", "empty"}), "");
}

TEST_P(CommandsTest, ArgumentsMayLookLikeOptionsOrSyntax) {
  create_store();
  run_well({"kv", "put", store(), "odd", "--", "-k", "--json"});
  run_well({"kv", "put", store(), "odd", "[a,b]", "{}"});
  run_well({"kv", "put", store(), "odd", "\xC3\xA9\n\xFF", "%%"});
  run_well({"kv", "put", store(), "odd", "empty", ""});
  EXPECT_EQ(run_well({"kv", "get", store(), "odd", "--", "-k"}), "--json");
  EXPECT_EQ(run_well({"kv", "get", store(), "odd", "[a,b]"}), "{}");
  EXPECT_EQ(run_well({"kv", "get", store(), "odd", "\xC3\xA9\n\xFF"}), "%%");
  EXPECT_EQ(run_well({"kv", "get", store(), "odd", "empty"}), "");
}

TEST_P(CommandsTest, EraseRemovesAKeyOnce) {
  create_store();
  run_well({"kv", "put", store(), "users", "user:1", "alice"});
  run_well({"kv", "erase", store(), "users", "user:1"});
  expect_refused({"kv", "get", store(), "users", "user:1"}, 1, "user:1: key not found");
  const ProgramResult again = run({"kv", "erase", store(), "users", "user:1"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.errors, "holdfast: user:1: key not found\n");
}

TEST_P(CommandsTest, ScanAndCountTakeAPrefixAndALimit) {
  create_store();
  for (const std::string key : {"a:1", "a:2", "a:3", "b:1"})
    run_well({"kv", "put", store(), "s", key, "v" + key});
  const std::string listed = run_well({"kv", "scan", store(), "s", "b:"});
  EXPECT_EQ(listed, "b:1\tvb:1\n");
  EXPECT_EQ(run_well({"kv", "scan", store(), "s", "b:", "--keys-only"}), "b:1\n");
  const std::string limited = run_well({"kv", "scan", store(), "s", "a:", "--limit", "2"});
  EXPECT_EQ(std::count(limited.begin(), limited.end(), '\n'), 2);
  EXPECT_EQ(run_well({"kv", "scan", store(), "s", "--limit", "0"}), "");
  EXPECT_EQ(run_well({"kv", "count", store(), "s"}), "4\n");
  EXPECT_EQ(run_well({"kv", "count", store(), "s", "a:"}), "3\n");
  EXPECT_EQ(run_well({"kv", "count", store(), "s", "c"}), "0\n");
}

TEST_P(CommandsTest, LsNamesTheSpaces) {
  create_store();
  EXPECT_EQ(run_well({"ls", store()}), "");
  run_well({"kv", "put", store(), "one", "k", "v"});
  run_well({"kv", "put", store(), "two\n", "k", "v"});
  const std::string listed = run_well({"ls", store()});
  EXPECT_NE(listed.find("  one\n"), std::string::npos) << listed;
  EXPECT_NE(listed.find("  two\\x0a\n"), std::string::npos) << listed;
}

TEST_P(CommandsTest, LsShowsEveryKind) {
  create_store();
  run_well({"kv", "put", store(), "a", "k", "v"});
  run_well({"log", "append", store(), "b", "v"});
  run_well({"region", "import", store(), "c", "-"}, {.input = "v"});
  const auto spaces = run_json({"ls", store()})["spaces"];
  ASSERT_EQ(spaces.size(), 3u);
  EXPECT_EQ(spaces[0]["kind"], "kv");
  EXPECT_EQ(spaces[1]["kind"], "log");
  EXPECT_EQ(spaces[2]["kind"], "region");
  const std::string listed = run_well({"ls", store()});
  for (const std::string kind : {"kv ", "log ", "region "})
    EXPECT_NE(listed.find(kind), std::string::npos) << listed;
}

TEST_P(CommandsTest, VerifyReadsWhatIsInUse) {
  create_store();
  run_well({"kv", "put", store(), "users", "user:1", "alice"});
  const auto report = run_json({"verify", store()});
  EXPECT_GE(report["records"], 1);
  EXPECT_EQ(report["damage"], nlohmann::json::array());
  EXPECT_NE(run_well({"verify", store()}).find("no damage"), std::string::npos);
}

TEST_P(CommandsTest, CommandsThatReadChangeNothing) {
  create_store();
  run_well({"kv", "put", store(), "users", "user:1", "alice"});
  run_well({"log", "append", store(), "events", "came"});
  run_well({"region", "import", store(), "model", "-"}, {.input = "weights"});
  const Snapshot before = snapshot(directory());
  for (const Arguments& command :
       std::vector<Arguments>{{"info", store()},
                              {"ls", store()},
                              {"verify", store()},
                              {"kv", "get", store(), "users", "user:1"},
                              {"kv", "scan", store(), "users"},
                              {"kv", "count", store(), "users"},
                              {"kv", "dump", store(), "users"},
                              {"log", "read", store(), "events"},
                              {"log", "follow", store(), "events", "--timeout", "0"},
                              {"log", "streams", store()},
                              {"region", "export", store(), "model", "-"},
                              {"region", "ls", store()},
                              {"region", "stat", store(), "model"}}) {
    run_well(command);
    EXPECT_EQ(difference(before, snapshot(directory())), "") << command.front() << " " << command.at(1);
  }
}

}  // namespace
}  // namespace holdfast::test
