// get --many, range, create, stats and watch, as a user meets them.

#include <sstream>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class KvCommandsTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    run_well({"kv", "create", store(), "events", "--ordered"});
    std::string lines;
    for (const char* key : {"2026-02-01", "2026-01-02", "2026-01-01", "2025-12-31"})
      lines += std::string(R"({"key":")") + key + R"(","value":"on )" + key + "\"}\n";
    run_well({"kv", "load", store(), "events"}, {.input = lines});
    run_well({"kv", "put", store(), "plain", "a", "1"});
    run_well({"kv", "put", store(), "plain", "b\tc", "two\nlines"});
    run_well({"kv", "put", store(), "plain", "empty", ""});
  }

  /// A shell that may say $holdfast, and $flags for the medium.
  [[nodiscard]] ProgramResult run_shell(const std::string& script) const {
    std::string flags;
    for (const std::string& flag : GetParam().open_flags) flags += " " + flag;
    return run_program("bash", {"-c", "store=" + store() + "; holdfast=" HOLDFAST_PROGRAM "; flags='" +
                                          flags + "'; " + script});
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, KvCommandsTest, testing::ValuesIn(cli_media()), medium_name);

// --- get --many ---

TEST_P(KvCommandsTest, ManyKeysComeInTheirOrder) {
  EXPECT_EQ(run_well({"kv", "get", store(), "plain", "--many"}, {.input = "b\tc\na\nempty\na"}),
            "b\\x09c\ttwo\\x0alines\na\t1\nempty\t\na\t1\n");
  EXPECT_EQ(run_well({"kv", "get", store(), "plain", "--many"}, {.input = ""}), "");
  std::string keys;
  std::string printed;
  for (int i = 0; i < 3'000; ++i) {
    keys += "a\n";
    printed += "a\t1\n";
  }
  EXPECT_EQ(run_well({"kv", "get", store(), "plain", "--many"}, {.input = keys}), printed);
}

