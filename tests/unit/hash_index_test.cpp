#include "common/index/hash_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "property.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kHash = 0x1234;

IndexSlot slot(std::uint32_t place, std::uint64_t version = 1, bool erased = false, bool has_parts = false) {
  return {.location = {place, place * 3}, .version = version, .erased = erased, .has_parts = has_parts};
}

/// Adds `slots` under one hash, as keys that collide.
void add(HashIndex& index, const std::vector<IndexSlot>& slots) {
  for (const IndexSlot& added : slots) {
    IndexSlots seen = index.find(kHash);
    ASSERT_TRUE(index.replace(kHash, seen, std::nullopt, added));
  }
}

std::vector<IndexSlot> all(const HashIndex& index, std::uint64_t hash = kHash) {
  const IndexSlots slots = index.find(hash);
  std::vector<IndexSlot> found;
  for (std::size_t i = 0; i < slots.size(); ++i) found.push_back(slots[i]);
  return found;
}

using Slots = std::vector<IndexSlot>;

TEST(HashIndex, HasNothingUnderAHashThatIsNotThere) {
  const HashIndex index;
  EXPECT_TRUE(index.find(kHash).empty());
  EXPECT_EQ(index.find(kHash).size(), 0u);
}

TEST(HashIndex, KeepsEveryFieldOfASlot) {
  for (unsigned flags = 0; flags < 8; ++flags) {
      HashIndex index;
      const IndexSlot kept{.location = {0xFFFF'FFFF, HashIndex::kOffset8End - 1},
                           .version = (std::uint64_t{1} << 61) - 1,
                           .erased = (flags & 1) != 0,
                           .has_parts = (flags & 2) != 0,
                           .expires = (flags & 4) != 0};
      add(index, {kept});
      EXPECT_EQ(all(index), Slots{kept});
      add(index, {slot(2)});  // and in a chain
      EXPECT_EQ(all(index), (Slots{kept, slot(2)}));
  }
}

TEST(HashIndex, ReplacesWhatWasSeen) {
  HashIndex index;
  add(index, {slot(1)});
  IndexSlots seen = index.find(kHash);
  EXPECT_TRUE(index.replace(kHash, seen, 0, slot(2, 5)));
  EXPECT_EQ(all(index), Slots{slot(2, 5)});
}

TEST(HashIndex, RefusesToReplaceWhatHasChangedAndTellsWhatIsThere) {
  HashIndex index;
  add(index, {slot(1)});
  IndexSlots seen = index.find(kHash);
  IndexSlots stale = seen;
  ASSERT_TRUE(index.replace(kHash, seen, 0, slot(2, 5)));
  EXPECT_FALSE(index.replace(kHash, stale, 0, slot(3, 6)));
  ASSERT_EQ(stale.size(), 1u);
  EXPECT_EQ(stale[0], slot(2, 5));
  EXPECT_EQ(all(index), Slots{slot(2, 5)});
  EXPECT_TRUE(index.replace(kHash, stale, 0, slot(3, 6)));
}

TEST(HashIndex, RefusesToAddBesideWhatWasNotSeen) {
  HashIndex index;
  add(index, {slot(1)});
  IndexSlots seen;
  EXPECT_FALSE(index.replace(kHash, seen, std::nullopt, slot(2)));
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_EQ(all(index), Slots{slot(1)});
}

TEST(HashIndex, RefusesToReplaceWhatIsGoneAndLeavesNothingBehind) {
  HashIndex index;
  add(index, {slot(1)});
  IndexSlots seen = index.find(kHash);
  index.remove(kHash, slot(1));
  EXPECT_FALSE(index.replace(kHash, seen, 0, slot(2)));
  EXPECT_TRUE(seen.empty());
  EXPECT_TRUE(index.find(kHash).empty());
}

TEST(HashIndex, StillTellsWhetherAnythingHasChanged) {
  HashIndex index;
  IndexSlots seen = index.find(kHash);
  EXPECT_TRUE(index.still(kHash, seen));
  add(index, {slot(1)});
  EXPECT_FALSE(index.still(kHash, seen));
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_TRUE(index.still(kHash, seen));
  index.remove(kHash, slot(1));
  EXPECT_FALSE(index.still(kHash, seen));
  EXPECT_TRUE(seen.empty());
}

TEST(HashIndex, CollidingKeysLiveInAChain) {
  HashIndex index;
  add(index, {slot(1), slot(2), slot(3)});
  EXPECT_EQ(all(index), (Slots{slot(1), slot(2), slot(3)}));
  IndexSlots seen = index.find(kHash);
  EXPECT_TRUE(index.replace(kHash, seen, 1, slot(9, 9)));
  EXPECT_EQ(all(index), (Slots{slot(1), slot(9, 9), slot(3)}));
}

TEST(HashIndex, AChainThatHasChangedAnywhereIsNotReplaced) {
  HashIndex index;
  add(index, {slot(1), slot(2), slot(3)});
  IndexSlots stale = index.find(kHash);
  IndexSlots seen = stale;
  ASSERT_TRUE(index.replace(kHash, seen, 2, slot(3, 7)));
  EXPECT_FALSE(index.replace(kHash, stale, 0, slot(1, 8)));
  EXPECT_EQ(stale[2], slot(3, 7));
}

TEST(HashIndex, AChainShrinksToAPlainEntryAndToNothing) {
  HashIndex index;
  add(index, {slot(1), slot(2), slot(3)});
  index.remove(kHash, slot(1));
  EXPECT_EQ(all(index), (Slots{slot(2), slot(3)}));
  index.remove(kHash, slot(3));
  EXPECT_EQ(all(index), Slots{slot(2)});
  add(index, {slot(4)});  // a chain again
  EXPECT_EQ(all(index), (Slots{slot(2), slot(4)}));
  index.remove(kHash, slot(2));
  index.remove(kHash, slot(4));
  EXPECT_TRUE(index.find(kHash).empty());
}

TEST(HashIndex, RemovesOnlyTheVerySlotThatIsMeant) {
  HashIndex index;
  add(index, {slot(1, 5)});
  index.remove(kHash, slot(1, 4));
  index.remove(kHash, slot(1, 5, true));
  index.remove(kHash + 1, slot(1, 5));
  EXPECT_EQ(all(index), Slots{slot(1, 5)});
  add(index, {slot(2)});
  index.remove(kHash, slot(3));
  EXPECT_EQ(all(index).size(), 2u);
}

TEST(HashIndex, KeepsItsEntriesWhileItGrows) {
  HashIndex index;
  index.reserve(100);
  for (std::uint64_t hash = 0; hash < 20'000; ++hash) {
    IndexSlots none;
    ASSERT_TRUE(index.replace(hash * 0x9E37'79B9'7F4A'7C15, none, std::nullopt,
                              slot(static_cast<std::uint32_t>(hash))));
  }
  for (std::uint64_t hash = 0; hash < 20'000; ++hash)
    ASSERT_EQ(all(index, hash * 0x9E37'79B9'7F4A'7C15), Slots{slot(static_cast<std::uint32_t>(hash))});
}

TEST(HashIndex, InsertsOnlyWhereNothingIs) {
  HashIndex index;
  EXPECT_TRUE(index.insert(kHash, slot(1)));
  EXPECT_FALSE(index.insert(kHash, slot(2)));
  EXPECT_EQ(all(index), Slots{slot(1)});
  index.remove(kHash, slot(1));
  EXPECT_TRUE(index.insert(kHash, slot(2)));
  EXPECT_EQ(all(index), Slots{slot(2)});
}

TEST(HashIndex, LiesInPartsWhereManyEntriesAreExpected) {
  constexpr std::uint64_t kMany = 100'000;
  HashIndex few;
  few.reserve(1'000);
  EXPECT_EQ(few.part_count(), 1u);
  HashIndex index;
  index.reserve(kMany);
  EXPECT_GT(index.part_count(), 1u);
  std::vector<std::size_t> counts(index.part_count());
  for (std::uint64_t i = 0; i < kMany; ++i) {
    const std::uint64_t hash = i * 0x9E37'79B9'7F4A'7C15;
    ASSERT_LT(index.part_of(hash), counts.size());
    ++counts[index.part_of(hash)];
    ASSERT_TRUE(index.insert(hash, slot(static_cast<std::uint32_t>(i))));
  }
  for (const std::size_t count : counts) EXPECT_GT(count, kMany / counts.size() / 2);
  for (std::uint64_t i = 0; i < kMany; ++i)
    ASSERT_EQ(all(index, i * 0x9E37'79B9'7F4A'7C15), Slots{slot(static_cast<std::uint32_t>(i))});
  EXPECT_EQ(index.part_of(0), 0u);
  EXPECT_EQ(index.part_of(~std::uint64_t{0}), index.part_count() - 1);
}

TEST(HashIndex, IsNotSplitOnceSomethingIsThere) {
  HashIndex index;
  add(index, {slot(1), slot(2)});
  index.reserve(100'000);
  EXPECT_EQ(index.part_count(), 1u);
  EXPECT_EQ(all(index), (Slots{slot(1), slot(2)}));
}

TEST(HashIndex, AgreesWithAMapOfLists) {
  check_property(200, [] {
    HashIndex index;
    std::map<std::uint64_t, Slots> model;
    std::uint64_t version = 0;
    const auto steps = *rc::gen::container<std::vector<std::pair<std::uint8_t, std::uint8_t>>>(
        rc::gen::pair(rc::gen::arbitrary<std::uint8_t>(), rc::gen::arbitrary<std::uint8_t>()));
    for (const auto& [what, which] : steps) {
      const std::uint64_t hash = which % 3;
      Slots& slots = model[hash];
      const std::size_t pick = slots.empty() ? 0 : which / 3 % slots.size();
      const IndexSlot added = slot(which, ++version, what % 5 == 0, what % 7 == 0);
      IndexSlots seen = index.find(hash);
      if (what % 3 == 0 || slots.empty()) {
        RC_ASSERT(index.replace(hash, seen, std::nullopt, added));
        slots.push_back(added);
      } else if (what % 3 == 1) {
        RC_ASSERT(index.replace(hash, seen, pick, added));
        slots[pick] = added;
      } else {
        index.remove(hash, slots[pick]);
        slots.erase(slots.begin() + static_cast<std::ptrdiff_t>(pick));
      }
      for (const auto& [each, expected] : model) RC_ASSERT(all(index, each) == expected);
    }
  });
}

TEST(HashIndex, WritersOfDifferentHashesDoNotDisturbEachOther) {
  HashIndex index;
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < 4; ++writer)
    writers.emplace_back([&index, writer] {
      for (std::uint32_t round = 1; round <= 2'000; ++round) {
        IndexSlots seen = index.find(writer);
        const auto match = seen.empty() ? std::nullopt : std::optional<std::size_t>(0);
        ASSERT_TRUE(index.replace(writer, seen, match, slot(round, round)));
        if (round % 10 == 0) index.remove(writer, slot(round, round));
      }
    });
  for (std::thread& writer : writers) writer.join();
  for (std::uint64_t writer = 0; writer < 4; ++writer) EXPECT_TRUE(index.find(writer).empty());
}

}  // namespace
}  // namespace holdfast
