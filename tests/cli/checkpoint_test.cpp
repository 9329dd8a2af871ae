// Checkpoints of sharded logs from the command line.

#include <holdfast/holdfast.hpp>
#include <holdfast/sharded_log.hpp>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class CheckpointCommands : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    append(100);
  }

  /// `count` records more in the log "events".
  void append(int count) const {
    auto opened = Store::open(store(), {.emulate_pmem = true});
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    auto log = ShardedLog::open(*opened, "events", {.shards = 3, .log = {.durability = Durability::buffered}});
    ASSERT_TRUE(log.has_value()) << log.error().to_string();
    for (int i = 0; i < count; ++i) ASSERT_TRUE(log->append("k" + std::to_string(i), "payload").has_value());
    ASSERT_TRUE(opened->close().has_value());
  }

  static std::uint64_t ids_in(const nlohmann::json& checkpoint) {
    std::uint64_t count = 0;
    for (const auto& next : checkpoint["next"]) count += next.get<std::uint64_t>() - 1;
    return count;
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, CheckpointCommands, testing::ValuesIn(cli_media()), medium_name);

TEST_P(CheckpointCommands, CreateListsAndShowsThem) {
  EXPECT_EQ(run_well({"checkpoint", "ls", store(), "events"}), "");
  expect_failure({"checkpoint", "show", store(), "events"}, 1, "no checkpoint");
  const auto made = run_json({"checkpoint", "create", store(), "events", "a"});
  EXPECT_EQ(made["id"], "a");
  EXPECT_EQ(made["next"].size(), 3u);
  EXPECT_EQ(ids_in(made), 100u);
  append(10);
  run_well({"checkpoint", "create", store(), "events", "b"});
  const auto list = run_json({"checkpoint", "ls", store(), "events"})["checkpoints"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0], made);
  EXPECT_EQ(list[1]["id"], "b");
  EXPECT_EQ(ids_in(list[1]), 110u);
  EXPECT_EQ(run_json({"checkpoint", "show", store(), "events"}), list[1]) << "the one made last";
  EXPECT_EQ(run_json({"checkpoint", "show", store(), "events", "a"}), list[0]);
  const std::string shown = run_well({"checkpoint", "show", store(), "events", "a"});
  EXPECT_EQ(shown.rfind("a: made at ", 0), 0u) << shown;
  EXPECT_NE(shown.find("shard 2: ids below " + std::to_string(made["next"][2].get<int>())), std::string::npos) << shown;
  const std::string lines = run_well({"checkpoint", "ls", store(), "events"});
  EXPECT_NE(lines.find("100  a\n"), std::string::npos) << lines;
  expect_failure({"checkpoint", "show", store(), "events", "c"}, 1, "no checkpoint of that id");
  expect_failure({"checkpoint", "ls", store(), "absent"}, 1, "no sharded log named absent");
  expect_failure({"checkpoint", "create", store(), "absent", "a"}, 1, "no sharded log named absent");
  expect_failure({"checkpoint", "create", store(), "events"}, 2, "ID");
}

TEST_P(CheckpointCommands, PruneAndKeepTakeAway) {
  for (const char* id : {"a", "b", "c"}) {
    append(60);  // so many that of each three shards one without any is next to impossible
    run_well({"checkpoint", "create", store(), "events", id});
  }
  const auto pruned = run_json({"checkpoint", "prune", store(), "events", "b"});
  EXPECT_EQ(pruned["shards"], 3);
  EXPECT_EQ(pruned["checkpoints"], 1);
  const auto left = run_json({"checkpoint", "show", store(), "events", "b"});
  EXPECT_EQ(run_json({"log", "stat", store(), "events#1"})["first_id"], left["next"][1]);
  EXPECT_EQ(run_well({"checkpoint", "prune", store(), "events", "b"}).rfind("0 of 3 shards begin at b now", 0), 0u);
  expect_failure({"checkpoint", "prune", store(), "events", "a"}, 1, "no checkpoint of that id");
  run_well({"log", "cursor", store(), "events#0", "slow", "--commit", std::to_string(left["next"][0].get<int>())});
  expect_failure({"checkpoint", "prune", store(), "events", "c"}, 1, "cursor 'slow'");
  EXPECT_EQ(run_well({"checkpoint", "keep", store(), "events", "1"}), "1 checkpoints gone\n");
  EXPECT_EQ(run_json({"checkpoint", "keep", store(), "events", "0"})["checkpoints"], 1);
  EXPECT_EQ(run_well({"checkpoint", "ls", store(), "events"}), "");
}

TEST_P(CheckpointCommands, CloneMakesAnotherLogHereOrElsewhere) {
  run_well({"checkpoint", "create", store(), "events", "a"});
  append(20);
  EXPECT_EQ(run_json({"checkpoint", "clone", store(), "events", "a", "then"})["shards"], 3);
  const auto made = run_json({"checkpoint", "create", store(), "then", "x"});
  EXPECT_EQ(made["next"], run_json({"checkpoint", "show", store(), "events", "a"})["next"]);
  expect_failure({"checkpoint", "clone", store(), "events", "a", "then"}, 1, "exists");
  const std::string other = (directory() / "other.hf").string();
  expect_failure({"checkpoint", "clone", store(), "events", "a", "events", "--into", other}, 1, "holdfast create");
  Arguments create{"create", other, "--size", "16MiB"};
  create.insert(create.end(), GetParam().create_flags.begin(), GetParam().create_flags.end());
  ASSERT_EQ(holdfast_program(create).exit_code, 0);
  run_well({"checkpoint", "clone", store(), "events", "a", "events", "--into", other});
  EXPECT_EQ(run_json({"checkpoint", "create", other, "events", "x"})["next"], made["next"]);
}

TEST_P(CheckpointCommands, RestoreGoesBackToOne) {
  const auto made = run_json({"checkpoint", "create", store(), "events", "a"});
  append(20);
  run_well({"checkpoint", "create", store(), "events", "b"});
  expect_failure({"checkpoint", "restore", store(), "events", "c"}, 1, "no checkpoint of that id");
  run_well({"checkpoint", "restore", store(), "events", "a"});
  EXPECT_EQ(run_json({"checkpoint", "ls", store(), "events"})["checkpoints"], nlohmann::json::array({made}));
}

}  // namespace
}  // namespace holdfast::test
