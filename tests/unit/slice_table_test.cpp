#include "common/engine/slice_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

TEST(SliceTable, CountsFromZeroAndKeepsWhatWasAdded) {
  SliceTable table;
  for (std::uint32_t i = 0; i < 5'000; ++i)
    ASSERT_EQ(table.add({.seed = i * 7, .segment_id = i, .start = i + 1}), i);
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    EXPECT_EQ(table[i].seed, i * 7);
    EXPECT_EQ(table[i].segment_id, i);
    EXPECT_EQ(table[i].start, i + 1);
  }
}

TEST(SliceTable, EntriesNeverMove) {
  SliceTable table;
  std::vector<const SliceInfo*> places;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    static_cast<void>(table.add({.segment_id = i}));
    places.push_back(&table[i]);
  }
  for (std::uint32_t i = 0; i < 2'000; ++i) EXPECT_EQ(&table[i], places[i]);
}

TEST(SliceTable, IsReadWhileItGrows) {
  constexpr std::uint32_t kCount = 3'000;
  SliceTable table;
  std::atomic<std::uint32_t> published{0};
  std::atomic<std::uint32_t> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      for (std::uint32_t seen = 0; seen < kCount;) {
        seen = published.load(std::memory_order_acquire);
        for (std::uint32_t index = seen > 8 ? seen - 8 : 0; index < seen; ++index)
          wrong += table[index].segment_id != index;
      }
    });
  for (std::uint32_t i = 0; i < kCount; ++i) {
    static_cast<void>(table.add({.segment_id = i}));
    published.store(i + 1, std::memory_order_release);
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

TEST(SliceTable, GivesEachWriterAnIndexOfItsOwn) {
  SliceTable table;
  std::vector<std::vector<std::uint32_t>> indexes(4);
  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (std::uint32_t i = 0; i < 500; ++i)
        indexes[writer].push_back(table.add({.segment_id = writer * 1'000 + i}));
    });
  for (std::thread& writer : writers) writer.join();
  for (std::uint32_t writer = 0; writer < 4; ++writer)
    for (std::uint32_t i = 0; i < 500; ++i)
      EXPECT_EQ(table[indexes[writer][i]].segment_id, writer * 1'000 + i);
}

}  // namespace
}  // namespace holdfast
