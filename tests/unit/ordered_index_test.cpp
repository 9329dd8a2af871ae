#include "kv/ordered_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::kv {
namespace {

using Keys = std::vector<std::string>;

Keys upward(const OrderedKeys& keys) {
  Keys found;
  for (auto at = keys.begin(); at != keys.end(); ++at) found.emplace_back(OrderedKeys::key_at(at));
  return found;
}

Keys downward(const OrderedKeys& keys) {
  Keys found;
  for (auto at = keys.before(keys.end()); at; at = keys.before(*at)) found.emplace_back(OrderedKeys::key_at(*at));
  return found;
}

Keys reversed(Keys keys) {
  std::reverse(keys.begin(), keys.end());
  return keys;
}

std::string number_key(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "key " + std::string(10 - digits.size(), '0') + digits;
}

TEST(OrderedKeys, AreInBytewiseOrder) {
  OrderedKeys keys;
  const Keys sorted{std::string(1, '\0'), std::string(2, '\0'), "A", "a", "aa", "ab", "b", "\x7F", "\x80", "\xFF",
                    "\xFF\xFF", std::string(65'535, '\xFF')};
  Keys shuffled = sorted;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  for (const std::string& key : shuffled) keys.set(key, {.version = 1});
  EXPECT_EQ(upward(keys), sorted);
  EXPECT_EQ(downward(keys), reversed(sorted));
  EXPECT_EQ(keys.size(), sorted.size());
}

TEST(OrderedKeys, WithoutAnyThereIsNothingBeforeTheEnd) {
  const OrderedKeys keys;
  EXPECT_EQ(keys.begin(), keys.end());
  EXPECT_FALSE(keys.before(keys.end()));
}

TEST(OrderedKeys, FindTheirNeighboursWhateverTheOrderTheyCameIn) {
  for (unsigned seed = 1; seed < 20; ++seed) {
    std::mt19937 random(seed);
    OrderedKeys keys;
    std::set<std::string> model;
    for (int step = 0; step < 300; ++step) {
      const std::string key = number_key(random() % 500);
      keys.set(key, {.version = 1});
      model.insert(key);
      const std::string probe = number_key(random() % 500);
      const auto expect_at = [&](OrderedKeys::Position position, std::set<std::string>::iterator expected) {
        ASSERT_EQ(position == keys.end(), expected == model.end());
        if (expected != model.end()) {
          EXPECT_EQ(OrderedKeys::key_at(position), *expected);
        }
        const auto before = keys.before(position);
        ASSERT_EQ(before.has_value(), expected != model.begin());
        if (before) {
          EXPECT_EQ(OrderedKeys::key_at(*before), *std::prev(expected));
        }
      };
      expect_at(keys.at_or_behind(probe), model.lower_bound(probe));
      expect_at(keys.behind(probe), model.upper_bound(probe));
    }
    EXPECT_EQ(upward(keys), Keys(model.begin(), model.end()));
  }
}

TEST(OrderedKeys, OfWhatIsKnownTheHighestVersionCounts) {
  OrderedKeys keys;
  const auto known = [&] { return OrderedKeys::known_at(keys.begin()); };
  keys.set("key", {.version = 5});
  EXPECT_EQ(keys.erased(), 0u);
  keys.set("key", {.version = 7, .is_erased = true});
  EXPECT_TRUE(known().is_erased);
  EXPECT_EQ(keys.erased(), 1u);
  keys.set("key", {.version = 6});
  EXPECT_EQ(known().version, 7u);
  EXPECT_EQ(keys.erased(), 1u);
  keys.set("key", {.version = 9});
  keys.set("key", {.version = 8, .is_erased = true});
  EXPECT_FALSE(known().is_erased);
  EXPECT_EQ(known().version, 9u);
  EXPECT_EQ(keys.erased(), 0u);
  EXPECT_EQ(keys.size(), 1u);
}

// docs/architecture.md "Memory".
TEST(OrderedKeys, TakeAtMostEightyBytesAndTheirOwn) {
  OrderedKeys keys;
  const std::uint64_t empty = keys.size_bytes();
  constexpr std::uint64_t kCount = 20'000;
  for (std::uint64_t i = 0; i < kCount; ++i) keys.set(number_key(i * 7'919 % kCount), {.version = 1});
  ASSERT_EQ(keys.size(), kCount);
  const std::uint64_t each = (keys.size_bytes() - empty) / kCount;
  EXPECT_GE(each, 14 + 2 + 24u);  // the key and its size, its place, what is known and what is before
  EXPECT_LE(each, 14 + 80u);
  const std::uint64_t before = keys.size_bytes();
  keys.set(number_key(1), {.version = 2});
  EXPECT_EQ(keys.size_bytes(), before);
}

TEST(OrderedKeys, MayBeWalkedBothWaysWhileThreadsAddOthers) {
  constexpr std::uint64_t kStable = 200;
  constexpr std::uint64_t kOthers = 3'000;
  OrderedKeys keys;
  for (std::uint64_t i = 0; i < kStable; ++i) keys.set(number_key(i * 50), {.version = 1});
  std::atomic<int> left{3};
  std::vector<std::thread> adders;
  for (std::uint64_t adder = 0; adder < 3; ++adder)
    adders.emplace_back([&, adder] {
      for (std::uint64_t i = 0; i < kOthers; ++i) keys.set(number_key((i * 7'919 + adder) % 10'000), {.version = 2});
      --left;
    });
  const auto expect_stable = [&](const Keys& found) {
    std::uint64_t stable = 0;
    for (const std::string& key : found) stable += std::stoull(key.substr(4)) % 50 == 0;
    EXPECT_EQ(stable, kStable);
  };
  while (left > 0) {
    const Keys up = upward(keys);
    EXPECT_TRUE(std::is_sorted(up.begin(), up.end()));
    expect_stable(up);
    const Keys down = downward(keys);
    EXPECT_TRUE(std::is_sorted(down.rbegin(), down.rend()));
    expect_stable(down);
  }
  for (std::thread& adder : adders) adder.join();
  EXPECT_EQ(downward(keys), reversed(upward(keys)));
  EXPECT_EQ(keys.size(), upward(keys).size());
}

constexpr std::uint64_t kErasedMin = 100;

class OrderedIndexTest : public ::testing::Test {
 protected:
  void add(std::uint64_t number) { index_.add(number_key(number), ++version_); }
  void erase(std::uint64_t number) { index_.mark_erased(number_key(number), ++version_); }
  /// Changes that change nothing, until the copy is done.
  void go_on() {
    for (int i = 0; i < 1'000; ++i) index_.add(number_key(0), version_);
  }

  std::uint64_t version_ = 0;
  std::optional<std::uint64_t> oldest_;
  OrderedIndex index_{[this] { return oldest_; }, kErasedMin};
};

TEST_F(OrderedIndexTest, ErasedKeysGoWhenTheyAreManyEnough) {
  for (std::uint64_t i = 0; i < 1'000; ++i) add(i);
  const auto before = index_.keys();
  for (std::uint64_t i = 1; i < 250; ++i) erase(i);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 0u);  // not a quarter yet
  erase(250);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 1u);
  EXPECT_EQ(index_.keys()->size(), 750u);
  EXPECT_EQ(index_.keys()->erased(), 0u);
  EXPECT_EQ(upward(*before).size(), 1'000u);  // who stands there stays there
  EXPECT_LT(index_.size_bytes(), before->size_bytes());
}

TEST_F(OrderedIndexTest, TheOldKeysGoWithTheLastWhoLooksAtThem) {
  for (std::uint64_t i = 0; i < 500; ++i) add(i);
  std::weak_ptr<const OrderedKeys> old = index_.keys();
  auto reader = old.lock();
  for (std::uint64_t i = 1; i <= 125; ++i) erase(i);
  go_on();
  ASSERT_EQ(index_.rebuilds(), 1u);
  EXPECT_FALSE(old.expired());
  reader.reset();
  EXPECT_TRUE(old.expired());
}

TEST_F(OrderedIndexTest, AFewErasedKeysAreNotWorthACopy) {
  for (std::uint64_t i = 0; i < 50; ++i) add(i);
  for (std::uint64_t i = 1; i < 50; ++i) erase(i);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 0u);
  EXPECT_EQ(index_.keys()->erased(), 49u);
}

TEST_F(OrderedIndexTest, KeysThatASnapshotSeesStay) {
  for (std::uint64_t i = 0; i < 1'000; ++i) add(i);
  for (std::uint64_t i = 1; i <= 200; ++i) erase(i);
  oldest_ = ++version_;
  for (std::uint64_t i = 201; i <= 250; ++i) erase(i);
  go_on();
  ASSERT_EQ(index_.rebuilds(), 1u);
  EXPECT_EQ(index_.keys()->size(), 800u);
  EXPECT_EQ(index_.keys()->erased(), 50u);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 1u);  // those that were kept are no reason for another copy
  oldest_.reset();
  for (std::uint64_t i = 251; i <= 450; ++i) erase(i);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 2u);
  EXPECT_EQ(index_.keys()->size(), 550u);
}

TEST_F(OrderedIndexTest, WhatIsErasedDuringACopyIsAReasonForTheNext) {
  for (std::uint64_t i = 0; i < 20'000; ++i) add(i);
  for (std::uint64_t i = 1; i <= 5'000; ++i) erase(i);
  ASSERT_EQ(index_.rebuilds(), 0u);
  for (std::uint64_t i = 20'000; index_.rebuilds() == 0; --i) {
    ASSERT_GT(i, 15'000u);
    erase(i - 1);
  }
  const std::uint64_t erased_meanwhile = index_.keys()->erased();
  ASSERT_GT(erased_meanwhile, 100u);
  const std::uint64_t quarter = index_.keys()->size() / OrderedIndex::kErasedPart;
  for (std::uint64_t i = 0; i < quarter - erased_meanwhile; ++i) erase(5'001 + i);
  go_on();
  EXPECT_EQ(index_.rebuilds(), 2u);
}

TEST_F(OrderedIndexTest, AKeyThatComesBackStays) {
  for (std::uint64_t i = 0; i < 400; ++i) add(i);
  for (std::uint64_t i = 1; i < 300; ++i) {
    erase(i);
    if (i % 3 == 0) add(i);
  }
  go_on();
  ASSERT_GE(index_.rebuilds(), 1u);
  const auto keys = index_.keys();
  for (std::uint64_t i = 0; i < 400; ++i)
    if (i % 3 == 0 || i >= 300) {
      EXPECT_TRUE(keys->contains(number_key(i))) << i;
    }
}

TEST_F(OrderedIndexTest, AnEraseOfAKeyThatWasNeverThereLeavesNothing) {
  erase(1);
  EXPECT_EQ(index_.keys()->size(), 0u);
}

TEST_F(OrderedIndexTest, NoKeyIsLostWhileThreadsChangeItUnderCopies) {
  constexpr std::uint64_t kThreads = 3;
  constexpr std::uint64_t kKeys = 300;
  std::atomic<std::uint64_t> version{0};
  std::atomic<std::uint64_t> left{kThreads};
  std::vector<std::set<std::string>> present(kThreads);
  std::vector<std::thread> writers;
  for (std::uint64_t writer = 0; writer < kThreads; ++writer)
    writers.emplace_back([&, writer] {
      std::mt19937 random(static_cast<unsigned>(writer));
      // A thread that sleeps in the middle of a change holds the copy up, and the others go on.
      for (int step = 0; step < 8'000 || (index_.rebuilds() < 2 && step < 2'000'000); ++step) {
        const std::string key = number_key(random() % kKeys * kThreads + writer);
        if (random() % 2 == 0) {
          if (present[writer].insert(key).second) index_.add(key, ++version);
        } else if (present[writer].erase(key) == 1) {
          index_.mark_erased(key, ++version);
        }
      }
      --left;
    });
  while (left > 0) {
    const auto keys = index_.keys();
    const Keys found = upward(*keys);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(index_.rebuilds(), 1u);
  const auto keys = index_.keys();
  Keys live;
  for (auto at = keys->begin(); at != keys->end(); ++at)
    if (!OrderedKeys::known_at(at).is_erased) live.emplace_back(OrderedKeys::key_at(at));
  std::set<std::string> expected;
  for (const auto& keys_of_one : present) expected.insert(keys_of_one.begin(), keys_of_one.end());
  EXPECT_EQ(live, Keys(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace holdfast::kv
