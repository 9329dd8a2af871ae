#include <gtest/gtest.h>

#include <algorithm>

#include "pmem/pool_metadata.hpp"
#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kArena = 4 * kMiB;  // where it begins in the pool file
constexpr std::uint64_t kHeaderPage = kArena - 4096;
constexpr std::uint64_t kRunId = 0x1808;
constexpr std::uint64_t kDescriptorEnd = 0x2000;

/// What libpmemobj rewrites at each open: the run's number, which must stay even, and its state in memory.
bool is_scratch(std::uint64_t offset) {
  return (offset > kRunId && offset < kRunId + 8) || (offset >= 0x1A20 && offset < kDescriptorEnd);
}

/// Every byte of PMDK's pool descriptor that is not zero, and some 400 of the others.
std::vector<std::uint64_t> bytes_to_flip(const std::vector<std::byte>& pool) {
  std::vector<std::uint64_t> used;
  for (std::uint64_t i = 0; i < pool.size(); ++i) {
    if (pool[i] != std::byte{0}) used.push_back(i);
  }
  std::vector<std::uint64_t> chosen;
  const std::size_t stride = std::max<std::size_t>(1, used.size() / 400);
  for (std::size_t i = 0; i < used.size(); ++i) {
    const bool descriptor = used[i] >= 4096 && used[i] < kDescriptorEnd;
    if (descriptor || i % stride == 0) chosen.push_back(used[i]);
  }
  return chosen;
}

class MetadataDamageTest : public PmemTest {
 protected:
  /// Opens for writing after one flipped byte; true if it was refused.
  bool refused_after_flip(std::uint64_t offset) {
    flip_byte(store_, offset);
    const auto storage = open(store_, small_store());
    if (!storage) {
      EXPECT_TRUE(storage.error().code == ErrorCode::corruption ||
                  storage.error().code == ErrorCode::invalid_argument)
          << offset << ": " << storage.error().to_string();
    } else {
      EXPECT_EQ(text_at(**storage, 0, kGreeting.size()), kGreeting);
    }
    return !storage;
  }
};

// PMDK's own metadata: what libpmemobj would follow blindly is refused before it is seen, and a reader does
// not care.
TEST_F(MetadataDamageTest, FlippedByteOfPmdkIsRefusedForWritingAndReadAround) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const std::vector<std::byte> whole = read_bytes(store_, 0, kHeaderPage);
  const std::vector<std::uint64_t> chosen = bytes_to_flip(whole);
  ASSERT_GT(chosen.size(), 300U);
  for (const std::uint64_t offset : chosen) {
    const bool was_refused = refused_after_flip(offset);
    EXPECT_EQ(was_refused, !is_scratch(offset)) << "byte " << offset;
    const auto reader = open(store_, read_only_store());
    ASSERT_TRUE(reader) << reader.error().to_string();
    EXPECT_EQ(text_at(**reader, 0, kGreeting.size()), kGreeting);
    write_bytes(store_, 0, whole);
  }
}

TEST_F(MetadataDamageTest, EveryByteOfTheArenaHeaderIsProven) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  for (std::uint64_t i = 0; i < sizeof(ArenaHeaderDisk); ++i) {
    EXPECT_TRUE(refused_after_flip(kHeaderPage + i)) << "byte " << i;
    const Error error = open_error(read_only_store());
    EXPECT_EQ(error.code, ErrorCode::corruption);
    EXPECT_FALSE(error.expected.empty());
    EXPECT_FALSE(error.found.empty());
    flip_byte(store_, kHeaderPage + i);
  }
  for (std::uint64_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(refused_after_flip(kHeaderPage + kCountCellPageOffset + i)) << "count byte " << i;
    EXPECT_NE(open_store(read_only_store()), nullptr);
    flip_byte(store_, kHeaderPage + kCountCellPageOffset + i);
  }
  EXPECT_NE(open_store(), nullptr);
}

TEST_F(MetadataDamageTest, ZeroedHeaderPageIsCorruption) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  write_bytes(store_, kHeaderPage, std::vector<std::byte>(4096));
  for (const PmemOptions& options : {small_store(), read_only_store()}) {
    const Error error = open_error(options);
    EXPECT_EQ(error.code, ErrorCode::corruption);
    EXPECT_NE(error.message.find("no arena header"), std::string::npos) << error.message;
  }
}

TEST_F(MetadataDamageTest, TruncatedPoolIsRefusedAtAnyLength) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const std::uint64_t whole = std::filesystem::file_size(store_);
  for (const std::uint64_t size :
       {whole - 1, kArena + 4096, kArena, kHeaderPage + 64, kMiB, std::uint64_t{8192}}) {
    std::filesystem::resize_file(store_, size);
    for (const PmemOptions& options : {small_store(), read_only_store()}) {
      EXPECT_EQ(open_error(options).code, ErrorCode::corruption) << size;
    }
  }
  for (const std::uint64_t size :
       {std::uint64_t{8191}, std::uint64_t{4096}, std::uint64_t{7}, std::uint64_t{0}}) {
    std::filesystem::resize_file(store_, size);
    for (const PmemOptions& options : {small_store(), read_only_store()}) {
      EXPECT_EQ(open_error(options).code, ErrorCode::invalid_argument) << size;
    }
  }
}

}  // namespace
}  // namespace holdfast::pmem
