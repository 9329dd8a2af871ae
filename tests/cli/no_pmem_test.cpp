// A build without PMDK says so and names the package.

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

TEST(NoPmem, CreatingAPoolNamesThePackage) {
  const ScratchDirectory scratch(memory_directory());
  const std::string path = (scratch.path() / "pool.hf").string();
  const ProgramResult result = holdfast_program({"create", path, "--backend", "pmem", "--emulate-pmem"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.errors.find("libpmem"), std::string::npos) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace holdfast::test
