#include "cli/cli_fixture.hpp"

#include <algorithm>

namespace holdfast::test {

void PrintTo(const CliMedium& medium, std::ostream* stream) { *stream << medium.name; }

std::vector<CliMedium> cli_media() {
  std::vector<CliMedium> media{
      {"file", {"--backend", "file"}, {}, std::filesystem::temp_directory_path()},
  };
#ifdef HOLDFAST_TEST_PMEM
  media.push_back({"pmem", {"--backend", "pmem", "--emulate-pmem"}, {"--emulate-pmem"}, memory_directory()});
#endif
  return media;
}

std::string medium_name(const testing::TestParamInfo<CliMedium>& info) { return info.param.name; }

ProgramResult holdfast_program(const Arguments& arguments, const ProgramOptions& options) {
  return run_program(HOLDFAST_PROGRAM, arguments, options);
}

ProgramResult CliTest::run(Arguments arguments, const ProgramOptions& options) const {
  const bool creates = !arguments.empty() && arguments.front() == "create";
  const Arguments& flags = creates ? GetParam().create_flags : GetParam().open_flags;
  // Before a "--": what stands behind it is no flag.
  const auto end_of_flags = std::find(arguments.begin(), arguments.end(), "--");
  arguments.insert(end_of_flags, flags.begin(), flags.end());
  return holdfast_program(arguments, options);
}

std::string CliTest::run_well(const Arguments& arguments, const ProgramOptions& options) const {
  const ProgramResult result = run(arguments, options);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.errors, "");
  return result.output;
}

nlohmann::json CliTest::run_json(Arguments arguments) const {
  arguments.emplace_back("--json");
  const std::string output = run_well(arguments);
  const auto json = nlohmann::json::parse(output, nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(json.is_discarded()) << output;
  return json;
}

void CliTest::create_store() const {
  run_well({"create", store(), "--size", "4MiB", "--segment-size", "64KiB"});
}

void CliTest::expect_failure(const Arguments& arguments, int exit_code, const std::string& reason) const {
  const ProgramResult result = run(arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.output;
  EXPECT_NE(result.errors.find(reason), std::string::npos) << result.errors;
}

void CliTest::expect_refused(const Arguments& arguments, int exit_code, const std::string& reason,
                             const ProgramOptions& options) const {
  const Snapshot before = snapshot(directory());
  const ProgramResult result = run(arguments, options);
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(result.errors.rfind("holdfast: ", 0), 0u) << result.errors;
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  EXPECT_NE(result.errors.find(reason), std::string::npos) << result.errors;
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(difference(before, snapshot(directory())), "");
}

}  // namespace holdfast::test
