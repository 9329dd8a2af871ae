// What a cut of the end means for room, retention, readers, cursors and appends.

#include <algorithm>
#include <atomic>
#include <thread>

#include "end_fixture.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(End, GivesItsRoomToWhoeverNeedsItNext) {
  auto cut = open_cut();
  fill_to(cut, 400);
  const auto before = store_->info();
  ASSERT_TRUE(ok(cut.truncate_from(5)));
  const auto behind = store_->info();
  EXPECT_GE(behind->free_bytes, before->free_bytes + 30 * kLogSegmentBytesMin);
  fill_to(cut, 800);
  EXPECT_LE(store_->info()->size_bytes, before->size_bytes + (std::uint64_t{4} << 20));
  expect_runs(cut, {{1, 4}, {401, 800}}, 801);
}

// Whatever the threads do, nothing is lost; where it was, most rounds lost all that was appended behind the open.
TEST_P(End, AppendsGoOnInASegmentWhoseFreeingHasJustBegun) {
  for (int round = 0; round < 20; ++round) {
    LogId next = 0;
    {
      auto cut = stream("cut " + std::to_string(round));
      fill_to(cut, 4, Durability::buffered);
      std::thread beside([&] {
        static_cast<void>(cut.append(std::string(12'000, 'b'), {.durability = Durability::immediate}));
      });
      ASSERT_TRUE(ok(cut.truncate_from(1)));
      beside.join();
      ASSERT_TRUE(ok(cut.truncate_from(1)));
    }
    reopen_after_close();  // which frees what is all cut off, in the background
    {
      auto cut = stream("cut " + std::to_string(round));
      for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(ok(cut.append(std::string(12'000, 'b'), {.durability = Durability::buffered})));
      }
      next = *cut.next_id();
      if (round % 2 == 0) {
        ASSERT_TRUE(ok(cut.retain()));
      }
    }
    reopen_after_kill();
    const auto cut = stream("cut " + std::to_string(round));
    EXPECT_TRUE(is_id(next, cut.next_id())) << round;
    EXPECT_TRUE(is_id(next - 10, cut.first_id())) << round;
    for (LogId id = next - 10; id < next; ++id) ASSERT_TRUE(holds(cut, id, std::string(12'000, 'b'))) << round;
  }
}

// Segments of the gap that a tail had in use, and those whose freeing a crash has prevented.
TEST_P(End, SegmentsThatHoldNothingElseGoWhenTheirTailHasLeftThem) {
  auto cut = open_cut();
  fill_to(cut, 15);
  ASSERT_TRUE(ok(cut.truncate_from(11)));
  EXPECT_EQ(cut.statistics()->segments, 2u);
  fill_to(cut, 30);
  ASSERT_TRUE(ok(cut.retain()));
  expect_runs(cut, {{1, 10}, {16, 30}}, 31);
  close();
  open();
  cut = open_cut();
  ASSERT_TRUE(ok(cut.truncate_from(16)));
  fill_to(cut, 40);
  ASSERT_TRUE(ok(cut.retain()));
  expect_runs(cut, {{1, 10}, {31, 40}}, 41);
  EXPECT_LE(cut.statistics()->segments, 3u);
  expect_no_damage();
}

TEST_P(End, TakesLargePayloadsWithItsRecords) {
  auto cut = open_cut();
  const std::string large(200'000, 'L');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(ok(cut.append(large + std::to_string(i))));
  const std::uint64_t before = store_->info()->free_bytes;
  ASSERT_TRUE(ok(cut.truncate_from(3)));
  EXPECT_GE(store_->info()->free_bytes, before + 6 * 200'000) << "all lie in one segment, which stays";
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ok(cut.append(large + "new")));
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(holds(cut, 2, large + "1"));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.read(3)));
    EXPECT_TRUE(holds(cut, 9, large + "new"));
    EXPECT_TRUE(holds(cut, 13, large + "new"));
    expect_no_damage();
    reopen_after_kill();
    cut = open_cut();
  }
  ASSERT_TRUE(ok(cut.truncate_before(14)));  // the segment goes, and names extents that are others' or nobody's by now
  EXPECT_TRUE(ok(cut.append(large)));
  expect_no_damage();
}

TEST_P(End, NobodyIsInTheWay) {
  auto cut = open_cut();
  fill_to(cut, 30);
  auto below = cut.reader(10);
  auto beyond = cut.reader(25);
  auto at_the_end = cut.reader(31);
  ASSERT_TRUE(below && beyond && at_the_end);
  ASSERT_TRUE(*beyond->next());
  ASSERT_TRUE(ok(cut.commit_cursor("below", 12)));
  ASSERT_TRUE(ok(cut.commit_cursor("beyond", 25)));
  ASSERT_TRUE(ok(cut.truncate_from(20)));
  EXPECT_EQ(beyond->entry().payload, "record 25") << "what it has moved over is its own";
  EXPECT_EQ(*beyond->next(), false);
  EXPECT_EQ((*cut.cursor("beyond"))->next, 25u);
  EXPECT_EQ((*cut.cursor("beyond"))->lag, 0u);
  EXPECT_EQ((*cut.cursor("below"))->lag, 8u);
  fill_to(cut, 33);
  for (auto* const reader : {&*beyond, &*at_the_end}) {
    ASSERT_TRUE(*reader->next());
    EXPECT_EQ(reader->entry().id, 31u);
  }
  for (LogId id = 10; id < 20; ++id) ASSERT_TRUE(*below->next());
  ASSERT_TRUE(*below->next());
  EXPECT_EQ(below->entry().id, 31u);
  EXPECT_TRUE(ok(below->seek(22))) << "a place in the gap is one before what comes behind";
  ASSERT_TRUE(*below->next());
  EXPECT_EQ(below->entry().id, 31u);
  ASSERT_TRUE(*below->previous());
  ASSERT_TRUE(*below->previous());
  EXPECT_EQ(below->entry().id, 19u);
  EXPECT_EQ((*cut.cursor("beyond"))->lag, 3u);
  reopen_after_kill();
  cut = open_cut();
  EXPECT_EQ((*cut.cursor("beyond"))->next, 25u) << "no id comes again";
  EXPECT_EQ((*cut.cursor("beyond"))->lag, 3u);
}

// Each append comes before a cut, and is gone, or behind, and is there: nothing that comes behind is missing.
TEST_P(End, AppendsUnderWayComeBeforeOrBehind) {
  auto cut = open_cut({.segment_records_max = 1'000});
  fill_to(cut, 10);
  constexpr std::size_t kAppendsEach = 1'000;  // a cut: its sync may be slow, and the store has its bound
  std::atomic<bool> stops{false};
  std::atomic<std::size_t> cuts_made{0};
  std::vector<std::vector<LogId>> appended(3);
  std::vector<std::thread> writers;
  for (auto& ids : appended)
    writers.emplace_back([&ids, &stops, &cuts_made, cut]() mutable {
      while (!stops.load()) {
        if (ids.size() == kAppendsEach * (cuts_made.load() + 1)) {
          std::this_thread::yield();
          continue;
        }
        const auto id = cut.append("record", kBuffered);
        ASSERT_TRUE(ok(id));
        ids.push_back(*id);
      }
    });
  std::vector<LogCut> cuts;
  for (int i = 0; i < 20; ++i) {
    auto gone = cut.truncate_from(*cut.next_id() - std::min<LogId>(*cut.next_id() - 11, 5));
    ASSERT_TRUE(ok(gone));
    cuts.push_back(*gone);
    ++cuts_made;
  }
  stops = true;
  for (auto& writer : writers) writer.join();
  const auto is_gone = [&](LogId id) {
    return std::any_of(cuts.begin(), cuts.end(), [id](const LogCut& one) { return id >= one.from && id < one.next_id; });
  };
  for (int round = 0; round < 2; ++round) {
    LogId last = 10;
    for (const auto& ids : appended)
      for (const LogId id : ids) {
        const auto read = cut.read(id);
        EXPECT_EQ(read.has_value(), !is_gone(id)) << id;
        last = std::max(last, id);
      }
    EXPECT_TRUE(is_id(last + 1, cut.next_id()));
    reopen_after_kill();
    cut = open_cut();
  }
  expect_no_damage();
}

TEST_P(End, RetentionCountsRecordsAndNotIds) {
  auto cut = open_cut({.retain_records = 1, .keep_records_min = 12});
  close();
  options_.sweep_interval_ms = 0;
  open();
  cut = open_cut();
  fill_to(cut, 30);
  ASSERT_TRUE(ok(cut.truncate_from(21)));
  fill_to(cut, 35);
  ASSERT_TRUE(ok(cut.retain()));
  expect_runs(cut, {{11, 20}, {31, 35}}, 36);
}

}  // namespace
}  // namespace holdfast::log_suites
