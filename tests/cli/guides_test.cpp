// docs/kv.md, docs/log.md and docs/sharded-log.md: their blocks are functions of programs that compile, run, and leave a
// whole store; their commands run.

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "cli/program.hpp"
#include "cli/scratch.hpp"

namespace holdfast::test {
namespace {

std::string source_file(const std::string& name) {
  return read_file(std::filesystem::path(HOLDFAST_SOURCE_DIR) / name);
}

std::vector<std::string> blocks_of(const std::string& page, const std::string& language = "cpp") {
  const std::string open = "```" + language + "\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    const std::size_t end = page.find("```\n", at);
    blocks.push_back(page.substr(at, end - at));
    at = end;
  }
  return blocks;
}

/// Names of the functions that a program defines at its outermost level.
std::vector<std::string> functions_of(const std::string& program) {
  std::vector<std::string> names;
  std::istringstream lines(program);
  for (std::string line; std::getline(lines, line);) {
    const bool begins = line.starts_with("Result<void> ") || line.starts_with("void ");
    if (!begins) continue;
    const std::size_t name = line.find(' ') + 1;
    names.push_back(line.substr(name, line.find('(') - name));
  }
  return names;
}

struct GuideRow {
  std::string name;
  std::string page;
  std::string source;
  std::string program;
  std::size_t functions_min;
  std::vector<std::string> lines;  ///< That it prints.
};

const std::vector<GuideRow>& guides() {
  static const std::vector<GuideRow> all{
      {"kv", "docs/kv.md", "examples/kv_guide.cpp", HOLDFAST_KV_GUIDE_PROGRAM, 10,
       {"user: alice\n", "in place: a new value\n", "Alice (30)\n", "refused: empty key\n",
        "2026-02-01\n2026-01-02\n2026-01-01\n", " entries stored\n", ", 0 damaged\n"}},
      {"log", "docs/log.md", "examples/log_guide.cpp", HOLDFAST_LOG_GUIDE_PROGRAM, 6,
       {": user:1 came\n", ": nobody waits\n", "3 ticks followed\n", " handled, 0 behind\n", "100 lines in 1 segments\n", "gone: ",
        "in place: ", "totals: 0 behind\n", "1 taken back; the next id is not ", "9 users of 1001 records\n"}},
      {"sharded_log", "docs/sharded-log.md", "examples/sharded_log_guide.cpp", HOLDFAST_SHARDED_LOG_GUIDE_PROGRAM, 11,
       {", id 1: came\n", "1000 appended, the last of user:999\n", "1004 records in 4 shards\n",
        "1004 records dealt out over 6 shards\n", "left out for version 993\n", " us, with 6 shards\n",
        "the latest is raft_index_6000\n", "1 behind raft_index_5000\n", "user:1 has version 1 again; checkpoints: 1\n",
        "91 and 5 checkpoints gone, records of 6 shards, ", "1 keys, 0 checkpoints made by themselves\n"}},
  };
  return all;
}

class Guide : public testing::TestWithParam<GuideRow> {};
INSTANTIATE_TEST_SUITE_P(, Guide, testing::ValuesIn(guides()), [](const auto& row) { return row.param.name; });

TEST_P(Guide, ItsBlocksAreThoseOfTheProgram) {
  const std::string program = source_file(GetParam().source);
  const auto blocks = blocks_of(source_file(GetParam().page));
  EXPECT_GE(blocks.size(), GetParam().functions_min);
  for (const std::string& block : blocks) EXPECT_NE(program.find(block), std::string::npos) << block;
}

TEST_P(Guide, EveryFunctionOfTheProgramIsInIt) {
  const std::string page = source_file(GetParam().page);
  const auto functions = functions_of(source_file(GetParam().source));
  EXPECT_GT(functions.size(), GetParam().functions_min);
  for (const std::string& function : functions) {
    if (function == "all_but_the_first") continue;  // calls them
    EXPECT_NE(page.find(" " + function + "("), std::string::npos) << function;
  }
}

TEST_P(Guide, ItsProgramRunsAgainAndAgain) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  for (int run = 0; run < 2; ++run) {
    const ProgramResult result = run_program(GetParam().program, {}, {.directory = scratch.path()});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    for (const std::string& line : GetParam().lines)
      EXPECT_NE(result.output.find(line), std::string::npos) << line << result.output;
  }
}

TEST(ShardedLogGuide, ItsCommandsRun) {
  const auto blocks = blocks_of(source_file("docs/sharded-log.md"), "sh");
  ASSERT_EQ(blocks.size(), 2u);
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  const ProgramResult result =
      run_program("bash", {"-e", "-o", "pipefail", "-c", blocks[0] + blocks[1] + "holdfast verify app.hf\n"},
                  {.directory = scratch.path(),
                   .search_path_first = std::filesystem::path(HOLDFAST_PROGRAM).parent_path()});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.output.find("\nwent\n"), std::string::npos) << "its latest record: " << result.output;
  EXPECT_NE(result.output.find("shard 31: ids below "), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("no damage"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace holdfast::test
