#include <gtest/gtest.h>

#include <string>

#include "pmem/line_copy.hpp"
#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

class DataMoverTest : public PmemTest {};

std::string pattern(std::size_t size_bytes, unsigned seed) {
  std::string text(size_bytes, '\0');
  for (std::size_t i = 0; i < size_bytes; ++i) text[i] = static_cast<char>('a' + (i * 7 + seed) % 26);
  return text;
}

// Every route of DataMover::copy, and the bytes on both sides of each copy.
TEST_F(DataMoverTest, AnySizeAtAnyAlignmentArrivesAndNothingElseChanges) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  constexpr std::uint64_t kPlace = 1 << 16;
  constexpr std::size_t kMargin = 128;
  for (const std::size_t size :
       {0, 1, 7, 8, 63, 64, 65, 127, 128, 192, 255, 256, 257, 512, 1000, 1024, 1088, 4096, 70000}) {
    for (const std::uint64_t shift : {0, 1, 8, 32, 63}) {
      const std::string before(size + 2 * kMargin, '.');
      ASSERT_TRUE(storage->write(kPlace, as_bytes(before)));
      const std::string text = pattern(size, static_cast<unsigned>(size + shift));
      ASSERT_TRUE(storage->write(kPlace + shift, as_bytes(text)));
      ASSERT_TRUE(storage->drain());
      const std::string after = text_at(*storage, kPlace, before.size());
      EXPECT_EQ(after.substr(shift, size), text) << size << " at " << shift;
      EXPECT_EQ(after.substr(0, shift), before.substr(0, shift));
      EXPECT_EQ(after.substr(shift + size), before.substr(shift + size));
    }
  }
}

TEST_F(DataMoverTest, CountsWhatItDoes) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  const std::string line = pattern(kLineBytes, 1);
  ASSERT_TRUE(storage->write(0, as_bytes(line)));
  EXPECT_EQ(storage->counters().fences, 0U);
  const WriteRange ranges[] = {{.offset = 4096, .bytes = as_bytes(line)},
                               {.offset = 64, .bytes = as_bytes(line)}};
  ASSERT_TRUE(storage->commit(ranges));
  EXPECT_EQ(storage->counters().fences, 1U);
  ASSERT_TRUE(storage->flush({.offset = 0, .size_bytes = 4096}));
  ASSERT_TRUE(storage->drain());
  const StorageCounters counters = storage->counters();
  EXPECT_EQ(counters.writes, 3U);
  EXPECT_EQ(counters.bytes_written, 3 * kLineBytes);
  EXPECT_EQ(counters.flushes, 1U);
  EXPECT_EQ(counters.fences, 2U);
  EXPECT_EQ(counters.syncs, 0U);
}

}  // namespace
}  // namespace holdfast::pmem
