#include "common/engine/log_gaps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace holdfast {
namespace {

LogGaps gaps_of(const std::vector<LogGap>& gaps) {
  LogGaps made;
  for (const LogGap& gap : gaps) EXPECT_TRUE(made.add(gap.from, gap.to));
  return made;
}

TEST(LogGaps, ComeAtTheEndAndSwallowWhatLiesAbove) {
  LogGaps gaps = gaps_of({{5, 9}, {20, 30}});
  EXPECT_FALSE(gaps.add(10, 29));
  EXPECT_FALSE(gaps.add(40, 40));
  EXPECT_TRUE(gaps.add(9, 31)) << "touching is meeting";
  EXPECT_EQ(gaps.all(), (std::vector<LogGap>{{5, 31}}));
  EXPECT_TRUE(gaps.add(10, 40)) << "from within one";
  EXPECT_EQ(gaps.all(), (std::vector<LogGap>{{5, 40}}));
}

TEST(LogGaps, AreForgottenBelowTheBegin) {
  LogGaps gaps = gaps_of({{5, 9}, {20, 30}});
  gaps.forget_below(9);
  EXPECT_EQ(gaps.all(), (std::vector<LogGap>{{20, 30}}));
  gaps.forget_below(25);
  EXPECT_EQ(gaps.all(), (std::vector<LogGap>{{25, 30}}));
  gaps.forget_below(100);
  EXPECT_TRUE(gaps.all().empty());
}

TEST(LogGaps, AnswerAsASetOfIdsWould) {
  constexpr std::uint64_t kEnd = 60;
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    LogGaps gaps;
    std::set<std::uint64_t> ids;
    for (std::uint64_t to = 1 + random() % 10; to < kEnd; to += 1 + random() % 15) {
      const std::uint64_t from = 1 + random() % to;
      if (from < to && random() % 3 != 0) {
        ASSERT_TRUE(gaps.add(from, to));
        for (std::uint64_t id = from; id < to; ++id) ids.insert(id);
      }
    }
    for (std::uint64_t id = 1; id <= kEnd; ++id) {
      ASSERT_EQ(gaps.around(id).has_value(), ids.contains(id)) << id;
      const auto next = ids.lower_bound(id);
      const bool begins_there = next == ids.end() || *next != id || !ids.contains(id - 1);
      if (begins_there) {
        ASSERT_EQ(gaps.next_begin(id, 999), next == ids.end() ? 999 : *next) << id;
      }
      std::uint64_t end = id;
      while (end > 0 && !ids.contains(end - 1)) --end;
      if (!ids.contains(id)) {
        ASSERT_EQ(gaps.last_end(id, 0), end) << id;
      }
      for (std::uint64_t to = id; to <= kEnd; ++to) {
        std::uint64_t inside = 0;
        for (std::uint64_t one = id; one < to; ++one) inside += ids.contains(one) ? 1 : 0;
        ASSERT_EQ(gaps.count(id, to), inside);
        for (const std::uint64_t kept : {0u, 1u, 3u, 20u}) {
          std::uint64_t expected = to;
          for (std::uint64_t left = kept; left > 0 && expected > id; --expected)
            if (!ids.contains(expected - 1)) --left;
          const std::uint64_t found = gaps.back_by(kept, id, to);
          // It may lie at the other side of a gap: nothing is kept or let go between.
          const auto [low, high] = std::minmax(found, expected);
          ASSERT_EQ(gaps.count(low, high), high - low) << kept << " back from " << to;
        }
      }
    }
  }
}

}  // namespace
}  // namespace holdfast
