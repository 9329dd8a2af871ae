#include "common/index/sequence_index.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

Location place_of(std::uint64_t number) {
  return {static_cast<std::uint32_t>(number / 1'000), static_cast<std::uint32_t>(16 + number)};
}

TEST(SequenceIndex, BeginsWithOne) {
  const SequenceIndex index;
  EXPECT_EQ(index.next(), 1u);
}

TEST(SequenceIndex, FindsWhatWasAddedOverManyChunks) {
  SequenceIndex index;
  constexpr std::uint64_t kCount = 100'000;
  for (std::uint64_t number = 1; number <= kCount; ++number) {
    index.append(place_of(number));
    ASSERT_EQ(index.next(), number + 1);
    ASSERT_EQ(index.find(number), place_of(number));
  }
  for (std::uint64_t number = 1; number <= kCount; ++number) ASSERT_EQ(index.find(number), place_of(number));
}

TEST(SequenceIndex, TheBordersOfChunksAreNoGaps) {
  SequenceIndex index;
  for (std::uint64_t number = 1; number <= 8'000; ++number)
    index.append({0, static_cast<std::uint32_t>(number)});
  for (const std::uint64_t border : {1'024u, 1'025u, 3'072u, 3'073u, 7'168u, 7'169u})
    EXPECT_EQ(index.find(border)->offset_8, border);
}

TEST(SequenceIndex, KnowsWhatIsLost) {
  SequenceIndex index;
  index.append(place_of(1));
  index.append_lost();
  index.append(place_of(3));
  EXPECT_EQ(index.next(), 4u);
  EXPECT_EQ(index.find(1), place_of(1));
  EXPECT_EQ(index.find(2), std::nullopt);
  EXPECT_EQ(index.find(3), place_of(3));
}

TEST(SequenceIndex, ReadersSeeWholeEntriesBesideTheOneWhoAdds) {
  SequenceIndex index;
  constexpr std::uint64_t kCount = 200'000;
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader)
    readers.emplace_back([&] {
      for (std::uint64_t next = 1; next <= kCount;) {
        next = index.next();
        if (next == 1) continue;
        for (const std::uint64_t number : {std::uint64_t{1}, next / 2 + next % 2, next - 1})
          if (index.find(number) != place_of(number)) ++wrong;
      }
    });
  for (std::uint64_t number = 1; number <= kCount; ++number) index.append(place_of(number));
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

}  // namespace
}  // namespace holdfast
