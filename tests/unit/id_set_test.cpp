#include "log/id_set.hpp"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::log {
namespace {

TEST(IdSet, HasWhatWasAdded) {
  IdSet ids(100);
  std::set<LogId> expected;
  for (LogId id = 100; id < 30'000; id += 7) {
    EXPECT_TRUE(ids.add(id));
    EXPECT_FALSE(ids.add(id));
    expected.insert(id);
  }
  for (LogId id = 0; id < 40'000; ++id) ASSERT_EQ(ids.contains(id), expected.contains(id)) << id;
}

// A pointer for each run of ids between would not fit into memory.
TEST(IdSet, RunsWithoutAnIdCostNothing) {
  IdSet ids(1);
  for (unsigned bit = 0; bit < 64; ++bit) EXPECT_TRUE(ids.add(LogId{1} << bit));
  for (unsigned bit = 0; bit < 64; ++bit) EXPECT_TRUE(ids.contains(LogId{1} << bit));
  EXPECT_FALSE(ids.contains(3));
}

}  // namespace
}  // namespace holdfast::log
