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
  expect_refused({"log", "append", store()}, 2, "STREAM is required");
  expect_refused({"log", "append", store(), "l", "payload", "--lines"}, 2, "--lines");
  expect_refused({"log", "append", store(), "l", "v", "--durability", "sometimes"}, 2, "'sometimes'");
  expect_refused({"log", "read", store(), "l", "--from", "first"}, 2, "--from");
  expect_refused({"log", "follow", store(), "l", "--interval", "2x"}, 2, "'2x' is not a time");
  expect_refused({"log", "follow", store(), "l", "--timeout=-1"}, 2, "'-1' is not a time");
  expect_refused({"region", "import", store(), "r"}, 2, "FILE is required");
  expect_refused({"region", "export", store(), "r"}, 2, "FILE is required");
  expect_refused({"region", "rm", store()}, 2, "NAME is required");
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
  expect_refused({"log", "read", store(), "absent"}, 1, "no log named absent");
  expect_refused({"log", "follow", store(), "absent"}, 1, "no log named absent");
  expect_refused({"region", "stat", store(), "absent"}, 1, "no region named absent");
  expect_refused({"region", "export", store(), "absent", "-"}, 1, "no region named absent");
}

TEST_P(BadInputTest, NamesOfAnotherKind) {
  create_store();
  run_well({"kv", "put", store(), "kv", "k", "v"});
  run_well({"log", "append", store(), "log", "v"});
  run_well({"region", "import", store(), "region", "-"}, {.input = "v"});
  for (const std::string name : {"log", "region"}) {
    expect_refused({"kv", "get", store(), name, "k"}, 1, "kind");
    EXPECT_EQ(run({"kv", "put", store(), name, "k", "v"}).exit_code, 1);
  }
  for (const std::string name : {"kv", "region"}) {
    expect_refused({"log", "read", store(), name}, 1, "kind");
    expect_refused({"log", "follow", store(), name}, 1, "kind");
    EXPECT_EQ(run({"log", "append", store(), name, "v"}).exit_code, 1);
  }
  for (const std::string name : {"kv", "log"}) {
    expect_refused({"region", "export", store(), name, "-"}, 1, "kind");
    expect_refused({"region", "stat", store(), name}, 1, "kind");
    EXPECT_EQ(run({"region", "rm", store(), name}).exit_code, 1);
    EXPECT_EQ(run({"region", "import", store(), name, "-", "--replace"}, {.input = "x"}).exit_code, 1);
  }
  EXPECT_EQ(run_well({"kv", "get", store(), "kv", "k"}), "v");
  EXPECT_EQ(run_well({"log", "read", store(), "log"}), "v\n");
  EXPECT_EQ(run_well({"region", "export", store(), "region", "-"}), "v");
}

TEST(BadInput, NoCommandAtAll) {
  for (const Arguments& arguments :
       {Arguments{}, Arguments{"kv"}, Arguments{"log"}, Arguments{"region"}, Arguments{"--json"}}) {
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
