// create, set, stat, truncate, retain and drop of logs; keys and times of records, and reading back.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class LogUpkeepTest : public CliTest {
 protected:
  void SetUp() override { create_store(); }

  void append_lines(int count) const {
    std::string lines;
    for (int i = 1; i <= count; ++i) lines += "line " + std::to_string(i) + "\n";
    run_well({"log", "append", store(), "events", "--lines"}, {.input = lines});
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, LogUpkeepTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(LogUpkeepTest, CreateAndSetTellWhatALogKeeps) {
  const auto created = run_json({"log", "create", store(), "events", "--segment-bytes", "1MiB", "--retain", "10s",
                                 "--retain-records", "5"});
  EXPECT_EQ(created["stream"], "events");
  EXPECT_EQ(created["segment_bytes"], 1 << 20);
  EXPECT_EQ(created["retain_ms"], 10'000);
  EXPECT_EQ(created["retain_records"], 5);
  EXPECT_EQ(created["compress_above_bytes"], 0);
  const auto changed = run_json({"log", "set", store(), "events", "--retain", "0", "--compress-above", "4KiB"});
  EXPECT_EQ(changed["retain_ms"], 0);
  EXPECT_EQ(changed["compress_above_bytes"], 4'096);
  EXPECT_EQ(changed["retain_records"], 5) << "what is not given stays";
  EXPECT_EQ(run_json({"log", "stat", store(), "events"})["settings"]["segment_bytes"], 1 << 20);
  expect_failure({"log", "create", store(), "events"}, 1, "exists");
  expect_failure({"log", "create", store(), "x", "--segment-bytes", "1KiB"}, 1, "segments is not possible");
  expect_failure({"log", "create", store(), "x", "--retain", "soon"}, 2, "--retain");
  expect_failure({"log", "set", store(), "absent", "--retain", "0"}, 1, "absent");
}

TEST_P(LogUpkeepTest, TruncateTakesTheBeginAndStatTellsIt) {
  run_well({"log", "create", store(), "events", "--segment-records", "100"});
  append_lines(1'000);
  const auto truncation = run_json({"log", "truncate", store(), "events", "--before", "551"});
  EXPECT_EQ(truncation["first_id"], 551);
  EXPECT_GE(truncation["segments"], 1);
  const auto stat = run_json({"log", "stat", store(), "events"});
  EXPECT_EQ(stat["first_id"], 551);
  EXPECT_EQ(stat["next_id"], 1'001);
  EXPECT_EQ(run_well({"log", "read", store(), "events", "--limit", "1"}), "line 551\n");
  expect_failure({"log", "read", store(), "events", "--from", "550"}, 1, "no such place");
  EXPECT_EQ(run_well({"log", "stat", store(), "events"}).rfind("events: ids 551 to 1000, ", 0), 0u);
  EXPECT_EQ(run_well({"log", "truncate", store(), "events", "--before", "3"}).rfind("events: begins with 551 now", 0), 0u);
  expect_failure({"log", "truncate", store(), "events", "--before", "2000"}, 1, "no such place");
  expect_failure({"log", "truncate", store(), "events"}, 2, "--before");
  run_well({"verify", store()});
}

TEST_P(LogUpkeepTest, TruncateTakesTheEndAndIdsGoOn) {
  run_well({"log", "create", store(), "events", "--segment-records", "100"});
  append_lines(1'000);
  const auto cut = run_json({"log", "truncate", store(), "events", "--after", "250"});
  EXPECT_EQ(cut["from"], 251);
  EXPECT_EQ(cut["next_id"], 1'001);
  EXPECT_EQ(cut["records"], 750);
  EXPECT_GE(cut["segments"], 1);
  EXPECT_EQ(run_well({"log", "read", store(), "events", "--reverse", "--limit", "1"}), "line 250\n");
  EXPECT_EQ(run_well({"log", "append", store(), "events", "behind"}), "1001\n");
  EXPECT_EQ(run_well({"log", "read", store(), "events", "--from", "250"}), "line 250\nbehind\n");
  EXPECT_EQ(run_well({"log", "truncate", store(), "events", "--after", "1001"})
                .rfind("events: 0 records from 1002 on are gone, 1002 comes next", 0),
            0u);
  expect_failure({"log", "truncate", store(), "events", "--after", "2000"}, 1, "no such place");
  expect_failure({"log", "truncate", store(), "events", "--after", "18446744073709551615"}, 1, "no such place");
  expect_failure({"log", "truncate", store(), "events", "--after", "5", "--before", "3"}, 2, "--after");
  run_well({"verify", store()});
}

TEST_P(LogUpkeepTest, RetainLetsGoWhatTheSettingsSay) {
  run_well({"log", "create", store(), "events", "--segment-records", "100"});
  append_lines(1'000);
  run_well({"log", "set", store(), "events", "--retain-records", "300"});
  const auto first = run_json({"log", "retain", store(), "events"})["first_id"].get<int>();
  EXPECT_GT(first, 1);
  EXPECT_LE(first, 701);
  EXPECT_EQ(run_well({"log", "read", store(), "events", "--reverse", "--limit", "1"}), "line 1000\n");
}

TEST_P(LogUpkeepTest, CompactKeepsOfEachKeyTheLatestRecord) {
  const auto created = run_json({"log", "create", store(), "profiles", "--segment-records", "4", "--compact-by-key",
                                 "--garbage-percent", "10", "--compact-age", "0", "--tombstone", "24h"});
  EXPECT_EQ(created["compact_by_key"], true);
  EXPECT_EQ(created["compact_garbage_percent_min"], 10);
  EXPECT_EQ(created["tombstone_ms"], 86'400'000);
  for (int i = 1; i <= 9; ++i)
    run_well({"log", "append", store(), "profiles", "payload " + std::to_string(i), "--key", "k" + std::to_string(i % 2)});
  const auto compacted = run_json({"log", "compact", store(), "profiles"});
  EXPECT_EQ(compacted["stream"], "profiles");
  EXPECT_GE(compacted["segments_before"], compacted["segments_after"]);
  EXPECT_EQ(run_well({"log", "read", store(), "profiles"}), "payload 8\npayload 9\n");
  EXPECT_EQ(run_well({"log", "compact", store(), "profiles"}).rfind("profiles: 0 records left out, ", 0), 0u);
  const auto stat = run_json({"log", "stat", store(), "profiles"});
  EXPECT_EQ(stat["next_id"], 10);
  EXPECT_EQ(stat["compacted_records"], 0) << "since the store was opened";
  EXPECT_TRUE(run_well({"log", "stat", store(), "profiles"}).ends_with(", of each key the latest\n"));
  const auto changed = run_json({"log", "set", store(), "profiles", "--no-compact-by-key"});
  EXPECT_EQ(changed["compact_by_key"], false);
  EXPECT_EQ(changed["compact_garbage_percent_min"], 10) << "what is not given stays";
  expect_failure({"log", "compact", store(), "profiles"}, 1, "does not compact by key");
  expect_failure({"log", "compact", store(), "absent"}, 1, "absent");
  expect_failure({"log", "set", store(), "profiles", "--garbage-percent", "101"}, 1, "100 percent");
  run_well({"verify", store()});
}

TEST_P(LogUpkeepTest, KeysAndTimesAreStoredAndFound) {
  for (int i = 1; i <= 9; ++i)
    run_well({"log", "append", store(), "events", "payload " + std::to_string(i), "--key", "k" + std::to_string(i),
              "--timestamp-us", std::to_string(i * 1'000)});
  const auto read = run_json({"log", "read", store(), "events", "--since-us", "6500", "--limit", "2"})["records"];
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0]["id"], 7);
  EXPECT_EQ(read[0]["key"], "k7");
  EXPECT_EQ(read[0]["timestamp_us"], 7'000);
  EXPECT_EQ(run_well({"log", "read", store(), "events", "--reverse", "--from", "2"}), "payload 2\npayload 1\n");
  expect_failure({"log", "append", store(), "events", "--lines", "--key", "k"}, 2, "--key");
}

TEST_P(LogUpkeepTest, CursorsAreCommittedListedAndDropped) {
  append_lines(9);
  expect_failure({"log", "cursor", store(), "events", "mailer"}, 1, "no cursor 'mailer'");
  EXPECT_EQ(run_well({"log", "cursors", store(), "events"}), "");
  EXPECT_EQ(run_well({"log", "cursor", store(), "events", "mailer", "--commit", "4"}), "           4           6  mailer\n");
  run_well({"log", "cursor", store(), "events", "audit", "--commit", "10", "--protects-nothing"});
  const auto cursors = run_json({"log", "cursors", store(), "events"})["cursors"];
  ASSERT_EQ(cursors.size(), 2u);
  EXPECT_EQ(cursors[0]["name"], "audit");
  EXPECT_EQ(cursors[0]["protects"], false);
  EXPECT_EQ(cursors[1]["next"], 4);
  EXPECT_EQ(cursors[1]["lag"], 6);
  EXPECT_EQ(run_json({"log", "cursor", store(), "events", "mailer"}), cursors[1]);
  expect_failure({"log", "truncate", store(), "events", "--before", "5"}, 1, "cursor 'mailer'");
  expect_failure({"log", "cursor", store(), "events", "mailer", "--commit", "11"}, 1, "no such place");
  expect_failure({"log", "cursor", store(), "events", "mailer", "--commit", "5", "--drop"}, 2, "--drop");
  run_well({"log", "cursor", store(), "events", "mailer", "--drop"});
  expect_failure({"log", "cursor", store(), "events", "mailer", "--drop"}, 1, "no cursor 'mailer'");
  run_well({"log", "truncate", store(), "events", "--before", "5"});
}

TEST_P(LogUpkeepTest, DropRemovesTheLogAndNoOther) {
  append_lines(3);
  run_well({"log", "append", store(), "other", "stays"});
  run_well({"kv", "put", store(), "users", "a", "1"});
  run_well({"log", "drop", store(), "events"});
  expect_failure({"log", "read", store(), "events"}, 1, "events");
  expect_failure({"log", "drop", store(), "events"}, 1, "events");
  expect_failure({"log", "drop", store(), "users"}, 1, "kind kv");
  EXPECT_EQ(run_well({"log", "read", store(), "other"}), "stays\n");
  EXPECT_EQ(run_json({"log", "drop", store(), "other"}), (nlohmann::json{{"stream", "other"}}));
  EXPECT_EQ(run_well({"log", "append", store(), "events", "anew"}), "1\n");
}

}  // namespace
}  // namespace holdfast::test
