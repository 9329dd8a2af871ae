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

TEST(SequenceIndex, TheBordersOfNodesAreNoGaps) {
  SequenceIndex index;
  for (std::uint64_t number = 1; number <= 300'000; ++number) index.append({0, static_cast<std::uint32_t>(number)});
  for (const std::uint64_t border : {511u, 512u, 513u, 1'024u, 262'143u, 262'144u, 262'145u})
    EXPECT_EQ(index.find(border)->offset_8, border);
}

TEST(SequenceIndex, KnowsWhatIsMissing) {
  SequenceIndex index;
  index.append(place_of(1));
  index.skip_to(3);
  index.append(place_of(3));
  EXPECT_EQ(index.next(), 4u);
  EXPECT_EQ(index.find(1), place_of(1));
  EXPECT_EQ(index.find(2), std::nullopt);
  EXPECT_EQ(index.find(3), place_of(3));
  index.skip_to(2);
  EXPECT_EQ(index.next(), 4u);
}

TEST(SequenceIndex, ARunThatIsMissingCostsNothing) {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 60;
  SequenceIndex index;
  index.append(place_of(1));
  index.skip_to(kFar);
  index.append(place_of(2));
  EXPECT_LT(index.memory_bytes(), 100'000u);
  EXPECT_EQ(index.find(1), place_of(1));
  EXPECT_EQ(index.find(kFar), place_of(2));
  EXPECT_EQ(index.find(kFar - 1), std::nullopt);
  EXPECT_EQ(index.next_present(2, index.next()), kFar);
  EXPECT_EQ(index.previous_present(kFar - 1, 1), 1u);
}

// Node by node that would take years.
TEST(SequenceIndex, WhatIsMissingBehindTheLastNodeIsPassedInOneStep) {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 60;
  SequenceIndex empty;
  empty.skip_to(kFar);
  EXPECT_EQ(empty.next_present(1, kFar), std::nullopt);
  EXPECT_EQ(empty.previous_present(kFar - 1, 1), std::nullopt);
  for (const std::uint64_t last : {std::uint64_t{3}, std::uint64_t{511}, std::uint64_t{512}, std::uint64_t{300'000}}) {
    SequenceIndex index;
    index.skip_to(last);
    index.append(place_of(last));
    index.skip_to(kFar);
    EXPECT_EQ(index.next_present(1, kFar), last);
    EXPECT_EQ(index.next_present(last + 1, kFar), std::nullopt);
    EXPECT_EQ(index.previous_present(kFar - 1, 1), last);
    EXPECT_EQ(index.previous_present(kFar - 1, last + 1), std::nullopt);
    EXPECT_EQ(index.take_out(1, kFar), 1u);
    EXPECT_EQ(index.previous_present(kFar - 1, 1), std::nullopt);
  }
}

TEST(SequenceIndex, FindsTheNextOnesOfBothSides) {
  SequenceIndex index;
  for (const std::uint64_t number : {5u, 511u, 512u, 5'000u}) {
    index.skip_to(number);
    index.append(place_of(number));
  }
  EXPECT_EQ(index.next_present(1, 5'001), 5u);
  EXPECT_EQ(index.next_present(6, 5'001), 511u);
  EXPECT_EQ(index.next_present(512, 5'001), 512u);
  EXPECT_EQ(index.next_present(513, 5'001), 5'000u);
  EXPECT_EQ(index.next_present(513, 5'000), std::nullopt);
  EXPECT_EQ(index.previous_present(4'999, 1), 512u);
  EXPECT_EQ(index.previous_present(511, 1), 511u);
  EXPECT_EQ(index.previous_present(510, 1), 5u);
  EXPECT_EQ(index.previous_present(510, 6), std::nullopt);
  EXPECT_EQ(index.previous_present(4, 0), std::nullopt);
}

TEST(SequenceIndex, MovesAndErasesOnlyWhatIsThere) {
  SequenceIndex index;
  index.append(place_of(1));
  EXPECT_FALSE(index.move(1, place_of(7), place_of(8)));
  EXPECT_FALSE(index.move(900, place_of(1), place_of(8)));
  EXPECT_TRUE(index.move(1, place_of(1), place_of(8)));
  EXPECT_EQ(index.find(1), place_of(8));
  EXPECT_FALSE(index.erase(1, place_of(1)));
  EXPECT_TRUE(index.erase(1, place_of(8)));
  EXPECT_EQ(index.find(1), std::nullopt);
}

TEST(SequenceIndex, ForgetsWhatLiesBelowAndGivesItsMemoryBack) {
  constexpr std::uint64_t kCount = 600'000;
  SequenceIndex index;
  for (std::uint64_t number = 1; number <= kCount; ++number) index.append(place_of(number));
  const std::uint64_t whole = index.memory_bytes();
  for (const std::uint64_t begin : {300u, 262'144u, 599'999u}) {
    const auto kept = index.forget_below(begin);
    for (std::uint64_t number = begin; number <= kCount; number += 97) ASSERT_EQ(index.find(number), place_of(number));
  }
  EXPECT_LT(index.memory_bytes(), whole / 50);
  EXPECT_EQ(index.find(1'000), std::nullopt);
  index.append(place_of(kCount + 1));
  EXPECT_EQ(index.find(kCount + 1), place_of(kCount + 1));
  static_cast<void>(index.forget_below(index.next()));
  for (int more = 0; more < 2'000; ++more) index.append(place_of(index.next()));
  EXPECT_EQ(index.find(index.next() - 1), place_of(index.next() - 1));
}

TEST(SequenceIndex, WhatIsTakenOutIsMissingAndNumbersGoOn) {
  SequenceIndex index;
  for (std::uint64_t number = 1; number <= 3'000; ++number) index.append(place_of(number));
  index.skip_to(600'000);
  EXPECT_EQ(index.take_out(1'000, 600'000), 2'001u);
  EXPECT_EQ(index.take_out(1'000, 600'000), 0u);
  EXPECT_EQ(index.take_out(700, 700), 0u);
  EXPECT_EQ(index.find(999), place_of(999));
  EXPECT_FALSE(index.find(1'000));
  EXPECT_FALSE(index.find(3'000));
  EXPECT_EQ(index.next(), 600'000u);
  EXPECT_FALSE(index.next_present(1'000, 600'000));
  index.append(place_of(600'000));
  EXPECT_EQ(index.next_present(1'000, 600'001), 600'000u);
  EXPECT_EQ(index.take_out(600'000, 600'001), 1u);
  index.append(place_of(600'001));
  EXPECT_EQ(index.find(600'001), place_of(600'001));
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
