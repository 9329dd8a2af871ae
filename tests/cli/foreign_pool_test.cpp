// A PMDK pool that is not ours is named for what it is and stays as it is.

#include <libpmemobj.h>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

TEST(ForeignPool, APoolOfAnotherLayoutIsRefusedUnchanged) {
  const ScratchDirectory scratch(memory_directory());
  const std::string path = (scratch.path() / "other.pool").string();
  PMEMobjpool* const pool = ::pmemobj_create(path.c_str(), "somebody-else", PMEMOBJ_MIN_POOL, 0600);
  ASSERT_NE(pool, nullptr) << ::pmemobj_errormsg();
  ::pmemobj_close(pool);
  const Snapshot before = snapshot(scratch.path());
  for (const Arguments& command : std::vector<Arguments>{{"info", path},
                                                         {"verify", path},
                                                         {"kv", "get", path, "s", "k"},
                                                         {"kv", "put", path, "s", "k", "v"},
                                                         {"create", path, "--backend", "pmem"}}) {
    Arguments arguments = command;
    arguments.emplace_back("--emulate-pmem");
    const ProgramResult result = holdfast_program(arguments);
    EXPECT_EQ(result.exit_code, 1) << result.errors;
    EXPECT_EQ(result.errors.rfind("holdfast: " + path + ": ", 0), 0u) << result.errors;
    EXPECT_EQ(difference(before, snapshot(scratch.path())), "") << command.front();
  }
  EXPECT_NE(holdfast_program({"info", path, "--emulate-pmem"}).errors.find("layout"), std::string::npos);
}

TEST(ForeignPool, WithoutEmulationAPoolNeedsByteAccess) {
  const ScratchDirectory scratch(std::filesystem::temp_directory_path());
  const std::string path = (scratch.path() / "pool.hf").string();
  const ProgramResult result = holdfast_program({"create", path, "--backend", "pmem"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.errors.rfind("holdfast: " + path + ": ", 0), 0u) << result.errors;
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace holdfast::test
