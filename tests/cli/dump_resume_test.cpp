// Dumps and loads that were ended half-way, in both formats: what is left, and what --resume makes of it.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

class DumpResumeTest : public CliTest {
 protected:
  void SetUp() override {
    create_store();
    std::string lines;
    for (int i = 0; i < 300; ++i)
      lines += R"({"key":"k)" + std::to_string(i) + R"(","value":")" + std::string(100, 'v') + "\"}\n";
    run_well({"kv", "load", store(), "s", "--durability", "buffered"}, {.input = lines});
  }

  [[nodiscard]] std::string file() const { return (directory() / "dump").string(); }
  [[nodiscard]] std::string partial() const { return file() + ".partial"; }
  [[nodiscard]] Arguments dump(const std::string& format, const Arguments& more = {}) const {
    Arguments arguments{"kv", "dump", store(), "s", file(), "--format", format};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  [[nodiscard]] Arguments load(const std::string& space, const std::string& from, const std::string& format,
                               const Arguments& more = {}) const {
    Arguments arguments{"kv", "load", store(), space, from, "--format", format};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, DumpResumeTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(DumpResumeTest, BothFormatsComeBackByFileAndByPipe) {
  for (const std::string format : {"jsonl", "binary"}) {
    EXPECT_EQ(run_well(dump(format)), "dumped 300 entries\n");
    EXPECT_FALSE(fs::exists(partial()));
    EXPECT_EQ(run_well(load("by file " + format, file(), format)), "loaded 300 entries\n");
    const std::string piped = run_well({"kv", "dump", store(), "s", "--format", format});
    EXPECT_EQ(run_well(load("by pipe " + format, "-", format), {.input = piped}), "loaded 300 entries\n");
    for (const std::string how : {"by file ", "by pipe "}) {
      EXPECT_EQ(run_well({"kv", "count", store(), how + format}), "300\n");
      EXPECT_EQ(run_well({"kv", "get", store(), how + format, "k299"}), std::string(100, 'v'));
    }
    fs::remove(file());
  }
}

TEST_P(DumpResumeTest, ALeftoverIsReplacedIfThatIsAskedFor) {
  for (const std::string format : {"jsonl", "binary"}) {
    write_file(partial(), std::string(1'000'000, 'x'));  // as a kill leaves it
    expect_refused(dump(format), 1, "--resume replaces it");
    EXPECT_EQ(run_well(dump(format, {"--resume"})), "dumped 300 entries\n");
    EXPECT_FALSE(fs::exists(partial()));
    expect_refused(dump(format, {"--resume"}), 1, "File exists");
    EXPECT_EQ(run_well(load("copy " + format, file(), format)), "loaded 300 entries\n");
    fs::remove(file());
  }
}

TEST_P(DumpResumeTest, WithoutALeftoverResumeBeginsAndWithoutAMarkLoadDoes) {
  EXPECT_EQ(run_well(dump("binary", {"--resume"})), "dumped 300 entries\n");
  EXPECT_EQ(run_well(load("copy", file(), "binary", {"--resume"})), "loaded 300 entries\n");
  EXPECT_EQ(run_well(load("copy", file(), "binary", {"--resume"})), "loaded 300 entries\n")
      << "the first one has ended";
}

TEST_P(DumpResumeTest, ADumpThatFailsLeavesNothing) {
  expect_refused({"kv", "dump", store(), "absent", file(), "--format", "binary"}, 1, "absent");
  expect_refused({"kv", "dump", store(), "s", (directory() / "no" / "dump").string()}, 1, "No such file");
  expect_refused({"kv", "dump", store(), "s", file(), "--format", "xml"}, 2,
                 "'xml' is not one of jsonl|binary");
}

TEST_P(DumpResumeTest, ADamagedStreamIsNamedWithItsPlaceAndEndsWithThree) {
  run_well(dump("binary"));
  std::string bytes = read_file(file());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file(file(), bytes);
  for (const bool by_pipe : {false, true}) {
    const ProgramResult result =
        run(load("copy", by_pipe ? "-" : file(), "binary"), {.input = by_pipe ? bytes : std::string()});
    EXPECT_EQ(result.exit_code, 3) << result.errors;
    EXPECT_NE(result.errors.find(by_pipe ? "standard input: " : file() + ": "), std::string::npos)
        << result.errors;
    for (const std::string part :
         {"checksum", "0 entries before it are stored", "offset", "expected", "found"})
      EXPECT_NE(result.errors.find(part), std::string::npos) << result.errors;
  }
  EXPECT_EQ(run_well({"kv", "count", store(), "copy"}), "0\n");
}

TEST_P(DumpResumeTest, AStreamThatIsCutOffOrOfAnotherFormatIsRefused) {
  run_well(dump("binary"));
  const std::string bytes = read_file(file());
  const auto refused = [&](const std::string& format, const std::string& input, int exit_code,
                           const std::string& why) {
    const ProgramResult result = run(load("copy", "-", format), {.input = input});
    EXPECT_EQ(result.exit_code, exit_code) << result.errors;
    EXPECT_NE(result.errors.find(why), std::string::npos) << result.errors;
  };
  refused("binary", bytes.substr(0, bytes.size() - 1), 3, "ends before its end");
  refused("binary", bytes + "x", 3, "bytes behind the stream's end");
  refused("binary", "{\"key\":\"k\",\"value\":\"v\"}\n", 1, "not a key-value stream");
  refused("binary", "", 1, "not a key-value stream");
  refused("jsonl", bytes, 1, "line 1: a binary stream, which --format binary takes");
}

TEST_P(DumpResumeTest, KeysThatAreThereStayIfThatIsAskedFor) {
  run_well(dump("binary"));
  run_well({"kv", "put", store(), "copy", "k7", "mine"});
  EXPECT_EQ(run_well(load("copy", file(), "binary", {"--keep-existing"})), "loaded 299 entries, kept 1\n");
  EXPECT_EQ(run_well({"kv", "get", store(), "copy", "k7"}), "mine");
  const std::string lines = run_well({"kv", "dump", store(), "s"});
  EXPECT_EQ(run_well({"kv", "load", store(), "copy", "--keep-existing", "--json"}, {.input = lines}),
            "{\n  \"entries\": 0,\n  \"bytes\": 0,\n  \"kept\": 300\n}\n");
}

TEST_P(DumpResumeTest, LinesOfAPipeCannotBeResumed) {
  const ProgramResult result = run_program(
      "bash", {"-c", "echo x | " + std::string(HOLDFAST_PROGRAM) + " kv load " + store() + " s --resume" +
                         (GetParam().open_flags.empty() ? "" : " " + GetParam().open_flags.front())});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("--resume needs a file"), std::string::npos) << result.errors;
}

TEST_P(DumpResumeTest, ALoadOfAStreamThatWasEndedGoesOnBehindItsMark) {
  for (int i = 0; i < 4; ++i)  // blocks of 256 KiB and more
    run_well({"kv", "put", store(), "s", "large " + std::to_string(i)}, {.input = std::string(300'000, 'v')});
  run_well(dump("binary"));
  const std::string bytes = read_file(file());
  const std::string cut = (directory() / "cut").string();
  write_file(cut, bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(run(load("copy", cut, "binary", {"--mark-every", "256KiB"})).exit_code, 3);
  const std::string mark = run_well({"region", "ls", store()});
  EXPECT_NE(mark.find("holdfast.import/"), std::string::npos) << mark;
  const auto loaded = run_json(load("copy", file(), "binary", {"--resume"}));
  EXPECT_GT(loaded["resumed_behind"], 0);
  EXPECT_EQ(loaded["resumed_behind"].get<int>() + loaded["entries"].get<int>(), 304);
  EXPECT_EQ(run_well({"kv", "count", store(), "copy"}), "304\n");
  EXPECT_EQ(run_well({"region", "ls", store()}).find("holdfast.import/"), std::string::npos);
}

TEST_P(DumpResumeTest, ALoadOfLinesThatWasEndedGoesOnBehindItsMark) {
  run_well(dump("jsonl"));
  const std::string good = read_file(file());
  std::string bad = good;
  const std::size_t place = bad.rfind('{');
  bad[place] = '?';
  write_file(file(), bad);
  const Arguments with_marks = load("copy", file(), "jsonl", {"--batch", "7", "--mark-every", "4KiB"});
  const ProgramResult ended = run(with_marks);
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.errors.find("line 300: not a JSON object"), std::string::npos) << ended.errors;
  // As after a kill: the same file, byte for byte, for all that anybody can see.
  const auto time = fs::last_write_time(file());
  write_file(file(), good);
  fs::last_write_time(file(), time);
  const auto loaded = run_json(load("copy", file(), "jsonl", {"--resume"}));
  EXPECT_GT(loaded["resumed_behind"], 200);
  EXPECT_EQ(loaded["resumed_behind"].get<int>() + loaded["entries"].get<int>(), 300);
  EXPECT_EQ(run_well({"kv", "count", store(), "copy"}), "300\n");
  // One that was written to is another file.
  write_file(file(), bad);
  EXPECT_EQ(run(with_marks).exit_code, 1);
  write_file(file(), good + good);
  EXPECT_EQ(run_json(load("copy", file(), "jsonl", {"--resume"}))["resumed_behind"], 0);
}

}  // namespace
}  // namespace holdfast::test
