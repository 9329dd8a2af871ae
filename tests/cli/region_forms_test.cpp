// Regions with checksums, mirrors, holes and seals, from the command line, on every medium.

#include <string>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

class RegionFormsTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    write_file(file("in"), bytes_);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (directory() / name).string(); }

  /// A command that must fail with 1 and say why; the store is opened for writing, so its bytes may change.
  void expect_failed(const Arguments& arguments, const std::string& reason,
                     const ProgramOptions& options = {}) const {
    const ProgramResult result = run(arguments, options);
    EXPECT_EQ(result.exit_code, 1) << arguments.at(1);
    EXPECT_NE(result.errors.find(reason), std::string::npos) << result.errors;
    EXPECT_EQ(result.output, "");
  }

  const std::string bytes_ = std::string(100'000, 'a') + std::string(100'000, 'b');
};

INSTANTIATE_TEST_SUITE_P(Cli, RegionFormsTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(RegionFormsTest, CreateTakesAForm) {
  EXPECT_EQ(run_well({"region", "create", store(), "r", "--checked", "64KiB", "--mirrored", "--versions", "3",
                      "--compress-versions", "--size", "100K"}),
            "");
  const auto shown = run_json({"region", "stat", store(), "r"});
  EXPECT_EQ(shown["checked_block_bytes"], kBlockBytes);
  EXPECT_EQ(shown["mirrored"], true);
  EXPECT_EQ(shown["versions_kept"], 3);
  EXPECT_EQ(shown["compresses_versions"], true);
  EXPECT_EQ(shown["version_count"], 0);
  EXPECT_EQ(shown["sealed"], false);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"], nlohmann::json::array({shown}));
  const std::string text = run_well({"region", "stat", store(), "r"});
  for (const std::string line : {"sealed       no\n", "checked      blocks of 64 KiB, mirrored\n",
                                 "versions     0, up to 3 kept, compressed\n"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
}

TEST_P(RegionFormsTest, APlainOneSaysSo) {
  run_well({"region", "create", store(), "r"});
  const auto shown = run_json({"region", "stat", store(), "r"});
  EXPECT_EQ(shown["checked_block_bytes"], 0);
  EXPECT_EQ(shown["mirrored"], false);
  EXPECT_EQ(shown["versions_kept"], 0);
  const std::string text = run_well({"region", "stat", store(), "r"});
  for (const std::string line : {"checked      no\n", "versions     none kept\n", "holes        0 bytes\n"})
    EXPECT_NE(text.find(line), std::string::npos) << text;
}

TEST_P(RegionFormsTest, FormsThatCannotBe) {
  const auto create = [this](Arguments form) {
    form.insert(form.begin(), {"region", "create", store(), "r"});
    return form;
  };
  expect_failed(create({"--checked", "5000"}), "a power of two");
  expect_failed(create({"--checked", "2KiB"}), "a power of two");
  expect_failed(create({"--checked", "128MiB"}), "a power of two");
  expect_failed(create({"--checked", "4294967296"}), "cannot have that size");
  expect_failed(create({"--checked", "4294971392"}), "cannot have that size");  // 4 KiB in its low 32 bits
  expect_failed(create({"--checked", "0", "--mirrored"}), "must be checked");
  expect_failed(create({"--versions", "5000"}), "so many versions");
  expect_refused(create({"--checked", "much"}), 2, "'much' is not a size");
  expect_refused(create({"--mirrored"}), 2, "--mirrored requires --checked");
  expect_refused(create({"--compress-versions"}), 2, "--compress-versions requires --versions");
  expect_refused(create({"--versions=-1"}), 2, "--versions");
  expect_refused(create({"--from", "in", "--size", "1"}), 2, "excludes");
  EXPECT_EQ(run_well({"region", "ls", store()}), "");
}

TEST_P(RegionFormsTest, CreateTakesItsBytesFromAFile) {
  EXPECT_EQ(run_well({"region", "create", store(), "file", "--from", file("in"), "--checked", "4KiB"}), "");
  EXPECT_TRUE(run_well({"region", "read", store(), "file"}) == bytes_);
  run_well({"region", "create", store(), "input", "--from", "-"}, {.input = bytes_});
  EXPECT_TRUE(run_well({"region", "read", store(), "input"}) == bytes_);
  run_well({"region", "create", store(), "empty", "--from", "-"}, {.input = ""});
  EXPECT_EQ(run_well({"region", "read", store(), "empty"}), "");
  expect_failed({"region", "create", store(), "none", "--from", file("absent")}, "absent: cannot open");
  expect_failed({"region", "create", store(), "file", "--from", file("in")}, "exists");
  EXPECT_TRUE(run_well({"region", "read", store(), "file"}) == bytes_);
  EXPECT_EQ(run_json({"region", "ls", store()})["regions"].size(), 3u);
}

TEST_P(RegionFormsTest, ACheckedRegionTakesEveryCommand) {
  run_well({"region", "create", store(), "r", "--checked", "64KiB", "--mirrored"});
  EXPECT_EQ(run_well({"region", "import", store(), "r", file("in"), "--replace"}), "imported 195.3 KiB\n");
  run_well({"region", "write", store(), "r", "150000", file("in")});
  EXPECT_TRUE(run_well({"region", "read", store(), "r"}) == bytes_.substr(0, 150'000) + bytes_);
  run_well({"region", "truncate", store(), "r", "3"});
  EXPECT_EQ(run_well({"region", "export", store(), "r", "-"}), "aaa");
  EXPECT_NE(run_well({"verify", store()}).find("no damage"), std::string::npos);
}

TEST_P(RegionFormsTest, PunchLeavesZerosAndAHole) {
  for (const Arguments& form : {Arguments{}, Arguments{"--checked", "64KiB", "--mirrored"}}) {
    Arguments create{"region", "create", store(), "r", "--from", file("in")};
    create.insert(create.end(), form.begin(), form.end());
    run_well(create);
    const auto owned = run_json({"region", "stat", store(), "r"})["owned_bytes"].get<std::uint64_t>();
    EXPECT_EQ(run_well({"region", "punch", store(), "r", "1", "131071"}), "");
    const std::string holed = "a" + std::string(131'071, '\0') + bytes_.substr(131'072);
    EXPECT_TRUE(run_well({"region", "read", store(), "r"}) == holed);
    const auto shown = run_json({"region", "stat", store(), "r"});
    const std::uint64_t hole_bytes = shown["hole_bytes"].get<std::uint64_t>();
    EXPECT_EQ(hole_bytes, form.empty() ? 131'072u - 4'096u : kBlockBytes);
    EXPECT_EQ(shown["size_bytes"], bytes_.size());
    EXPECT_EQ(shown["owned_bytes"], owned - hole_bytes * (form.empty() ? 1 : 2));
    const std::string text = run_well({"region", "stat", store(), "r"});
    EXPECT_NE(text.find("holes        " + std::to_string(hole_bytes) + " bytes\n"), std::string::npos)
        << text;
    EXPECT_EQ(run_json({"region", "punch", store(), "r", "0", "4"}),
              (nlohmann::json{{"name", "r"}, {"hole_bytes", hole_bytes}}));
    expect_failed({"region", "punch", store(), "r", "200000", "1"}, "inside the region");
    run_well({"region", "rm", store(), "r"});
  }
  expect_failed({"region", "punch", store(), "r", "0", "1"}, "no region named r");
  expect_refused({"region", "punch", store(), "r", "0"}, 2, "SIZE is required");
}

TEST_P(RegionFormsTest, ASealedRegionIsReadOnly) {
  run_well({"region", "create", store(), "r", "--from", file("in"), "--versions", "2"});
  run_well({"region", "keep", store(), "r"});
  EXPECT_EQ(run_well({"region", "seal", store(), "r"}), "");
  EXPECT_EQ(run_json({"region", "seal", store(), "r"}), (nlohmann::json{{"name", "r"}, {"sealed", true}}));
  EXPECT_EQ(run_json({"region", "stat", store(), "r"})["sealed"], true);
  EXPECT_NE(run_well({"region", "stat", store(), "r"}).find("sealed       yes\n"), std::string::npos);
  for (const Arguments& change : std::vector<Arguments>{{"write", "0", file("in")},
                                                        {"import", file("in"), "--replace"},
                                                        {"replace", file("in")},
                                                        {"truncate", "0"},
                                                        {"punch", "0", "4096"},
                                                        {"keep"}}) {
    Arguments command{"region", change.front(), store(), "r"};
    command.insert(command.end(), change.begin() + 1, change.end());
    expect_failed(command, "the region is sealed");
  }
  run_well({"region", "rename", store(), "r", "renamed"});
  EXPECT_TRUE(run_well({"region", "read", store(), "renamed"}) == bytes_);
  EXPECT_TRUE(run_well({"region", "read", store(), "renamed", "--version", "1"}) == bytes_);
  run_well({"region", "rm", store(), "renamed"});
  expect_failed({"region", "seal", store(), "renamed"}, "no region named renamed");
}

}  // namespace
}  // namespace holdfast::test
