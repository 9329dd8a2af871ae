// dump writes what load takes back, whatever the bytes; a bad line is named and stops the load.

#include <algorithm>
#include <sstream>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

using DumpAndLoadTest = CliTest;

INSTANTIATE_TEST_SUITE_P(Cli, DumpAndLoadTest, testing::ValuesIn(cli_media()), medium_name);

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST_P(DumpAndLoadTest, EveryByteComesBack) {
  create_store();
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  run_well({"kv", "put", store(), "s", "all"}, {.input = all_bytes});
  run_well({"kv", "put", store(), "s", "key \xE2\x82\xAC \x80", "binary key"});
  run_well({"kv", "put", store(), "s", "quotes \"\\\n\x01", "controls \x02\x1f"});
  run_well({"kv", "put", store(), "s", "empty", ""});
  run_well({"kv", "put", store(), "s", "zero"}, {.input = std::string("a\0b", 3)});
  const std::string dump = run_well({"kv", "dump", store(), "s"});
  EXPECT_EQ(run_well({"kv", "load", store(), "copy"}, {.input = dump}), "loaded 5 entries\n");
  EXPECT_EQ(sorted_lines(run_well({"kv", "dump", store(), "copy"})), sorted_lines(dump));
  EXPECT_TRUE(run_well({"kv", "get", store(), "copy", "all"}) == all_bytes);
  EXPECT_EQ(run_well({"kv", "get", store(), "copy", "key \xE2\x82\xAC \x80"}), "binary key");
}

TEST_P(DumpAndLoadTest, ManyEntriesByFileAtEveryDurability) {
  create_store();
  const std::string file = (directory() / "in.jsonl").string();
  std::string lines;
  for (int i = 0; i < 2'000; ++i)
    lines += R"({"key":"k)" + std::to_string(i) + R"(","value":")" + std::string(100, 'v') + "\"}\n";
  write_file(file, lines);
  for (const std::string durability : {"immediate", "interval", "buffered"}) {
    run_well({"kv", "load", store(), durability, file, "--durability", durability, "--batch", "37"});
    EXPECT_EQ(run_well({"kv", "count", store(), durability}), "2000\n");
    EXPECT_EQ(sorted_lines(run_well({"kv", "dump", store(), durability})), sorted_lines(lines));
  }
}

TEST_P(DumpAndLoadTest, TheLaterOfTwoEntriesCounts) {
  create_store();
  const std::string lines = "{\"key\":\"k\",\"value\":\"1\"}\n{\"key\":\"k\",\"value\":\"2\"}";
  run_well({"kv", "load", store(), "s"}, {.input = lines});
  EXPECT_EQ(run_well({"kv", "get", store(), "s", "k"}), "2");
}

TEST_P(DumpAndLoadTest, ABadLineIsNamedAndTheEntriesBeforeItCounted) {
  create_store();
  const std::string good = "{\"key\":\"a\",\"value\":\"1\"}\n";
  const std::vector<std::pair<std::string, std::string>> lines{
      {"not json", "not a JSON object"},
      {"[1]", "not a JSON object"},
      {"", "not a JSON object"},
      {R"({"value":"v"})", R"(needs one of "key")"},
      {R"({"key":"k","key_base64":"aw==","value":"v"})", R"(needs one of "key")"},
      {R"({"key":"k","value":1})", R"(needs one of "value")"},
      {R"({"key":"k","value_base64":"a"})", R"(needs one of "value")"},
      {R"({"key":"k","value":"v","more":1})", "has other fields"},
  };
  for (const auto& [line, reason] : lines) {
    const ProgramResult result =
        run({"kv", "load", store(), "s", "--batch", "1"}, {.input = good + line + "\n" + good});
    EXPECT_EQ(result.exit_code, 1) << line;
    EXPECT_NE(result.errors.find("holdfast: standard input: line 2: " + reason), std::string::npos)
        << result.errors;
    EXPECT_NE(result.errors.find("1 entries before it are stored"), std::string::npos) << result.errors;
  }
}

TEST_P(DumpAndLoadTest, DumpNeverOverwrites) {
  create_store();
  run_well({"kv", "put", store(), "s", "k", "v"});
  expect_refused({"kv", "dump", store(), "s", store()}, 1, "File exists");
  const std::string file = (directory() / "out.jsonl").string();
  EXPECT_EQ(run_well({"kv", "dump", store(), "s", file}), "dumped 1 entries\n");
  EXPECT_EQ(read_file(file), "{\"key\":\"k\",\"value\":\"v\"}\n");
  expect_refused({"kv", "dump", store(), "s", file}, 1, "File exists");
}

TEST_P(DumpAndLoadTest, ADumpThatFailsLeavesNoFile) {
  create_store();
  expect_refused({"kv", "dump", store(), "absent", (directory() / "out.jsonl").string()}, 1, "absent");
}

}  // namespace
}  // namespace holdfast::test
