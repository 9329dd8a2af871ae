// What the commands on regions do, on every medium.

#include <string>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

/// More than one piece of a copy, of bytes that do not repeat with the piece.
std::string many_bytes() {
  std::string bytes;
  std::uint32_t state = 1;
  while (bytes.size() < (2u << 20) + 12'345)
    bytes += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  return bytes;
}

class RegionCommandsTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    write_file(file("in"), bytes_);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (directory() / name).string(); }

  const std::string bytes_ = many_bytes();
};

INSTANTIATE_TEST_SUITE_P(Cli, RegionCommandsTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(RegionCommandsTest, EveryByteComesBack) {
  EXPECT_EQ(run_well({"region", "import", store(), "r", file("in")}), "imported 2.0 MiB\n");
  EXPECT_EQ(run_well({"region", "export", store(), "r", file("out")}), "exported 2.0 MiB\n");
  EXPECT_TRUE(read_file(file("out")) == bytes_);
  EXPECT_TRUE(run_well({"region", "export", store(), "r", "-"}) == bytes_);
}

TEST_P(RegionCommandsTest, StandardInputWillDo) {
  run_well({"region", "import", store(), "r", "-"}, {.input = bytes_});
  run_well({"region", "import", store(), "empty", "-"}, {.input = ""});
  EXPECT_TRUE(run_well({"region", "export", store(), "r", "-"}) == bytes_);
  EXPECT_EQ(run_well({"region", "export", store(), "empty", "-"}), "");
  // A pipe does not say how much will come.
  std::string import = "cat in | " + std::string(HOLDFAST_PROGRAM) + " region import " + store() + " piped -";
  for (const std::string& flag : GetParam().open_flags) import += " " + flag;
  const ProgramResult piped = run_program("sh", {"-c", import}, {.directory = directory()});
  EXPECT_EQ(piped.exit_code, 0) << piped.errors;
  EXPECT_TRUE(run_well({"region", "export", store(), "piped", "-"}) == bytes_);
}

TEST_P(RegionCommandsTest, ImportReplacesOnlyWhenTold) {
  run_well({"region", "import", store(), "r", file("in")});
  const auto id = run_json({"region", "stat", store(), "r"})["id"];
  const ProgramResult refused = run({"region", "import", store(), "r", "-"}, {.input = "new"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("--replace"), std::string::npos) << refused.errors;
  EXPECT_TRUE(run_well({"region", "export", store(), "r", "-"}) == bytes_);
  run_well({"region", "import", store(), "r", "-", "--replace"}, {.input = "new"});
  EXPECT_EQ(run_well({"region", "export", store(), "r", "-"}), "new");
  EXPECT_EQ(run_json({"region", "stat", store(), "r"})["id"], id);
  run_well({"region", "import", store(), "fresh", "-", "--replace"}, {.input = "none to replace"});
  EXPECT_EQ(run_well({"region", "export", store(), "fresh", "-"}), "none to replace");
}

TEST_P(RegionCommandsTest, AFileThatCannotBeReadChangesNothing) {
  expect_refused({"region", "import", store(), "r", file("absent")}, 1, "absent: cannot open");
  expect_refused({"region", "import", store(), "r", directory().string()}, 1, "Is a directory");
}

TEST_P(RegionCommandsTest, ExportNeverOverwrites) {
  run_well({"region", "import", store(), "r", file("in")});
  expect_refused({"region", "export", store(), "r", file("in")}, 1, "File exists");
  expect_refused({"region", "export", store(), "r", store()}, 1, "File exists");
}

TEST_P(RegionCommandsTest, LsAndStatSayWhatIsThere) {
  EXPECT_EQ(run_well({"region", "ls", store()}), "");
  run_well({"kv", "put", store(), "no region", "k", "v"});
  run_well({"region", "import", store(), "r\n", file("in")});
  EXPECT_EQ(run_well({"region", "ls", store()}), "     2.0 MiB  r\\x0a\n");
  const std::string shown = run_well({"region", "stat", store(), "r\n"});
  for (const std::string line : {"name         r\\x0a\n", "size         2109497 bytes\n", "extents      "})
    EXPECT_NE(shown.find(line), std::string::npos) << shown;
}

TEST_P(RegionCommandsTest, CreateMakesOneWithItsMetadata) {
  EXPECT_EQ(run_well({"region", "create", store(), "model", "--size", "10K", "--owner", "run 7", "--description", "a\tb",
                      "--expected-size", "1MiB", "--attribute", "units=Pa", "--attribute", "x=y=z"}),
            "");
  const auto shown = run_json({"region", "stat", store(), "model"});
  EXPECT_EQ(shown["size_bytes"], 10'240);
  EXPECT_EQ(shown["owner"], "run 7");
  EXPECT_EQ(shown["expected_size_bytes"], 1'048'576);
  EXPECT_EQ(shown["attributes"].size(), 2u);
  EXPECT_EQ(shown["attributes"][1]["value"], "y=z");
  const std::string text = run_well({"region", "stat", store(), "model"});
  for (const std::string line : {"owner        run 7\n", "description  a\\x09b\n", "attribute    units = Pa\n", " UTC\n"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
  EXPECT_EQ(run_well({"region", "read", store(), "model"}), std::string(10'240, '\0'));
  EXPECT_EQ(run({"region", "create", store(), "model"}).exit_code, 1);
  EXPECT_EQ(run({"region", "create", store(), "other", "--attribute", "none"}).exit_code, 1);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"].size(), 1u);
}

TEST_P(RegionCommandsTest, WithoutANameIsListedByItsId) {
  const std::string id = run_well({"region", "create", store()});
  EXPECT_EQ(run_well({"region", "ls", store()}), "         0 B  (id " + id.substr(0, id.size() - 1) + ")\n");
}

TEST_P(RegionCommandsTest, WriteAndReadPartsOfOne) {
  run_well({"region", "create", store(), "r"});
  EXPECT_EQ(run_well({"region", "write", store(), "r", "5", "-"}, {.input = "world"}), "wrote 5 B\n");
  run_well({"region", "write", store(), "r", "0", "-"}, {.input = "hello"});
  EXPECT_EQ(run_well({"region", "read", store(), "r"}), "helloworld");
  EXPECT_EQ(run_well({"region", "read", store(), "r", "3"}), "loworld");
  EXPECT_EQ(run_well({"region", "read", store(), "r", "3", "4"}), "lowo");
  EXPECT_EQ(run_well({"region", "read", store(), "r", "3", "0"}), "");
  EXPECT_EQ(run({"region", "read", store(), "r", "3", "8"}).exit_code, 1);
  EXPECT_EQ(run({"region", "read", store(), "r", "11"}).exit_code, 1);
  EXPECT_EQ(run({"region", "write", store(), "absent", "0", "-"}).exit_code, 1);
  EXPECT_EQ(run({"region", "write", store(), "r", "x", "-"}).exit_code, 2);
  run_well({"region", "write", store(), "r", "1M", file("in")});
  EXPECT_TRUE(run_well({"region", "read", store(), "r", "1M"}) == bytes_);
}

TEST_P(RegionCommandsTest, RenameAndTruncate) {
  run_well({"region", "import", store(), "r", "-"}, {.input = "hello"});
  run_well({"region", "create", store(), "taken"});
  EXPECT_NE(run({"region", "rename", store(), "r", "taken"}).errors.find("exists"), std::string::npos);
  run_well({"region", "rename", store(), "r", "a/r"});
  run_well({"region", "truncate", store(), "a/r", "3"});
  EXPECT_EQ(run_well({"region", "read", store(), "a/r"}), "hel");
  EXPECT_EQ(run_well({"region", "ls", store(), "a/"}), "         3 B  a/r\n");
  EXPECT_EQ(run_well({"region", "ls", store(), "b"}), "");
}

TEST_P(RegionCommandsTest, RmRemovesARegionOnce) {
  run_well({"region", "import", store(), "r", file("in")});
  EXPECT_EQ(run_well({"region", "rm", store(), "r"}), "");
  EXPECT_EQ(run_well({"region", "ls", store()}), "");
  const ProgramResult again = run({"region", "rm", store(), "r"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.errors, "holdfast: " + store() + ": no region named r\n");
  EXPECT_EQ(run_well({"verify", store()}).find("damage:"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::test
