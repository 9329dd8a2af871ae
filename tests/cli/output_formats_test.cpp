// --json is valid and binary-safe for every command; plain listings cannot be faked by a key.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

using OutputFormatsTest = CliTest;

INSTANTIATE_TEST_SUITE_P(Cli, OutputFormatsTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(OutputFormatsTest, EveryCommandPrintsValidJson) {
  Arguments create{"create", store(), "--size", "4MiB"};
  EXPECT_EQ(run_json(create)["path"], store());
  const auto put = run_json({"kv", "put", store(), "users", "user:1", "alice"});
  EXPECT_EQ(put, (nlohmann::json{{"key", "user:1"}, {"value_size_bytes", 5}}));
  EXPECT_EQ(run_json({"kv", "get", store(), "users", "user:1"}),
            (nlohmann::json{{"key", "user:1"}, {"value", "alice"}}));
  EXPECT_EQ(run_json({"kv", "count", store(), "users"}), (nlohmann::json{{"count", 1}}));
  const auto scan = run_json({"kv", "scan", store(), "users"});
  EXPECT_EQ(scan["entries"], (nlohmann::json{{{"key", "user:1"}, {"value", "alice"}}}));
  EXPECT_EQ(run_json({"kv", "scan", store(), "users", "nothing"})["entries"], nlohmann::json::array());
  EXPECT_EQ(run_json({"ls", store()})["spaces"][0]["name"], "users");
  EXPECT_EQ(run_json({"ls", store()})["spaces"][0]["kind"], "kv");
  EXPECT_EQ(run_json({"verify", store()})["damage"].size(), 0u);
  EXPECT_EQ(run_json({"info", store()})["backend"], GetParam().name);
  const std::string file = (directory() / "users.jsonl").string();
  EXPECT_EQ(run_json({"kv", "dump", store(), "users", file}),
            (nlohmann::json{{"entries", 1}, {"bytes", 11}}));
  EXPECT_EQ(run_json({"kv", "load", store(), "copy", file}), (nlohmann::json{{"entries", 1}, {"bytes", 11}}));
  EXPECT_EQ(run_json({"kv", "erase", store(), "users", "user:1"}), (nlohmann::json{{"key", "user:1"}}));
}

TEST_P(OutputFormatsTest, EveryCommandOnALogPrintsValidJson) {
  create_store();
  EXPECT_EQ(run_json({"log", "append", store(), "l", "first"}),
            (nlohmann::json{{"id", 1}, {"payload_size_bytes", 5}}));
  const std::string lines =
      run_well({"log", "append", store(), "l", "--lines", "--json"}, {.input = "a\nb\n"});
  EXPECT_EQ(nlohmann::json::parse(lines),
            (nlohmann::json{{"records", 2}, {"bytes", 2}, {"first_id", 2}, {"last_id", 3}}));
  EXPECT_EQ(run_json({"log", "append", store(), "l", "--lines"}),
            (nlohmann::json{{"records", 0}, {"bytes", 0}}));
  run_well({"log", "append", store(), "l"}, {.input = std::string("a\0\x80", 3)});
  const auto records = run_json({"log", "read", store(), "l"})["records"];
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0]["id"], 1);
  EXPECT_EQ(records[0]["payload"], "first");
  EXPECT_EQ(records[3]["payload_base64"], "YQCA");
  EXPECT_GT(records[0]["timestamp_us"], std::uint64_t{1'700'000'000'000'000});
  EXPECT_EQ(run_json({"log", "read", store(), "l", "--limit", "0"})["records"], nlohmann::json::array());
  const auto streams = run_json({"log", "streams", store()})["streams"];
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0]["name"], "l");
  EXPECT_EQ(streams[0]["first_id"], 1);
  EXPECT_EQ(streams[0]["next_id"], 5);
  EXPECT_GT(streams[0]["size_bytes"], 0);
  EXPECT_EQ(run_json({"log", "follow", store(), "l", "--from", "4", "--limit", "1"}), records[3]);
}

TEST_P(OutputFormatsTest, EveryCommandOnARegionPrintsValidJson) {
  create_store();
  const std::string name = "r\xFF";
  const std::string file = (directory() / "in").string();
  write_file(file, "bytes");
  const nlohmann::json copied{{"name_base64", "cv8="}, {"bytes", 5}};
  EXPECT_EQ(run_json({"region", "import", store(), name, file}), copied);
  EXPECT_EQ(run_json({"region", "export", store(), name, (directory() / "out").string()}), copied);
  const auto stat = run_json({"region", "stat", store(), name});
  EXPECT_EQ(stat["name_base64"], "cv8=");
  EXPECT_EQ(stat["size_bytes"], 5);
  EXPECT_GE(stat["extents"], 1);
  EXPECT_GE(stat["owned_bytes"], 5);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"], nlohmann::json::array({stat}));
  EXPECT_EQ(run_json({"region", "rm", store(), name}),
            (nlohmann::json{{"name_base64", "cv8="}, {"id", stat["id"]}}));
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"], nlohmann::json::array());
}

TEST_P(OutputFormatsTest, JsonHoldsBytesThatAreNotText) {
  create_store();
  const std::string key = "k\xFF";
  run_well({"kv", "put", store(), "s", key}, {.input = std::string("a\0\x80", 3)});
  const nlohmann::json entry{{"key_base64", "a/8="}, {"value_base64", "YQCA"}};
  EXPECT_EQ(run_json({"kv", "get", store(), "s", key}), entry);
  EXPECT_EQ(run_json({"kv", "scan", store(), "s"})["entries"], nlohmann::json::array({entry}));
  run_well({"kv", "put", store(), "sp\xFE", "k", "v"});
  EXPECT_EQ(run_json({"ls", store()})["spaces"][1]["name_base64"], "c3D+");
}

TEST_P(OutputFormatsTest, PlainListingsKeepOneEntryALine) {
  create_store();
  run_well({"kv", "put", store(), "s", "a\nb\tc\\", "\x1b[2J\xFF"});
  EXPECT_EQ(run_well({"kv", "scan", store(), "s"}), "a\\x0ab\\x09c\\\\\t\\x1b[2J\\xff\n");
}

TEST_P(OutputFormatsTest, AFullOutputIsAnError) {
  create_store();
  run_well({"kv", "put", store(), "s", "k", "v"});
  const ProgramResult result = run_program("sh", {"-c", "exec \"$@\" > /dev/full", "sh", HOLDFAST_PROGRAM,
                                                  "kv", "get", store(), "s", "k", "--emulate-pmem"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.errors, "holdfast: standard output: cannot write: No space left on device\n");
}

}  // namespace
}  // namespace holdfast::test
