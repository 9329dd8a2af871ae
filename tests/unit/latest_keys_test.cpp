// What compaction by key keeps in memory: the latest id of each key, and which ids may go.

#include "log/latest_keys.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "common/base/key_hash.hpp"
#include "log/id_set.hpp"

namespace holdfast::log {
namespace {

std::uint64_t hash_of(std::uint64_t number) { return key_hash("key " + std::to_string(number)); }

TEST(LatestKeys, FindsWhatWasAddedAndGrowsToItsBound) {
  LatestKeys keys(1 << 14);
  keys.begin_window(0);
  for (std::uint64_t i = 1; i <= 12'000; ++i) {
    EXPECT_EQ(keys.find(hash_of(i)), nullptr);
    keys.add(hash_of(i), i, i % 3 == 0);
  }
  EXPECT_EQ(keys.next_window(), std::nullopt) << "all of them fit";
  for (std::uint64_t i = 1; i <= 12'000; ++i) {
    LatestKeys::Slot* const slot = keys.find(hash_of(i));
    ASSERT_NE(slot, nullptr);
    EXPECT_EQ(slot->id(), i);
    EXPECT_EQ(slot->may_go(), i % 3 == 0);
    slot->stays();
    EXPECT_EQ(slot->id(), i);
    EXPECT_FALSE(slot->may_go());
  }
}

TEST(LatestKeys, WindowsCoverEachHashOnce) {
  constexpr std::uint64_t kKeys = 20'000;
  LatestKeys keys(1'024);
  std::map<std::uint64_t, int> times;
  int windows = 0;
  for (std::optional<std::uint64_t> low = 0; low; low = keys.next_window()) {
    keys.begin_window(*low);
    ++windows;
    for (std::uint64_t i = 1; i <= kKeys; ++i)
      if (keys.covers(hash_of(i)) && keys.find(hash_of(i)) == nullptr) keys.add(hash_of(i), i, false);
    std::uint64_t there = 0;
    keys.for_each([&](const LatestKeys::Slot& slot) {
      ++times[slot.id()];
      ++there;
    });
    EXPECT_LE(there, 768u);
  }
  EXPECT_GT(windows, 20);
  EXPECT_EQ(times.size(), kKeys);
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << id;
}

TEST(LatestKeys, KeysOfOneHashTakeOneSlot) {
  LatestKeys keys(1'024);
  keys.begin_window(0);
  keys.add(0, 5, false);
  EXPECT_EQ(keys.find(0)->id(), 5u);
  EXPECT_EQ(keys.find(1), nullptr);
}

TEST(IdSet, HoldsWhatWasAddedOnce) {
  IdSet ids(100);
  for (const LogId id : {100u, 101u, 4'195u, 4'196u, 1'000'000u}) {
    EXPECT_FALSE(ids.contains(id));
    EXPECT_TRUE(ids.add(id));
    EXPECT_FALSE(ids.add(id));
    EXPECT_TRUE(ids.contains(id));
  }
  for (const LogId id : {0u, 99u, 102u, 4'197u, 999'999u, 2'000'000u}) EXPECT_FALSE(ids.contains(id)) << id;
}

}  // namespace
}  // namespace holdfast::log
