#include <gtest/gtest.h>

#include <fstream>

#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kCountCell = 4 * kMiB - 4096 + 2048;

class PoolSetTest : public PmemTest {
 protected:
  /// Both kinds of open report corruption at `path`.
  Error corrupt_for_both(const std::filesystem::path& path) {
    const Error reader = open_error(read_only_store());
    EXPECT_EQ(reader.code, ErrorCode::corruption) << reader.to_string();
    EXPECT_EQ(reader.path, path);
    Error writer = open_error();
    EXPECT_EQ(writer.code, ErrorCode::corruption) << writer.to_string();
    EXPECT_EQ(writer.path, path);
    return writer;
  }
};

TEST_F(PoolSetTest, ThreePoolsAreOneAddressSpace) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  EXPECT_EQ(names(), (std::vector<std::string>{"store.hf", "store.hf.1", "store.hf.2"}));
  const std::string text(12 * kMiB, 'q');
  {
    const auto storage = open_store();
    ASSERT_NE(storage, nullptr);
    ASSERT_TRUE(storage->write(6 * kMiB, as_bytes(text)));  // the end of pool 0, pool 1, the start of pool 2
    ASSERT_TRUE(storage->close());
  }
  for (const PmemOptions& options : {small_store(), read_only_store()}) {
    const auto storage = open_store(options);
    ASSERT_NE(storage, nullptr);
    ASSERT_EQ(storage->size_bytes(), 24 * kMiB);
    EXPECT_EQ(text_at(*storage, 6 * kMiB, text.size()), text);
    EXPECT_EQ(text_at(*storage, 0, kGreeting.size()), kGreeting);
  }
  EXPECT_EQ(read_bytes(pool(1), 4 * kMiB, 3), std::vector<std::byte>(3, std::byte{'q'}));
}

TEST_F(PoolSetTest, AddressesStayWhenTheStoreGrows) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  const std::byte* const address = storage->at(0);
  ASSERT_TRUE(storage->grow(40 * kMiB));
  EXPECT_EQ(storage->at(0), address);
  EXPECT_EQ(storage->size_bytes(), 40 * kMiB);
  ASSERT_TRUE(storage->write(40 * kMiB - 3, as_bytes("end")));
  EXPECT_FALSE(storage->write(40 * kMiB - 2, as_bytes("end")));
  const auto beyond = storage->grow(257 * kMiB);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::no_space);
  EXPECT_EQ(storage->size_bytes(), 40 * kMiB);
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(PoolSetTest, StepsRiseWithTheStoreUpToItsMaximum) {
  PmemOptions options = small_store();
  options.size_bytes = 128 * kMiB;
  options.max_size_bytes = 150 * kMiB;
  ASSERT_TRUE(create(store_, options, greet));
  const auto storage = open_store(options);
  ASSERT_NE(storage, nullptr);
  ASSERT_TRUE(storage->grow(128 * kMiB + 1));
  EXPECT_EQ(storage->size_bytes(), 144 * kMiB);
  ASSERT_TRUE(storage->grow(145 * kMiB));
  EXPECT_EQ(storage->size_bytes(), 150 * kMiB);
}

TEST_F(PoolSetTest, MissingPoolIsCorruptionWhereverItWas) {
  for (const std::uint32_t missing : {1U, 2U}) {
    ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
    std::filesystem::remove(pool(missing));
    EXPECT_NE(corrupt_for_both(pool(missing)).message.find("missing"), std::string::npos);
    for (const std::string& name : names()) std::filesystem::remove(directory_ / name);
  }
}

TEST_F(PoolSetTest, MissingFirstPoolIsAMissingStore) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  std::filesystem::remove(store_);
  EXPECT_EQ(open_error().code, ErrorCode::not_found);
}

TEST_F(PoolSetTest, FurtherPoolIsNoStore) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  const auto storage = open(pool(1), small_store());
  ASSERT_FALSE(storage);
  EXPECT_EQ(storage.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(storage.error().found, "pool 1");
}

TEST_F(PoolSetTest, PoolsInTheWrongOrderAreCorruption) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  std::filesystem::rename(pool(1), directory_ / "aside");
  std::filesystem::rename(pool(2), pool(1));
  std::filesystem::rename(directory_ / "aside", pool(2));
  corrupt_for_both(pool(1));
}

TEST_F(PoolSetTest, PoolOfAnotherStoreIsCorruptionNamingBothSets) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  std::filesystem::rename(pool(1), directory_ / "foreign");
  for (std::uint32_t i : {0U, 2U}) std::filesystem::remove(pool(i));
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  std::filesystem::remove(pool(1));
  std::filesystem::rename(directory_ / "foreign", pool(1));
  const Error error = corrupt_for_both(pool(1));
  EXPECT_NE(error.expected, error.found);
}

TEST_F(PoolSetTest, ForeignFileInPlaceOfAPoolIsCorruption) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  std::ofstream(pool(1), std::ios::trunc) << "something else";
  corrupt_for_both(pool(1));
  std::filesystem::remove(pool(1));
  std::filesystem::create_directory(pool(1));
  corrupt_for_both(pool(1));
}

TEST_F(PoolSetTest, DamagedFurtherPoolIsRefusedForWritingOnly) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  flip_byte(pool(2), 3 * kMiB);
  const Error error = open_error();
  EXPECT_EQ(error.code, ErrorCode::corruption);
  EXPECT_EQ(error.path, pool(2));
  EXPECT_NE(open_store(read_only_store()), nullptr);
}

TEST_F(PoolSetTest, CountThatAKillHasLeftBehindIsCompleted) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const std::vector<std::byte> one = read_bytes(store_, kCountCell, 8);
  {
    const auto storage = open_store();
    ASSERT_NE(storage, nullptr);
    ASSERT_TRUE(storage->grow(16 * kMiB));
  }
  const std::vector<std::byte> two = read_bytes(store_, kCountCell, 8);
  EXPECT_NE(one, two);
  write_bytes(store_, kCountCell, one);
  ASSERT_NE(open_store(), nullptr);
  EXPECT_EQ(read_bytes(store_, kCountCell, 8), two);
}

TEST_F(PoolSetTest, TakenNameOfTheNextPoolFailsGrowthAndChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  std::ofstream(pool(1)) << "mine";
  const auto grown = storage->grow(16 * kMiB);
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, ErrorCode::io);
  EXPECT_EQ(storage->size_bytes(), 8 * kMiB);
  EXPECT_EQ(names(), (std::vector<std::string>{"store.hf", "store.hf.1"}));
  EXPECT_EQ(std::filesystem::file_size(pool(1)), 4U);
  std::filesystem::remove(pool(1));
  EXPECT_TRUE(storage->grow(16 * kMiB));
}

}  // namespace
}  // namespace holdfast::pmem
