// Sharded logs from the command line.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class ShardCommands : public CliTest {
 protected:
  void SetUp() override { create_store(); }

  static std::string keyed_lines(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "key " + std::to_string(i % 10) + "\tpayload\t" + std::to_string(i) + "\n";
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, ShardCommands, testing::ValuesIn(cli_media()), medium_name);

TEST_P(ShardCommands, CreateMakesALogAndLsShowsIt) {
  EXPECT_EQ(run_well({"shard", "ls", store()}), "");
  EXPECT_EQ(run_well({"shard", "create", store(), "events", "--shards", "3"}), "");
  EXPECT_EQ(run_json({"shard", "create", store(), "others"})["shards"], 8);
  expect_failure({"shard", "create", store(), "events"}, 1, "exists");
  expect_failure({"shard", "create", store(), "none", "--shards", "5000"}, 1, "too many shards");
  const auto list = run_json({"shard", "ls", store()})["sharded_logs"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["log"], "events");
  EXPECT_EQ(list[0]["shards"], 3);
  EXPECT_EQ(list[0]["records"], 0);
  EXPECT_EQ(list[1]["log"], "others");
  EXPECT_TRUE(run_well({"shard", "ls", store()}).ends_with("  others\n"));
}

TEST_P(ShardCommands, AppendPrintsThePlaceAndLatestTheRecord) {
  const auto place = run_json({"shard", "append", store(), "events", "user:1", "came"});
  EXPECT_EQ(place["id"], 1);
  const std::string shard = std::to_string(place["shard"].get<int>());
  EXPECT_EQ(run_well({"shard", "append", store(), "events", "user:1", "went", "--timestamp-us", "7"}), shard + " 2\n");
  EXPECT_EQ(run_well({"shard", "latest", store(), "events", "user:1"}), "went\n");
  const auto latest = run_json({"shard", "latest", store(), "events", "user:1"});
  EXPECT_EQ(latest["id"], 2);
  EXPECT_EQ(latest["timestamp_us"], 7);
  EXPECT_EQ(latest["key"], "user:1");
  EXPECT_EQ(run_well({"shard", "read", store(), "events"}), "came\nwent\n");
  EXPECT_EQ(run_well({"shard", "read", store(), "events", "--shard", shard, "--from", "2"}), "went\n");
  EXPECT_EQ(run_well({"shard", "append", store(), "events", "user:1", "--erase"}), shard + " 3\n");
  expect_failure({"shard", "latest", store(), "events", "user:1"}, 1, "user:1");
  expect_failure({"shard", "latest", store(), "events", "user:2"}, 1, "user:2");
  expect_failure({"shard", "latest", store(), "absent", "user:1"}, 1, "no sharded log named absent");
  expect_failure({"shard", "read", store(), "events", "--shard", "8"}, 1, "no such shard");
  expect_failure({"shard", "append", store(), "events", "", "payload"}, 1, "empty");
}

TEST_P(ShardCommands, APayloadComesFromStandardInputByteForByte) {
  const std::string payload("a\n\0\xFF", 4);
  run_well({"shard", "append", store(), "events", "key"}, {.input = payload});
  EXPECT_EQ(run_well({"shard", "latest", store(), "events", "key"}), payload + "\n");
}

TEST_P(ShardCommands, BatchAppendsLinesWithTheirKeys) {
  EXPECT_EQ(run_well({"shard", "batch", store(), "events"}, {.input = keyed_lines(3'000)}), "appended 3000 records\n");
  EXPECT_EQ(run_well({"shard", "batch", store(), "events", "--atomic"}, {.input = keyed_lines(2'000)}),
            "appended 2000 records\n");
  EXPECT_EQ(run_well({"shard", "latest", store(), "events", "key 3"}), "payload\t1993\n");
  const auto stat = run_json({"shard", "stat", store(), "events"});
  EXPECT_EQ(stat["records"], 5'000);
  EXPECT_EQ(stat["keys"], 10);
  EXPECT_EQ(stat["each"].size(), 8u);
  EXPECT_NE(run_well({"shard", "stat", store(), "events"}).find("events: 10 keys, 0 checkpoints\n"), std::string::npos);
  for (const std::string lines : {"key\tgood\nbad\n", "key\tgood\n\tbad\n"}) {
    const auto refused = run({"shard", "batch", store(), "events", "--atomic"}, {.input = lines});
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.errors.find("line 2"), std::string::npos) << refused.errors;
  }
  EXPECT_EQ(run_json({"shard", "stat", store(), "events"})["records"], 5'000);
}

TEST_P(ShardCommands, ReshardDealsRecordsOutAnew) {
  run_well({"shard", "create", store(), "events", "--shards", "2"});
  run_well({"shard", "batch", store(), "events"}, {.input = keyed_lines(1'000)});
  const std::string before = run_well({"shard", "latest", store(), "events", "key 7"});
  EXPECT_EQ(run_well({"shard", "reshard", store(), "events", "5"}), "");
  EXPECT_EQ(run_json({"shard", "stat", store(), "events"})["shards"], 5);
  EXPECT_EQ(run_json({"shard", "stat", store(), "events"})["records"], 1'000);
  EXPECT_EQ(run_well({"shard", "latest", store(), "events", "key 7"}), before);
  EXPECT_EQ(run_json({"shard", "reshard", store(), "events", "1"})["shards"], 1);
  expect_failure({"shard", "reshard", store(), "events", "0"}, 1, "so many shards");
  expect_failure({"shard", "reshard", store(), "absent", "2"}, 1, "no sharded log named absent");
}

TEST_P(ShardCommands, RmRemovesALog) {
  run_well({"shard", "batch", store(), "events"}, {.input = keyed_lines(10)});
  EXPECT_EQ(run_well({"shard", "rm", store(), "events"}), "");
  EXPECT_EQ(run_well({"shard", "ls", store()}), "");
  EXPECT_EQ(run_well({"log", "streams", store()}), "");
  expect_failure({"shard", "rm", store(), "events"}, 1, "no sharded log named events");
}

}  // namespace
}  // namespace holdfast::test
