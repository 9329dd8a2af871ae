// The model itself: what it must refuse, so that silence of the lab means something.

#include <gtest/gtest.h>

#include "history.hpp"

namespace holdfast::lab {
namespace {

Value v(const char* text) { return intern(text); }

/// A history on a store that holds {"s": {"old": "0"}}, and a clock.
class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { history_.start_era({{"s", {{"old", v("0")}}}}, 0); }

  /// A call that begins now and is acknowledged two events later.
  void done(std::vector<Change> changes, Durability durability = Durability::immediate,
            std::uint32_t thread = 0) {
    const auto id = begun(std::move(changes), durability, thread);
    history_.acknowledge(id, events_);
  }
  std::size_t begun(std::vector<Change> changes, Durability durability = Durability::immediate,
                    std::uint32_t thread = 0) {
    Operation operation{.thread = thread, .changes = std::move(changes)};
    operation.durability = durability;
    operation.began = events_;
    events_ += 2;
    return history_.begin(std::move(operation));
  }
  [[nodiscard]] bool allows(const Contents& contents) const {
    return history_.check(contents, events_).empty();
  }
  [[nodiscard]] bool allows_at(std::uint64_t events, const Contents& contents) const {
    return history_.check(contents, events).empty();
  }

  History history_;
  std::uint64_t events_ = 0;
};

TEST_F(HistoryTest, AcknowledgedMustBeThere) {
  done({{"s", "a", v("1")}});
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}, {"a", v("2")}}}}));
}

TEST_F(HistoryTest, InFlightMayOrMayNot) {
  begun({{"s", "a", v("1")}});
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
}

TEST_F(HistoryTest, NotYetBegunMustNotBeThere) {
  done({{"s", "a", v("1")}});
  EXPECT_TRUE(allows_at(0, {{"s", {{"old", v("0")}}}}));
  EXPECT_FALSE(allows_at(0, {{"s", {{"old", v("0")}, {"a", v("1")}}}}));
}

TEST_F(HistoryTest, AcknowledgedAtTheVeryEventCounts) {
  done({{"s", "a", v("1")}});  // begins at 0, acknowledged at 2
  EXPECT_TRUE(allows_at(1, {{"s", {{"old", v("0")}}}}));
  EXPECT_FALSE(allows_at(2, {{"s", {{"old", v("0")}}}}));
}

TEST_F(HistoryTest, NothingIsInventedOrLostBeside) {
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}, {"b", v("1")}}}}));
  EXPECT_FALSE(allows({{"s", {}}}));
  EXPECT_FALSE(allows({}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}}}, {"t", {}}}));
}

TEST_F(HistoryTest, BufferedWritesAreAPrefix) {
  done({{"s", "a", v("1")}}, Durability::buffered);
  done({{"s", "b", v("2")}}, Durability::buffered);
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}, {"b", v("2")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}, {"b", v("2")}}}}));
}

TEST_F(HistoryTest, AnImmediateWriteKeepsWhatItsThreadWroteBefore) {
  done({{"s", "a", v("1")}}, Durability::buffered);
  done({{"s", "b", v("2")}}, Durability::immediate);
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}, {"b", v("2")}}}}));
}

TEST_F(HistoryTest, OverwrittenValueIsAStateOfItsOwn) {
  done({{"s", "old", v("1")}}, Durability::buffered);
  done({{"s", "old", nullptr}}, Durability::buffered);
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("1")}}}}));
  EXPECT_TRUE(allows({{"s", {}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("2")}}}}));
}

TEST_F(HistoryTest, BatchIsAllOrNothing) {
  begun({{"s", "a", v("1")}, {"s", "b", v("2")}});
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}, {"b", v("2")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
}

TEST_F(HistoryTest, BatchIsAllOrNothingAcrossSpaces) {
  history_.start_era({{"s", {}}, {"t", {}}}, 0);
  begun({{"s", "a", v("1")}, {"t", "b", v("2")}});
  EXPECT_TRUE(allows({{"s", {}}, {"t", {}}}));
  EXPECT_TRUE(allows({{"s", {{"a", v("1")}}}, {"t", {{"b", v("2")}}}}));
  EXPECT_FALSE(allows({{"s", {{"a", v("1")}}}, {"t", {}}}));
  EXPECT_FALSE(allows({{"s", {}}, {"t", {{"b", v("2")}}}}));
}

TEST_F(HistoryTest, BarrierMakesDurableWhatHadReturned) {
  done({{"s", "a", v("1")}}, Durability::buffered);
  const auto covered = history_.begin_barrier();
  done({{"s", "b", v("2")}}, Durability::buffered);
  history_.end_barrier(covered, events_);
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
}

TEST_F(HistoryTest, IntervalIsDurableOnceThatMuchFollows) {
  history_.set_interval_bytes(4);
  done({{"s", "a", v("11")}}, Durability::interval);
  done({{"s", "b", v("22")}}, Durability::interval);
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  done({{"s", "c", v("33")}}, Durability::interval);
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("11")}}}}));
}

TEST_F(HistoryTest, ThreadsHavePrefixesOfTheirOwn) {
  done({{"s", "a", v("1")}}, Durability::buffered, 0);
  done({{"s", "b", v("2")}}, Durability::buffered, 1);
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"b", v("2")}}}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
}

TEST_F(HistoryTest, WithdrawnMustNotBeThere) {
  history_.withdraw(begun({{"s", "a", v("1")}}));
  EXPECT_TRUE(allows({{"s", {{"old", v("0")}}}}));
  EXPECT_FALSE(allows({{"s", {{"old", v("0")}, {"a", v("1")}}}}));
}

TEST_F(HistoryTest, EraPromisesWhatItBeganWith) {
  done({{"s", "a", v("1")}}, Durability::buffered);
  history_.start_era({{"s", {{"old", v("0")}}}}, 10);
  EXPECT_TRUE(allows_at(9, {{"s", {{"old", v("0")}, {"a", v("1")}}}}));
  EXPECT_FALSE(allows_at(10, {{"s", {{"old", v("0")}, {"a", v("1")}}}}))
      << "what recovery dropped must not come back";
  EXPECT_TRUE(allows_at(10, {{"s", {{"old", v("0")}}}}));
}

TEST_F(HistoryTest, CreatedSpaceMustBeThere) {
  Operation operation{.thread = 0, .changes = {}, .creates_space = "t"};
  const auto id = history_.begin(std::move(operation));
  EXPECT_TRUE(allows_at(1, {{"s", {{"old", v("0")}}}}));
  EXPECT_TRUE(allows_at(1, {{"s", {{"old", v("0")}}}, {"t", {}}}));
  history_.acknowledge(id, 2);
  EXPECT_FALSE(allows_at(2, {{"s", {{"old", v("0")}}}}));
}

}  // namespace
}  // namespace holdfast::lab
