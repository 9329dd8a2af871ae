// A path that holds no store, or a damaged one: a clear error, the right exit code, nothing changed.

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <holdfast/holdfast.hpp>

#include "cli/cli_fixture.hpp"
#include "common/format/superblock.hpp"

namespace holdfast::test {
namespace {

constexpr unsigned kNobody = 65534;

class BadStoreTest : public CliTest {
 protected:
  /// Each kind of command meets what is at store() and must refuse it.
  void expect_all_refused(int exit_code, const std::string& reason,
                          const ProgramOptions& options = {}) const {
    expect_refused({"info", store()}, exit_code, reason, options);
    expect_refused({"ls", store()}, exit_code, reason, options);
    expect_refused({"verify", store()}, exit_code, reason, options);
    expect_refused({"kv", "get", store(), "s", "k"}, exit_code, reason, options);
    expect_refused({"kv", "dump", store(), "s"}, exit_code, reason, options);
    expect_refused({"kv", "put", store(), "s", "k", "v"}, exit_code, reason, options);
    expect_refused({"kv", "erase", store(), "s", "k"}, exit_code, reason, options);
    expect_refused({"kv", "load", store(), "s"}, exit_code, reason, options);
    expect_refused({"log", "append", store(), "l", "v"}, exit_code, reason, options);
    expect_refused({"log", "read", store(), "l"}, exit_code, reason, options);
    expect_refused({"log", "follow", store(), "l"}, exit_code, reason, options);
    expect_refused({"log", "streams", store()}, exit_code, reason, options);
    expect_refused({"region", "import", store(), "r", "-"}, exit_code, reason, options);
    expect_refused({"region", "export", store(), "r", "-"}, exit_code, reason, options);
    expect_refused({"region", "ls", store()}, exit_code, reason, options);
    expect_refused({"region", "stat", store(), "r"}, exit_code, reason, options);
    expect_refused({"region", "rm", store(), "r"}, exit_code, reason, options);
  }

  void create_store_with_a_key() const {
    create_store();
    run_well({"kv", "put", store(), "s", "k", "value"});
  }

  [[nodiscard]] std::string bytes() const { return read_file(store()); }

