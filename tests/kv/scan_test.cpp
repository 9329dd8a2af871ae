#include "kv_suites.hpp"

#include <map>
#include <set>
#include <vector>

namespace holdfast::kv_suites {
namespace {

using Found = std::map<std::string, std::string>;

/// What a scan shows; a key that is shown twice fails the test.
Found scanned(const holdfast::Kv& space, std::string_view prefix = "") {
  Found found;
  EXPECT_TRUE(ok(space.scan(prefix, [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(found.emplace(key, value).second) << shown(key) << " comes twice";
    return true;
  })));
  return found;
}

TEST_P(Kv, ScanOfAnEmptySpaceShowsNothing) { EXPECT_TRUE(scanned(*space_).empty()); }

TEST_P(Kv, ScanShowsEveryKeyOnceWithItsPresentValue) {
  Found expected;
  for (int i = 0; i < 500; ++i) put("key " + std::to_string(i), "first value, not to be seen again");
  for (int i = 0; i < 500; ++i)
    put("key " + std::to_string(i), expected["key " + std::to_string(i)] = std::to_string(i));
  for (int i = 0; i < 500; i += 5) {
    ASSERT_TRUE(says(true, space_->erase("key " + std::to_string(i), kBuffered)));
    expected.erase("key " + std::to_string(i));
  }
  EXPECT_EQ(scanned(*space_), expected);
}

TEST_P(Kv, ScanShowsOnlyKeysThatBeginWithThePrefix) {
  for (const char* key : {"a", "ab", "abc", "abd", "b", "ba"}) put(key, key);
  EXPECT_EQ(scanned(*space_, "ab"), (Found{{"ab", "ab"}, {"abc", "abc"}, {"abd", "abd"}}));
  EXPECT_EQ(scanned(*space_, "abcd"), Found{});
  EXPECT_EQ(scanned(*space_, "").size(), 6u);
}

TEST_P(Kv, ScanPrefixesAreAnyBytes) {
  const std::string zero(1, '\0');
  put(zero + "a", "1");
  put("\xFF" + zero, "2");
  EXPECT_EQ(scanned(*space_, zero), (Found{{zero + "a", "1"}}));
  EXPECT_EQ(scanned(*space_, "\xFF"), (Found{{"\xFF" + zero, "2"}}));
}

TEST_P(Kv, ScanStopsWhenTheVisitorSaysSo) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), "value");
  int visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view) { return ++visits < 7; })));
  EXPECT_EQ(visits, 7);
}

TEST_P(Kv, ScanDoesNotShowOtherSpaces) {
  auto other = space("other");
  ASSERT_TRUE(ok(other.put("theirs", "value")));
  put("ours", "value");
  EXPECT_EQ(scanned(*space_), (Found{{"ours", "value"}}));
}

TEST_P(Kv, ScanGathersLargeValues) {
  Found expected;
  for (unsigned i = 0; i < 5; ++i) {
    const std::string key = "large " + std::to_string(i);
    expected[key] = some_value(50'000 + 40'000 * i, i);
    put(key, expected[key]);
  }
  EXPECT_EQ(scanned(*space_), expected);
}

TEST_P(Kv, ScanMayRunInsideAScan) {
  for (int i = 0; i < 5; ++i) put(std::to_string(i), "value");
  std::multiset<std::string> pairs;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view outer, std::string_view) {
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view inner, std::string_view) {
      pairs.insert(std::string(outer) + std::string(inner));
      return true;
    })));
    return true;
  })));
  EXPECT_EQ(pairs.size(), 25u);
  EXPECT_EQ(std::set<std::string>(pairs.begin(), pairs.end()).size(), 25u);
}

TEST_P(Kv, ScanShowsTheValueOfItsBeginWhenTheVisitorUpdatesKeys) {
  constexpr int kKeys = 30;
  for (int i = 0; i < kKeys; ++i) put(std::to_string(i), "old");
  std::map<std::string, int> visits;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(value, "old");
    ++visits[std::string(key)];
    for (int i = 0; i < kKeys; ++i) put(std::to_string(i), "new");
    return true;
  })));
  ASSERT_EQ(visits.size(), static_cast<std::size_t>(kKeys));
  for (const auto& [key, count] : visits) EXPECT_EQ(count, 1) << key;
  for (const auto& [key, value] : scanned(*space_)) EXPECT_EQ(value, "new");
}

TEST_P(Kv, ScanShowsAKeyThatTheVisitorErasesAtMostOnce) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), "value");
  std::map<std::string, int> visits;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view) {
    ++visits[std::string(key)];
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(ok(space_->erase(std::to_string(i), kBuffered)));
    return true;
  })));
  for (const auto& [key, count] : visits) EXPECT_EQ(count, 1) << key;
  EXPECT_TRUE(scanned(*space_).empty());
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, ScanDoesNotShowAKeyAgainThatTheVisitorErasesAndPutsBack) {
  for (int i = 0; i < 20; ++i) put(std::to_string(i), "value");
  std::map<std::string, int> visits;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view) {
    const std::string own(key);
    ++visits[own];
    EXPECT_TRUE(ok(space_->erase(own, kBuffered)));
    put(own, "back");
    return true;
  })));
  EXPECT_EQ(visits.size(), 20u);
  for (const auto& [key, count] : visits) EXPECT_EQ(count, 1) << key;
}

TEST_P(Kv, ScanEndsAlthoughTheVisitorKeepsAddingKeys) {
  put("seed", "value");
  int visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view) {
    for (int i = 0; i < 10; ++i) put("added " + std::to_string(visits * 10 + i), "value");
    return ++visits < 1'000;
  })));
  EXPECT_LT(visits, 1'000);
}

TEST_P(Kv, ScanShowsLargeValuesThatAreReplacedWhileItRuns) {
  constexpr unsigned kKeys = 4;
  for (unsigned i = 0; i < kKeys; ++i) put("large " + std::to_string(i), some_value(200'000, i));
  unsigned visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
    const unsigned seed = static_cast<unsigned>(key.back() - '0');
    EXPECT_EQ(value, some_value(200'000, seed)) << key;
    ++visits;
    for (unsigned i = 0; i < kKeys; ++i) put("large " + std::to_string(i), some_value(200'000, 90 + i));
    EXPECT_EQ(value, some_value(200'000, seed)) << "the visitor's view must stay";
    return true;
  })));
  EXPECT_EQ(visits, kKeys);
}

TEST_P(Kv, ScanInsideAScanSeesWhatTheOuterVisitorHasWritten) {
  put("a", "old");
  put("b", "old");
  int outer_visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view value) {
    ++outer_visits;
    EXPECT_EQ(value, "old");
    put("a", "new " + std::to_string(outer_visits));
    put("b", "new " + std::to_string(outer_visits));
    for (const auto& [key, inner] : scanned(*space_)) EXPECT_EQ(inner, "new " + std::to_string(outer_visits));
    return true;
  })));
  EXPECT_EQ(outer_visits, 2);
}

TEST_P(KvReopen, ScanShowsTheSameAfterAKill) {
  Found expected;
  for (int i = 0; i < 200; ++i)
    put(std::to_string(i % 90), expected[std::to_string(i % 90)] = std::to_string(i));
  reopen_after_kill();
  EXPECT_EQ(scanned(*space_), expected);
}

}  // namespace
}  // namespace holdfast::kv_suites
