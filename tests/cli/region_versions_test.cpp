// What the commands on the versions of a region do, on every medium.

#include <string>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

class RegionVersionsTest : public CliTest {
 protected:
  void SetUp() override { create_store(); }

  [[nodiscard]] std::string file(const std::string& name) const { return (directory() / name).string(); }

  /// A region that keeps `kept` versions.
  void create_region(const std::string& kept, const std::string& bytes) const {
    run_well({"region", "create", store(), "r", "--versions", kept, "--from", "-"}, {.input = bytes});
  }

  std::string replace(const std::string& bytes) const {
    return run_well({"region", "replace", store(), "r", "-"}, {.input = bytes});
  }

  [[nodiscard]] std::string version(const std::string& number) const {
    return run_well({"region", "read", store(), "r", "--version", number});
  }

  [[nodiscard]] std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> numbers;
    const auto listed = run_json({"region", "versions", store(), "r"});
    for (const auto& version : listed["versions"]) numbers.push_back(version["number"].get<std::uint64_t>());
    return numbers;
  }

  /// A command that must fail with 1 and say why; the store is opened for writing, so its bytes may change.
  void expect_failed(const Arguments& arguments, const std::string& reason,
                     const ProgramOptions& options = {}) const {
    const ProgramResult result = run(arguments, options);
    EXPECT_EQ(result.exit_code, 1) << arguments.at(1);
    EXPECT_NE(result.errors.find(reason), std::string::npos) << result.errors;
    EXPECT_EQ(result.output, "");
  }
};

using Numbers = std::vector<std::uint64_t>;

