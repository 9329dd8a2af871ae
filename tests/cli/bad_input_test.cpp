// Input that can never work: a clear error, and nothing has changed.

#include <sys/mman.h>

#include <holdfast/holdfast.hpp>

#include "cli/cli_fixture.hpp"

namespace holdfast::test {
namespace {

using BadInputTest = CliTest;

INSTANTIATE_TEST_SUITE_P(Cli, BadInputTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(BadInputTest, WrongUsageEndsWithTwo) {
  create_store();
  expect_refused({"frobnicate"}, 2, "frobnicate");
  expect_refused({"kv", "get", store()}, 2, "SPACE is required");
  expect_refused({"kv", "put", store(), "s", "k", "v", "surplus"}, 2, "surplus");
  expect_refused({"info", store(), "--frobnicate"}, 2, "--frobnicate");
  expect_refused({"kv", "scan", store(), "s", "--limit", "many"}, 2, "--limit");
  expect_refused({"kv", "load", store(), "s", "--durability", "sometimes"}, 2,
                 "'sometimes' is not one of immediate|interval|buffered");
  expect_refused({"kv", "load", store(), "s", "--batch", "0"}, 2, "--batch");
}

TEST_P(BadInputTest, SizesThatAreNone) {
  for (const std::string size :
       {"12Q", "-1", "1.5GiB", "MiB", "64 MiB", "64MB", "99999999999999999999", "99999999999T"})
    expect_refused({"create", store(), "--size=" + size}, 2, "--size: '" + size + "' is not a size");
  expect_refused({"create", store(), "--size", "12Q"}, 2, "'12Q' is not a size");
  expect_refused({"create", store(), "--size", ""}, 2, "'' is not a size");
}

TEST_P(BadInputTest, SizesTheFormatForbids) {
  expect_refused({"create", store(), "--segment-size", "3MiB"}, 1, "segment");
  expect_refused({"create", store(), "--segment-size", "32KiB"}, 1, "segment");
  expect_refused({"create", store(), "--segment-size", "128MiB"}, 1, "segment");
  expect_refused({"create", store(), "--size", "2GiB", "--max-size", "1GiB"}, 1, "size");
}

TEST_P(BadInputTest, NamesThatAreEmptyOrTooLong) {
  create_store();
  for (const std::string& name : {std::string(), std::string(256, 'n')}) {
    const Snapshot spaces{{"ls", run_well({"ls", store()})}};
    const ProgramResult put = run({"kv", "put", store(), name, "k", "v"});
    EXPECT_EQ(put.exit_code, 1);
    EXPECT_NE(put.errors.find("255"), std::string::npos) << put.errors;
    EXPECT_EQ(spaces.at("ls"), run_well({"ls", store()}));
    expect_refused({"kv", "get", store(), name, "k"}, 1, "255");
  }
  run_well({"kv", "put", store(), std::string(255, 'n'), "k", "v"});
  EXPECT_EQ(run_well({"kv", "get", store(), std::string(255, 'n'), "k"}), "v");
}

TEST_P(BadInputTest, KeysThatAreEmptyOrTooLong) {
  create_store();
  run_well({"kv", "put", store(), "s", "k", "v"});
  const std::string longest(kKeySizeBytesMax, 'k');
  for (const std::string& key : {std::string(), longest + "k"}) {
    const ProgramResult put = run({"kv", "put", store(), "s", key, "v"});
    EXPECT_EQ(put.exit_code, 1);
    EXPECT_NE(put.errors.find("key"), std::string::npos) << put.errors;
    EXPECT_EQ(run_well({"kv", "count", store(), "s"}), "1\n");
    expect_refused({"kv", "get", store(), "s", key}, 1, "key");
  }
  run_well({"kv", "put", store(), "s", longest, "v"});
  EXPECT_EQ(run_well({"kv", "get", store(), "s", longest}), "v");
}

TEST_P(BadInputTest, SpacesAndKeysThatAreNotThere) {
  create_store();
  expect_refused({"kv", "get", store(), "absent", "k"}, 1, "absent");
  expect_refused({"kv", "scan", store(), "absent"}, 1, "absent");
  expect_refused({"kv", "count", store(), "absent"}, 1, "absent");
  run_well({"kv", "put", store(), "s", "k", "v"});
  expect_refused({"kv", "get", store(), "s", "absent"}, 1, "absent: key not found");
}

TEST(BadInput, NoCommandAtAll) {
  for (const Arguments& arguments : {Arguments{}, Arguments{"kv"}, Arguments{"--json"}}) {
    const ProgramResult result = holdfast_program(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.errors, "holdfast: a command is needed; see holdfast --help\n");
    EXPECT_EQ(result.output, "");
  }
}

// 4 GiB of address space without memory behind it: the bound is checked before the bytes are read.
TEST(BadInput, AValueOfFourGibibytesIsTooLarge) {
  constexpr std::size_t size_bytes = std::size_t{1} << 32;
  void* const pages =
      ::mmap(nullptr, size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto store = Store::open("", {.backend = Backend::memory});
  ASSERT_TRUE(store.has_value()) << store.error().to_string();
  auto space = store->kv("s");
  ASSERT_TRUE(space.has_value());
  const auto put = space->put("k", std::string_view(static_cast<const char*>(pages), size_bytes));
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code, ErrorCode::too_large);
  EXPECT_EQ(space->size().value_or(99), 0u);
  EXPECT_TRUE(store->close().has_value());
  ::munmap(pages, size_bytes);
}

}  // namespace
}  // namespace holdfast::test