  /// Where the superblock slots lie in the file: behind whatever the medium puts in front.
  [[nodiscard]] std::vector<std::size_t> superblock_slots() const {
    const std::string file = bytes();
    std::vector<std::size_t> slots;
    for (std::size_t at = 0; at + sizeof(SuperblockDisk) <= file.size(); at += kSuperblockSlotSizeBytes) {
      SuperblockDisk superblock;
      std::memcpy(&superblock, file.data() + at, sizeof superblock);
      if (validate(superblock)) slots.push_back(at);
    }
    return slots;
  }
};

INSTANTIATE_TEST_SUITE_P(Cli, BadStoreTest, testing::ValuesIn(cli_media()), medium_name);

TEST_P(BadStoreTest, NothingIsThere) { expect_all_refused(1, "'holdfast create' makes a store"); }

TEST_P(BadStoreTest, NoSuchDirectory) {
  expect_refused({"create", (directory() / "absent" / "store.hf").string()}, 1, "no such file or directory");
}

TEST_P(BadStoreTest, ADirectory) {
  std::filesystem::create_directory(store());
  expect_all_refused(1, "directory");
  expect_refused({"create", store()}, 1, store());
}

TEST_P(BadStoreTest, AnEmptyFile) {
  write_file(store(), "");
  expect_all_refused(1, store());
  expect_refused({"create", store()}, 1, store());
}

TEST_P(BadStoreTest, AForeignFile) {
  std::string text;
  while (text.size() < (1 << 20)) text += "These bytes are somebody's letter, not a store.\n";
  write_file(store(), text);
  expect_all_refused(1, store());
  expect_refused({"create", store()}, 1, store());
  write_file(store(), "short");
  expect_all_refused(1, store());
  write_file(store(), std::string(1 << 20, '\0'));
  expect_all_refused(1, store());
}

TEST_P(BadStoreTest, ATruncatedStore) {
  create_store();
  std::string noise;  // nothing that compresses: it must fill the store
  std::uint32_t state = 1;
  while (noise.size() < (2 << 20))
    noise += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
  run_well({"kv", "put", store(), "s", "k"}, {.input = noise});
  const std::string whole = bytes();
  std::filesystem::resize_file(store(), whole.find(noise.substr(0, 16)) + (1 << 20));
  expect_all_refused(3, store());
  std::filesystem::resize_file(store(), 512);
  expect_all_refused(1, store());
}

TEST_P(BadStoreTest, NoPermission) {
  create_store_with_a_key();
  const ScratchDirectory programs(std::filesystem::temp_directory_path());
  // Root may read anything, so there the command runs as nobody, from where nobody can reach it.
  const std::string program = (programs.path() / "holdfast").string();
  std::filesystem::copy_file(HOLDFAST_PROGRAM, program);
  ASSERT_EQ(::chmod(program.c_str(), 0755), 0);
  ProgramOptions options;
  if (::geteuid() == 0) options.user = kNobody;
  const Snapshot before = snapshot(directory());
  ASSERT_EQ(::chmod(store().c_str(), 0), 0);
  for (const Arguments& command :
       std::vector<Arguments>{{"info", store(), "--emulate-pmem"},
                              {"kv", "get", store(), "s", "k", "--emulate-pmem"},
                              {"kv", "put", store(), "s", "k", "v", "--emulate-pmem"}}) {
    const ProgramResult result = run_program(program, command, options);
    EXPECT_EQ(result.exit_code, 1) << result.errors;
    EXPECT_EQ(result.errors.rfind("holdfast: " + store() + ": ", 0), 0u) << result.errors;
    EXPECT_NE(result.errors.find("permission denied"), std::string::npos) << result.errors;
  }
  ASSERT_EQ(::chmod(store().c_str(), 0600), 0);
  EXPECT_EQ(difference(before, snapshot(directory())), "");
}

TEST_P(BadStoreTest, AStoreOfANewerFormat) {
  create_store_with_a_key();
  std::string file = bytes();
  const auto slots = superblock_slots();
  ASSERT_EQ(slots.size(), kSuperblockSlotCount);
  for (const std::size_t slot : slots) {
    SuperblockDisk superblock;
    std::memcpy(&superblock, file.data() + slot, sizeof superblock);
    superblock.format_version = kFormatVersion + 1;
    seal(superblock);
    std::memcpy(file.data() + slot, &superblock, sizeof superblock);
  }
  write_file(store(), file);
  expect_all_refused(1, "format");
}

TEST_P(BadStoreTest, AFeatureThisProgramDoesNotKnow) {
  create_store_with_a_key();
  std::string file = bytes();
  for (const std::size_t slot : superblock_slots()) {
    SuperblockDisk superblock;
    std::memcpy(&superblock, file.data() + slot, sizeof superblock);
    superblock.features_incompat |= 0x8000'0000;
    seal(superblock);
    std::memcpy(file.data() + slot, &superblock, sizeof superblock);
  }
  write_file(store(), file);
  expect_all_refused(1, "feature");
}

TEST_P(BadStoreTest, OneDamagedSuperblockSlotTheOtherServes) {
  create_store_with_a_key();
  const std::string whole = bytes();
  const auto slots = superblock_slots();
  ASSERT_EQ(slots.size(), kSuperblockSlotCount);
  for (const std::size_t slot : slots) {
    std::string damaged = whole;
    damaged[slot + offsetof(SuperblockDisk, secret)] ^= 1;
    write_file(store(), damaged);
    EXPECT_EQ(run_well({"kv", "get", store(), "s", "k"}), "value");
    const ProgramResult verified = run({"verify", store()});
    EXPECT_EQ(verified.exit_code, 0);
    EXPECT_NE(verified.output.find("note: a superblock slot is unreadable"), std::string::npos)
        << verified.output;
    EXPECT_TRUE(bytes() == damaged) << "a command that reads has changed the store";
  }
}

TEST_P(BadStoreTest, BothSuperblockSlotsDamaged) {
  create_store_with_a_key();
  std::string damaged = bytes();
  for (const std::size_t slot : superblock_slots()) damaged[slot + offsetof(SuperblockDisk, secret)] ^= 1;
  write_file(store(), damaged);
  expect_all_refused(3, store());
}

TEST_P(BadStoreTest, ADamagedValueIsNeverReturned) {
  create_store();
  const std::string value(10'000, 'v');
  run_well({"kv", "put", store(), "s", "k"}, {.input = value});
  run_well({"kv", "put", store(), "s", "other", "unharmed"});
  std::string damaged = bytes();
  const std::size_t at = damaged.find(value.substr(0, 1'000));
  ASSERT_NE(at, std::string::npos);
  damaged[at + 500] ^= 1;
  write_file(store(), damaged);
  const ProgramResult get = run({"kv", "get", store(), "s", "k"});
  EXPECT_NE(get.exit_code, 0);
  EXPECT_EQ(get.output, "");
  EXPECT_EQ(run_well({"kv", "get", store(), "s", "other"}), "unharmed");
  const ProgramResult verified = run({"verify", store()});
  EXPECT_EQ(verified.exit_code, 3);
  EXPECT_NE(verified.output.find("damage: space s, segment "), std::string::npos) << verified.output;
  EXPECT_TRUE(bytes() == damaged) << "a command that reads has changed the store";
}

TEST_P(BadStoreTest, ADamagedRecordOfALogIsNeverReturned) {
  create_store();
  const std::string payload(10'000, 'p');
  run_well({"log", "append", store(), "l", "before"});
  run_well({"log", "append", store(), "l"}, {.input = payload});
  run_well({"log", "append", store(), "l", "behind"});
  std::string damaged = bytes();
  const std::size_t at = damaged.find(payload.substr(0, 1'000));
  ASSERT_NE(at, std::string::npos);
  damaged[at + 500] ^= 1;
  write_file(store(), damaged);
  const ProgramResult read = run({"log", "read", store(), "l"});
  EXPECT_EQ(read.exit_code, 3) << read.errors;
  EXPECT_EQ(read.output, "before\n");
  EXPECT_EQ(read.errors.rfind("holdfast: " + store() + ": ", 0), 0u) << read.errors;
  EXPECT_EQ(run({"log", "follow", store(), "l", "--from", "1"}).exit_code, 3);
  EXPECT_EQ(run_well({"log", "read", store(), "l", "--from", "3"}), "behind\n");
  EXPECT_EQ(run({"verify", store()}).exit_code, 3);
  EXPECT_TRUE(bytes() == damaged) << "a command that reads has changed the store";
}

TEST_P(BadStoreTest, AStoreThatAnotherProcessHasOpen) {
  create_store_with_a_key();
  auto holder = Store::open(store(), {.mode = OpenMode::existing, .emulate_pmem = true});
  ASSERT_TRUE(holder.has_value()) << holder.error().to_string();
  const ProgramResult result = run({"kv", "put", store(), "s", "k", "v"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.errors.rfind("holdfast: " + store() + ": ", 0), 0u) << result.errors;
  EXPECT_TRUE(holder->close().has_value());
  EXPECT_EQ(run_well({"kv", "get", store(), "s", "k"}), "value");
}

}  // namespace
}  // namespace holdfast::test