TEST_P(KvCommandsTest, OfManyKeysThoseThatAreMissingAreShownAndCounted) {
  const ProgramResult result =
      run({"kv", "get", store(), "plain", "--many"}, {.input = "a\nabsent\nempty\n"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.output, "a\t1\nabsent\nempty\t\n");
  EXPECT_NE(result.errors.find("1 of 3 keys not found"), std::string::npos) << result.errors;
  const ProgramResult json =
      run({"kv", "get", store(), "plain", "--many", "--json"}, {.input = "absent\na\n"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(json.output)["entries"],
            (nlohmann::json{{{"key", "absent"}, {"value", nullptr}}, {{"key", "a"}, {"value", "1"}}}));
}

TEST_P(KvCommandsTest, ManyKeysThatAreNoneAreRefused) {
  const ProgramResult empty = run({"kv", "get", store(), "plain", "--many"}, {.input = "\n"});
  EXPECT_EQ(empty.exit_code, 1);
  EXPECT_NE(empty.errors.find("key"), std::string::npos) << empty.errors;
  expect_refused({"kv", "get", store(), "absent", "--many"}, 1, "absent", {.input = "a\n"});
  expect_refused({"kv", "get", store(), "plain"}, 2, "KEY or --many");
  expect_refused({"kv", "get", store(), "plain", "a", "--many"}, 2, "--many");
}

// --- range ---

TEST_P(KvCommandsTest, RangesComeInOrder) {
  const auto range = [&](Arguments more) {
    more.insert(more.begin(), {"kv", "range", store(), "events", "--keys-only"});
    return run_well(more);
  };
  EXPECT_EQ(range({}), "2025-12-31\n2026-01-01\n2026-01-02\n2026-02-01\n");
  EXPECT_EQ(range({"--from", "2026-01-01", "--to", "2026-02-01"}), "2026-01-01\n2026-01-02\n");
  EXPECT_EQ(range({"--from", "2026-01-01", "--after"}), "2026-01-02\n2026-02-01\n");
  EXPECT_EQ(range({"--to", "2026-01-01", "--through"}), "2025-12-31\n2026-01-01\n");
  EXPECT_EQ(range({"--prefix", "2026-01"}), "2026-01-01\n2026-01-02\n");
  EXPECT_EQ(range({"--prefix", "2026", "--reverse", "--limit", "2"}), "2026-02-01\n2026-01-02\n");
  EXPECT_EQ(range({"--limit", "0"}), "");
  EXPECT_EQ(range({"--from", "3"}), "");
  EXPECT_EQ(run_well({"kv", "range", store(), "events", "--limit", "1"}), "2025-12-31\ton 2025-12-31\n");
  EXPECT_EQ(run_json({"kv", "range", store(), "events", "--reverse", "--limit", "1"})["entries"],
            (nlohmann::json{{{"key", "2026-02-01"}, {"value", "on 2026-02-01"}}}));
  EXPECT_EQ(run_json({"kv", "range", store(), "events", "--from", "3"})["entries"], nlohmann::json::array());
}

TEST_P(KvCommandsTest, ARangeOfASpaceWithoutOrderIsRefused) {
  expect_refused({"kv", "range", store(), "plain"}, 1, "not ordered");
  expect_refused({"kv", "range", store(), "absent"}, 1, "absent");
  expect_refused({"kv", "range", store(), "events", "--limit", "many"}, 2, "--limit");
}

TEST_P(KvCommandsTest, CountsOfPrefixesInBothKindsOfSpace) {
  EXPECT_EQ(run_well({"kv", "count", store(), "events", "2026"}), "3\n");
  EXPECT_EQ(run_well({"kv", "count", store(), "events"}), "4\n");
  EXPECT_EQ(run_well({"kv", "count", store(), "plain", "b"}), "1\n");
  EXPECT_EQ(run_well({"kv", "count", store(), "plain", "x"}), "0\n");
}

// --- create ---

TEST_P(KvCommandsTest, ASpaceIsCreatedOnce) {
  EXPECT_EQ(run_json({"kv", "create", store(), "new", "--ordered"}),
            (nlohmann::json{{"space", "new"},
                            {"ordered", true},
                            {"compress_above_bytes", 0},
                            {"default_ttl_ms", 0},
                            {"keys_max", 0},
                            {"bytes_max", 0}}));
  EXPECT_EQ(run_well({"kv", "count", store(), "new"}), "0\n");
  EXPECT_EQ(run({"kv", "create", store(), "new"}).exit_code, 1);
  EXPECT_EQ(run({"kv", "create", store(), "plain", "--ordered"}).exit_code, 1);
  run_well({"kv", "create", store(), "without"});
  const auto stats = run_json({"kv", "stats", store(), "without"});
  EXPECT_EQ(stats["spaces"][0]["ordered"], false);
}

TEST_P(KvCommandsTest, ASpaceKeepsToTheBoundsItIsCreatedWith) {
  const auto created = run_json({"kv", "create", store(), "cache", "--keys-max", "2", "--bytes-max", "1MiB"});
  EXPECT_EQ(created["keys_max"], 2);
  EXPECT_EQ(created["bytes_max"], 1 << 20);
  for (const char* const key : {"a", "b", "c", "d", "e"}) run_well({"kv", "put", store(), "cache", key, "value"});
  const auto stats = run_json({"kv", "stats", store(), "cache"})["spaces"][0];
  EXPECT_EQ(stats["keys_max"], 2);
  EXPECT_EQ(stats["bytes_max"], 1 << 20);
  EXPECT_GE(stats["keys"], 1);
  EXPECT_LE(stats["keys"], 3);
  EXPECT_GT(stats["data_bytes"], 50);
  EXPECT_GE(stats["index_bytes"], 80);
  EXPECT_EQ(run_well({"kv", "get", store(), "cache", "e"}), "value");
  const std::string text = run_well({"kv", "stats", store()});
  EXPECT_NE(text.find("<=2 keys <=1 MiB cache\n"), std::string::npos) << text;
  expect_refused({"kv", "create", store(), "other", "--bytes-max", "much"}, 2, "--bytes-max");
  expect_refused({"kv", "create", store(), "other", "--keys-max", "many"}, 2, "--keys-max");
}

// --- stats, watch ---

TEST_P(KvCommandsTest, StatsTellOfEverySpaceOrOfOne) {
  const auto all = run_json({"kv", "stats", store()});
  ASSERT_EQ(all["spaces"].size(), 2u);
  EXPECT_EQ(all["spaces"][0]["name"], "events");
  EXPECT_EQ(all["spaces"][0]["keys"], 4);
  EXPECT_EQ(all["spaces"][0]["ordered"], true);
  EXPECT_EQ(all["spaces"][1]["name"], "plain");
  EXPECT_EQ(all["spaces"][1]["keys"], 3);
  EXPECT_EQ(all["spaces"][1]["ordered"], false);
  EXPECT_GT(all["spaces"][1]["segment_count"], 0);
  EXPECT_GT(all["spaces"][1]["size_bytes"], 0);
  EXPECT_GT(all["spaces"][1]["live_bytes"], 0);
  EXPECT_LT(all["spaces"][1]["live_bytes"], all["spaces"][1]["size_bytes"]);
  EXPECT_TRUE(all["spaces"][1].contains("garbage_bytes"));
  EXPECT_GT(all["store"]["size_bytes"], all["store"]["free_bytes"]);
  EXPECT_GE(all["store"]["available_bytes"], all["store"]["free_bytes"]);
  const auto one = run_json({"kv", "stats", store(), "plain"});
  ASSERT_EQ(one["spaces"].size(), 1u);
  EXPECT_EQ(one["spaces"][0], all["spaces"][1]);
  const std::string text = run_well({"kv", "stats", store()});
  EXPECT_NE(text.find("events\n"), std::string::npos) << text;
  EXPECT_NE(text.find("available\n"), std::string::npos) << text;
  expect_refused({"kv", "stats", store(), "absent"}, 1, "absent");
  expect_refused({"kv", "stats", store() + ".absent"}, 1, "holdfast create");
}

TEST_P(KvCommandsTest, WatchLooksAsOftenAsItIsAsked) {
  const std::string stats = run_well({"kv", "stats", store(), "plain"});
  EXPECT_EQ(run_well({"kv", "watch", store(), "plain", "--interval", "1ms", "--count", "3"}),
            stats + stats + stats);
  EXPECT_EQ(run_well({"kv", "watch", store(), "--count", "0"}), "");
  const std::string lines =
      run_well({"kv", "watch", store(), "plain", "--interval", "1ms", "--count", "2", "--json"});
  std::istringstream stream(lines);
  int count = 0;
  for (std::string line; std::getline(stream, line); ++count)
    EXPECT_EQ(nlohmann::json::parse(line)["spaces"][0]["keys"], 3);
  EXPECT_EQ(count, 2);
  expect_refused({"kv", "watch", store(), "absent", "--count", "1"}, 1, "absent");
  expect_refused({"kv", "watch", store(), "--interval", "2x"}, 2, "'2x' is not a time");
}

TEST_P(KvCommandsTest, WatchSeesWhatOthersWriteAndEndsWhenItIsAsked) {
  const ProgramResult result = run_shell(
      "$holdfast kv watch $store plain --interval 5ms --json $flags > $store.seen & watcher=$!;"
      "until [ -s $store.seen ]; do sleep 0.01; done;"
      "until $holdfast kv put $store plain d 4 $flags; do :; done;"
      "until grep -qs '\"keys\":4' $store.seen; do sleep 0.01; done;"
      "kill -TERM $watcher; wait $watcher; echo ended $?");
  EXPECT_EQ(result.output, "ended 0\n") << result.errors;
}

TEST_P(KvCommandsTest, WatchEndsWhenNobodyReads) {
  const ProgramResult result = run_shell(
      "set -o pipefail; $holdfast kv watch $store --interval 5ms --json $flags | head -n 1 | grep -c events; "
      "echo $?");
  EXPECT_EQ(result.output, "1\n0\n") << result.errors;
}

}  // namespace
}  // namespace holdfast::test
