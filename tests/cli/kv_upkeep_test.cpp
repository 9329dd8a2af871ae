// compact, drop, ttl, and what create and put say of time and size.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class KvUpkeepTest : public CliTest {
 protected:
  void SetUp() override { create_store(); }

  /// JSON Lines of `count` keys with values of 1,000 bytes that begin with `mark`.
  [[nodiscard]] static std::string lines_of(int count, char mark) {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += R"({"key":"key )" + std::to_string(i) + R"(","value":")" + std::string(1'000, mark) + "\"}\n";
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, KvUpkeepTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(KvUpkeepTest, CompactGivesBackWhatWasReplaced) {
  for (const char mark : {'a', 'b', 'c'}) run_well({"kv", "load", store(), "users"}, {.input = lines_of(6'000, mark)});
  const auto before = run_json({"kv", "stats", store(), "users"})["spaces"][0];
  const auto compacted = run_json({"kv", "compact", store(), "users"});
  EXPECT_EQ(compacted["space"], "users");
  EXPECT_GT(compacted["freed_bytes"], 0);
  EXPECT_GT(compacted["cleaned_segments"], 0);
  const auto after = run_json({"kv", "stats", store(), "users"})["spaces"][0];
  EXPECT_LT(after["size_bytes"], before["size_bytes"]);
  EXPECT_EQ(after["live_bytes"], before["live_bytes"]);
  EXPECT_EQ(run_well({"kv", "get", store(), "users", "key 77"}), std::string(1'000, 'c'));
  EXPECT_EQ(run_well({"kv", "count", store(), "users"}), "6000\n");
  run_well({"verify", store()});
  EXPECT_EQ(run_well({"kv", "compact", store(), "users"}).rfind("users: ", 0), 0u);
  expect_failure({"kv", "compact", store(), "absent"}, 1, "absent");
}

TEST_P(KvUpkeepTest, DropRemovesTheSpaceAndNoOther) {
  run_well({"kv", "put", store(), "users", "a", "1"});
  run_well({"kv", "put", store(), "others", "a", "2"});
  run_well({"log", "append", store(), "events", "came"});
  run_well({"kv", "drop", store(), "users"});
  expect_refused({"kv", "get", store(), "users", "a"}, 1, "users");
  EXPECT_EQ(run_well({"kv", "get", store(), "others", "a"}), "2");
  expect_failure({"kv", "drop", store(), "users"}, 1, "users");
  expect_failure({"kv", "drop", store(), "events"}, 1, "kind log");
  EXPECT_EQ(run_json({"kv", "drop", store(), "others"}), (nlohmann::json{{"space", "others"}}));
  run_well({"kv", "put", store(), "users", "b", "3"});
  EXPECT_EQ(run_well({"kv", "count", store(), "users"}), "1\n");
}

TEST_P(KvUpkeepTest, KeysExpireAsTheyAreTold) {
  run_well({"kv", "put", store(), "sessions", "long", "1", "--ttl", "60min"});
  run_well({"kv", "put", store(), "sessions", "for ever", "2"});
  EXPECT_EQ(run_well({"kv", "ttl", store(), "sessions", "for ever"}), "never\n");
  const std::string shown = run_well({"kv", "ttl", store(), "sessions", "long"});
  EXPECT_EQ(shown.size(), std::string("2026-01-01T00:00:00Z\n").size()) << shown;
  EXPECT_GT(run_json({"kv", "ttl", store(), "sessions", "long"})["expires_us"], 1'700'000'000'000'000);
  run_well({"kv", "ttl", store(), "sessions", "long", "never"});
  EXPECT_TRUE(run_json({"kv", "ttl", store(), "sessions", "long"})["expires_us"].is_null());
  run_well({"kv", "ttl", store(), "sessions", "for ever", "1ms"});
  while (run({"kv", "get", store(), "sessions", "for ever"}).exit_code == 0) {
  }
  expect_refused({"kv", "ttl", store(), "sessions", "for ever"}, 1, "for ever");
  expect_failure({"kv", "ttl", store(), "sessions", "for ever", "10s"}, 1, "for ever");
  expect_refused({"kv", "ttl", store(), "sessions", "long", "0"}, 2, "'0' is not a time");
  expect_refused({"kv", "ttl", store(), "sessions", "long", "soon"}, 2, "'soon' is not a time");
}

TEST_P(KvUpkeepTest, DumpsKeepTheTimesAtWhichKeysExpire) {
  run_well({"kv", "put", store(), "sessions", "long", "1", "--ttl", "60min"});
  run_well({"kv", "put", store(), "sessions", "for ever", "2"});
  const auto expires_us = [&](const std::string& space) -> std::uint64_t {
    return run_json({"kv", "ttl", store(), space, "long"})["expires_us"];
  };
  for (const char* format : {"jsonl", "binary"}) {
    const std::string dump = run_well({"kv", "dump", store(), "sessions", "--format", format});
    run_well({"kv", "load", store(), format, "--format", format}, {.input = dump});
    EXPECT_EQ(expires_us(format), expires_us("sessions")) << format;
    EXPECT_TRUE(run_json({"kv", "ttl", store(), format, "for ever"})["expires_us"].is_null()) << format;
  }
  expect_failure({"kv", "load", store(), "sessions", "/dev/null", "--format", "binary"}, 1, "stream");
  const ProgramResult wrong = run({"kv", "load", store(), "sessions"},
                                  {.input = R"({"key":"a","value":"b","expires_us":"soon"})"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_NE(wrong.errors.find("expires_us"), std::string::npos) << wrong.errors;
}

TEST_P(KvUpkeepTest, CreateSaysHowValuesAreKept) {
  const auto created =
      run_json({"kv", "create", store(), "cache", "--ttl", "60min", "--compress-above", "256"});
  EXPECT_EQ(created["compress_above_bytes"], 256);
  EXPECT_EQ(created["default_ttl_ms"], 3'600'000);
  run_well({"kv", "put", store(), "cache", "a", std::string(20'000, 'a')});
  EXPECT_FALSE(run_json({"kv", "ttl", store(), "cache", "a"})["expires_us"].is_null());
  EXPECT_LT(run_json({"kv", "stats", store(), "cache"})["spaces"][0]["live_bytes"], 2'000);
  EXPECT_EQ(run_well({"kv", "get", store(), "cache", "a"}), std::string(20'000, 'a'));
}

}  // namespace
}  // namespace holdfast::test