INSTANTIATE_TEST_SUITE_P(Cli, RegionVersionsTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(RegionVersionsTest, ReplaceAndKeepLeaveVersions) {
  create_region("2", "first");
  EXPECT_EQ(replace("second"), "1\n");
  EXPECT_EQ(run_well({"region", "keep", store(), "r"}), "2\n");
  EXPECT_EQ(run_well({"region", "read", store(), "r"}), "second");
  EXPECT_EQ(version("1"), "first");
  EXPECT_EQ(version("2"), "second");
  EXPECT_EQ(replace(""), "3\n");
  EXPECT_EQ(numbers(), (Numbers{2, 3}));
  EXPECT_EQ(run_well({"region", "read", store(), "r"}), "");
  const ProgramResult gone = run({"region", "read", store(), "r", "--version", "1"});
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_EQ(gone.errors, "holdfast: " + store() + ": region r keeps no version 1\n");
  EXPECT_NE(run_well({"verify", store()}).find("no damage"), std::string::npos);
}

TEST_P(RegionVersionsTest, ReplaceTakesAFileOrAPipe) {
  std::string bytes;  // more than a piece
  while (bytes.size() < (1u << 20)) bytes += std::to_string(bytes.size());
  write_file(file("in"), bytes);
  run_well({"region", "create", store(), "r"});
  EXPECT_EQ(run_well({"region", "replace", store(), "r", file("in")}), "");  // no versions, so no number
  EXPECT_TRUE(run_well({"region", "read", store(), "r"}) == bytes);
  replace("few");
  std::string piped = "cat in | " + std::string(HOLDFAST_PROGRAM) + " region replace " + store() + " r -";
  for (const std::string& flag : GetParam().open_flags) piped += " " + flag;
  const ProgramResult result = run_program("sh", {"-c", piped}, {.directory = directory()});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(run_well({"region", "read", store(), "r"}) == bytes);
  expect_failed({"region", "replace", store(), "r", file("absent")}, "absent: cannot open");
  expect_failed({"region", "replace", store(), "r", directory().string()}, "Is a directory");
  expect_failed({"region", "replace", store(), "absent", file("in")}, "no region named absent");
  EXPECT_TRUE(run_well({"region", "read", store(), "r"}) == bytes);
}

TEST_P(RegionVersionsTest, VersionsSaysWhatThereIs) {
  const std::string zeros(100'000, '\0');
  run_well({"region", "create", store(), "r", "--size", "100000", "--versions", "3", "--compress-versions"});
  EXPECT_EQ(run_well({"region", "versions", store(), "r"}), "");
  EXPECT_EQ(run_json({"region", "versions", store(), "r"}),
            (nlohmann::json{{"name", "r"}, {"versions", nlohmann::json::array()}}));
  const auto kept = run_json({"region", "keep", store(), "r"});
  EXPECT_EQ(kept["name"], "r");
  EXPECT_EQ(kept["version"]["number"], 1);
  EXPECT_EQ(kept["version"]["size_bytes"], zeros.size());
  EXPECT_LT(kept["version"]["stored_bytes"], zeros.size());
  EXPECT_EQ(run_json({"region", "versions", store(), "r"})["versions"],
            nlohmann::json::array({kept["version"]}));
  const std::string listed = run_well({"region", "versions", store(), "r"});
  EXPECT_EQ(listed.rfind("     1      97.7 KiB  stored in ", 0), 0u) << listed;
  EXPECT_NE(listed.find(" UTC  id " + std::to_string(kept["version"]["id"].get<std::uint64_t>()) + "\n"),
            std::string::npos)
      << listed;
  EXPECT_EQ(run_json({"region", "stat", store(), "r"})["version_count"], 1);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"].size(), 1u);
  EXPECT_TRUE(version("1") == zeros);
  expect_refused({"region", "versions", store(), "absent"}, 1, "no region named absent");
}

TEST_P(RegionVersionsTest, ReplacePrintsJson) {
  create_region("1", "first");
  write_file(file("in"), "second");
  const auto replaced = run_json({"region", "replace", store(), "r", file("in")});
  EXPECT_EQ(replaced["bytes"], 6);
  EXPECT_EQ(replaced["version"], run_json({"region", "versions", store(), "r"})["versions"][0]);
  EXPECT_EQ(run_json({"region", "set-versions", store(), "r", "0"}),
            (nlohmann::json{{"name", "r"}, {"versions_kept", 0}, {"compresses_versions", false}}));
  EXPECT_EQ(run_json({"region", "replace", store(), "r", file("in")}),
            (nlohmann::json{{"name", "r"}, {"bytes", 6}, {"version", nullptr}}));
}

TEST_P(RegionVersionsTest, SetVersionsChangesHowManyAreKept) {
  run_well({"region", "create", store(), "r", "--size", "5"});
  expect_failed({"region", "keep", store(), "r"}, "'holdfast region set-versions' lets it");
  EXPECT_EQ(run_well({"region", "set-versions", store(), "r", "3", "--compress"}), "");
  const auto shown = run_json({"region", "stat", store(), "r"});
  EXPECT_EQ(shown["versions_kept"], 3);
  EXPECT_EQ(shown["compresses_versions"], true);
  for (int i = 0; i < 3; ++i) run_well({"region", "keep", store(), "r"});
  run_well({"region", "set-versions", store(), "r", "1"});
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
  EXPECT_NE(run_well({"region", "stat", store(), "r"}).find("versions     3, up to 1 kept\n"),
            std::string::npos);
  EXPECT_EQ(run_well({"region", "keep", store(), "r"}), "4\n");
  EXPECT_EQ(numbers(), (Numbers{4}));
  expect_failed({"region", "set-versions", store(), "r", "5000"}, "so many versions");
  expect_failed({"region", "set-versions", store(), "absent", "1"}, "no region named absent");
  expect_refused({"region", "set-versions", store(), "r"}, 2, "COUNT is required");
  expect_refused({"region", "set-versions", store(), "r", "many"}, 2, "many");
}

TEST_P(RegionVersionsTest, ReadAndExportTakeAVersion) {
  create_region("2", "the first");
  replace("the second");
  EXPECT_EQ(run_well({"region", "read", store(), "r", "4", "3", "--version", "1"}), "fir");
  EXPECT_EQ(run_well({"region", "export", store(), "r", "-", "--version", "1"}), "the first");
  EXPECT_EQ(run_well({"region", "export", store(), "r", file("out"), "--version", "1"}), "exported 9 B\n");
  EXPECT_EQ(read_file(file("out")), "the first");
  for (const std::string number : {"0", "2", "18446744073709551615"}) {
    expect_refused({"region", "read", store(), "r", "--version", number}, 1,
                   "region r keeps no version " + number);
    expect_refused({"region", "export", store(), "r", file("none"), "--version", number}, 1,
                   "keeps no version");
  }
  expect_refused({"region", "read", store(), "r", "--version", "last"}, 2, "--version");
  expect_refused({"region", "read", store(), "r", "10", "--version", "1"}, 1, "inside");
}

TEST_P(RegionVersionsTest, RmRemovesOneVersionOrAll) {
  create_region("3", "1");
  replace("2");
  replace("3");
  const auto versions = run_json({"region", "versions", store(), "r"})["versions"];
  EXPECT_EQ(run_well({"region", "rm", store(), "r", "--version", "1"}), "");
  EXPECT_EQ(numbers(), (Numbers{2}));
  EXPECT_EQ(run_json({"region", "rm", store(), "r", "--version", "2"}),
            (nlohmann::json{{"name", "r"}, {"version", 2}, {"id", versions[1]["id"]}}));
  expect_failed({"region", "rm", store(), "r", "--version", "2"}, "region r keeps no version 2");
  EXPECT_EQ(run_well({"region", "read", store(), "r"}), "3");
  EXPECT_EQ(replace("4"), "3\n");  // a number is never used twice
  run_well({"region", "rm", store(), "r"});
  EXPECT_EQ(run_well({"ls", store()}), "");
}

TEST_P(RegionVersionsTest, AnImportThatFailsLeavesTheVersions) {
  create_region("1", "before");
  run_well({"region", "keep", store(), "r"});
  const ProgramResult failed =
      run({"region", "import", store(), "r", "/proc/self/mem", "--replace"});  // opens, and cannot be read
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.errors.find("cannot read"), std::string::npos) << failed.errors;
  EXPECT_EQ(run_well({"region", "read", store(), "r"}), "");
  EXPECT_EQ(version("1"), "before");
  EXPECT_EQ(run({"region", "import", store(), "new", "/proc/self/mem"}).exit_code, 1);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"].size(), 1u);
}

TEST_P(RegionVersionsTest, LookingChangesNothing) {
  create_region("1", "first");
  replace("second");
  const Snapshot before = snapshot(directory());
  for (const Arguments& command :
       std::vector<Arguments>{{"region", "versions", store(), "r"},
                              {"region", "stat", store(), "r"},
                              {"region", "ls", store(), "--json"},
                              {"region", "read", store(), "r", "--version", "1"},
                              {"region", "export", store(), "r", "-", "--version", "1"}}) {
    run_well(command);
    EXPECT_EQ(difference(before, snapshot(directory())), "") << command.at(1);
  }
}

TEST(RegionHelp, EveryCommandHasAnExample) {
  for (const std::string name :
       {"create", "write", "read", "import", "export", "ls", "stat", "rename", "truncate", "punch", "seal",
        "keep", "replace", "versions", "set-versions", "rm"}) {
    const ProgramResult help = holdfast_program({"region", name, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.output.find("example: holdfast region " + name + " app.hf"), std::string::npos)
        << help.output;
  }
  const ProgramResult help = holdfast_program({"region", "replace", "--help"});
  EXPECT_NE(help.output.find("into memory as a whole"), std::string::npos) << help.output;
}

}  // namespace
}  // namespace holdfast::test
