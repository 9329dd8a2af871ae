#include <gtest/gtest.h>

#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

class ReadOnlyTest : public PmemTest {};

TEST_F(ReadOnlyTest, ChangesNoByteAndRefusesEveryChange) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  std::filesystem::permissions(store_, std::filesystem::perms::owner_read);
  const std::uint64_t size = std::filesystem::file_size(store_);
  const std::vector<std::byte> before = read_bytes(store_, 0, size);
  const auto time = std::filesystem::last_write_time(store_);
  {
    const auto storage = open_store(read_only_store());
    ASSERT_NE(storage, nullptr);
    EXPECT_EQ(text_at(*storage, 0, kGreeting.size()), kGreeting);
    const auto code = [](const Result<void>& result) { return result ? ErrorCode{} : result.error().code; };
    const ByteRange range{.offset = 0, .size_bytes = 64};
    EXPECT_EQ(code(storage->write(0, as_bytes("x"))), ErrorCode::read_only);
    EXPECT_EQ(code(storage->commit({})), ErrorCode::read_only);
    EXPECT_EQ(code(storage->flush(range)), ErrorCode::read_only);
    EXPECT_EQ(code(storage->drain()), ErrorCode::read_only);
    EXPECT_EQ(code(storage->grow(16 * kMiB)), ErrorCode::read_only);
    EXPECT_EQ(code(storage->punch(range)), ErrorCode::read_only);
    EXPECT_EQ(code(storage->reserve(range)), ErrorCode::read_only);
    EXPECT_FALSE(storage->writable(range));
    EXPECT_TRUE(storage->space());
    EXPECT_TRUE(storage->close());
  }
  EXPECT_EQ(read_bytes(store_, 0, size), before);
  EXPECT_EQ(std::filesystem::last_write_time(store_), time);
}

TEST_F(ReadOnlyTest, ReadersShareAndKeepWritersOut) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto one = open_store(read_only_store());
  const auto two = open_store(read_only_store());
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(open_error().code, ErrorCode::locked);
}

// libpmemobj cannot open read-only and keeps its pools in a table of the process: were it asked, the writer
// of a copy would be refused.
TEST_F(ReadOnlyTest, DoesNotCallLibpmemobj) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const std::filesystem::path copy = directory_ / "copy.hf";
  std::filesystem::copy_file(store_, copy);
  const auto reader = open_store(read_only_store());
  ASSERT_NE(reader, nullptr);
  const auto writer = open(copy, small_store());
  EXPECT_TRUE(writer) << writer.error().to_string();
}

}  // namespace
}  // namespace holdfast::pmem
