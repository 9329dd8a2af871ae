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
