// What the commands on logs do, on every medium.

#include <string>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

using LogCommandsTest = CliTest;

INSTANTIATE_TEST_SUITE_P(Cli, LogCommandsTest, testing::ValuesIn(cli_media()), medium_name);

std::string numbered_lines(int first, int last) {
  std::string lines;
  for (int i = first; i <= last; ++i) lines += "line " + std::to_string(i) + "\n";
  return lines;
}

TEST_P(LogCommandsTest, AppendPrintsTheIdAndReadTheRecords) {
  create_store();
  EXPECT_EQ(run_well({"log", "append", store(), "events", "one"}), "1\n");
  EXPECT_EQ(run_well({"log", "append", store(), "events", "two", "--durability", "buffered"}), "2\n");
  EXPECT_EQ(run_well({"log", "append", store(), "other", "elsewhere"}), "1\n");
  EXPECT_EQ(run_well({"log", "append", store(), "events", ""}), "3\n");
  EXPECT_EQ(run_well({"log", "append", store(), "events", "--", "--json"}), "4\n");
  EXPECT_EQ(run_well({"log", "read", store(), "events"}), "one\ntwo\n\n--json\n");
}

TEST_P(LogCommandsTest, APayloadComesFromStandardInputByteForByte) {
  create_store();
  std::string payload;
  for (int i = 0; i < 300'000; ++i) payload += static_cast<char>(i * 7 % 256);
  EXPECT_EQ(run_well({"log", "append", store(), "l"}, {.input = payload}), "1\n");
  EXPECT_EQ(run_well({"log", "append", store(), "l", "-"}, {.input = payload}), "2\n");
  EXPECT_TRUE(run_well({"log", "read", store(), "l"}) == payload + "\n" + payload + "\n");
}

TEST_P(LogCommandsTest, EachLineIsARecordAtEveryDurability) {
  create_store();
  const std::string lines = numbered_lines(1, 1'000);
  int appended = 0;
  for (const std::string durability : {"immediate", "interval", "buffered"}) {
    EXPECT_EQ(
        run_well({"log", "append", store(), "l", "--lines", "--durability", durability}, {.input = lines}),
        "appended 1000 records, ids " + std::to_string(appended + 1) + " to " +
            std::to_string(appended + 1'000) + "\n");
    appended += 1'000;
  }
  EXPECT_TRUE(run_well({"log", "read", store(), "l"}) == lines + lines + lines);
}

TEST_P(LogCommandsTest, LinesMayBeEmptyOrBinaryOrUnended) {
  create_store();
  EXPECT_EQ(run_well({"log", "append", store(), "l", "--lines"}, {.input = ""}), "appended 0 records\n");
  const std::string lines("\n\0\xFF\nlast", 8);
  run_well({"log", "append", store(), "l", "--lines"}, {.input = lines});
  EXPECT_EQ(run_well({"log", "read", store(), "l"}), lines + "\n");
}

TEST_P(LogCommandsTest, ReadTakesAFirstIdAndALimit) {
  create_store();
  run_well({"log", "append", store(), "l", "--lines"}, {.input = numbered_lines(1, 9)});
  EXPECT_EQ(run_well({"log", "read", store(), "l", "--from", "8"}), numbered_lines(8, 9));
  EXPECT_EQ(run_well({"log", "read", store(), "l", "--from", "3", "--limit", "2"}), numbered_lines(3, 4));
  EXPECT_EQ(run_well({"log", "read", store(), "l", "--limit", "0"}), "");
  EXPECT_EQ(run_well({"log", "read", store(), "l", "--from", "10"}), "") << "the end is no error";
  expect_refused({"log", "read", store(), "l", "--from", "11"}, 1, "found 11");
  expect_refused({"log", "read", store(), "l", "--from", "0"}, 1, "found 0");
}

TEST_P(LogCommandsTest, StreamsShowsIdsAndSizes) {
  create_store();
  EXPECT_EQ(run_well({"log", "streams", store()}), "");
  run_well({"kv", "put", store(), "no log", "k", "v"});
  run_well({"log", "append", store(), "a\n", "--lines"}, {.input = numbered_lines(1, 9)});
  const std::string listed = run_well({"log", "streams", store()});
  EXPECT_EQ(listed.find_first_not_of(' '), listed.find('1')) << listed;
  EXPECT_NE(listed.find(" 10 "), std::string::npos) << listed;
  EXPECT_TRUE(listed.ends_with("  a\\x0a\n")) << listed;
}

}  // namespace
}  // namespace holdfast::test
