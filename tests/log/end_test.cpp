// The end of a stream goes: a gap of ids stays, in which nothing is, and which is no loss.

#include "end_fixture.hpp"

#include "log/log_stream.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(End, GoesAndIdsGoOnBehindAGap) {
  auto cut = open_cut();
  fill_to(cut, 35);
  const auto gone = cut.truncate_from(15);
  ASSERT_TRUE(ok(gone));
  EXPECT_EQ(gone->from, 15u);
  EXPECT_EQ(gone->next_id, 36u);
  EXPECT_EQ(gone->records, 21u);
  EXPECT_EQ(gone->segments, 1u) << "21 to 30; the last one is written to";
  EXPECT_EQ(gone->bytes, kLogSegmentBytesMin);
  EXPECT_EQ(cut.statistics()->cut_records, 21u);
  expect_runs(cut, {{1, 14}}, 36);
  reopen_after_kill();
  cut = open_cut();
  expect_runs(cut, {{1, 14}}, 36);
  expect_no_damage();
  fill_to(cut, 40);
  expect_runs(cut, {{1, 14}, {36, 40}}, 41);
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_close() : reopen_after_kill();
    cut = open_cut();
    expect_runs(cut, {{1, 14}, {36, 40}}, 41);
    expect_no_damage();
  }
}

TEST_P(End, WhatStaysIsDurableAndWhatGoesStaysGoneHoweverItWasWritten) {
  auto cut = open_cut();
  fill_to(cut, 12, Durability::buffered);
  ASSERT_TRUE(ok(cut.truncate_from(8)));
  fill_to(cut, 15, Durability::buffered);
  reopen_after_kill();
  cut = open_cut();
  expect_runs(cut, {{1, 7}, {13, 15}}, 16);
}

TEST_P(End, OfNothingAndOfEverything) {
  auto cut = open_cut();
  const auto empty = cut.truncate_from(1);
  ASSERT_TRUE(ok(empty));
  EXPECT_EQ(empty->records, 0u);
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, cut.truncate_from(2)));
  fill_to(cut, 25);
  const auto nothing = cut.truncate_from(26);
  ASSERT_TRUE(ok(nothing));
  EXPECT_EQ(nothing->from, nothing->next_id);
  EXPECT_EQ(nothing->records, 0u);
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, cut.truncate_from(27)));
  expect_runs(cut, {{1, 25}}, 26);
  const auto all = cut.truncate_from(0);
  ASSERT_TRUE(ok(all));
  EXPECT_EQ(all->from, 1u);
  EXPECT_EQ(all->records, 25u);
  expect_runs(cut, {}, 26);
  reopen_after_close();
  cut = open_cut();
  expect_runs(cut, {}, 26);
  fill_to(cut, 27);
  reopen_after_kill();
  cut = open_cut();
  expect_runs(cut, {{26, 27}}, 28);
}

TEST_P(End, SeveralGapsAndOneThatSwallowsThem) {
  auto cut = open_cut();
  fill_to(cut, 20);
  ASSERT_TRUE(ok(cut.truncate_from(18)));
  fill_to(cut, 30);
  ASSERT_TRUE(ok(cut.truncate_from(29)));
  fill_to(cut, 40);
  ASSERT_TRUE(ok(cut.truncate_from(41)));
  expect_runs(cut, {{1, 17}, {21, 28}, {31, 40}}, 41);
  reopen_after_kill();
  cut = open_cut();
  expect_runs(cut, {{1, 17}, {21, 28}, {31, 40}}, 41);
  const auto through = cut.truncate_from(25);
  ASSERT_TRUE(ok(through));
  EXPECT_EQ(through->records, 14u) << "of 25 to 28 and 31 to 40";
  expect_runs(cut, {{1, 17}, {21, 24}}, 41);
  const auto within = cut.truncate_from(19);
  ASSERT_TRUE(ok(within));
  EXPECT_EQ(within->records, 4u);
  expect_runs(cut, {{1, 17}}, 41);
  reopen_after_close();
  cut = open_cut();
  expect_runs(cut, {{1, 17}}, 41);
  expect_no_damage();
}

TEST_P(End, TheBeginPassesGaps) {
  auto cut = open_cut();
  fill_to(cut, 30);
  ASSERT_TRUE(ok(cut.truncate_from(12)));
  fill_to(cut, 50);
  const auto truncation = cut.truncate_before(20);
  ASSERT_TRUE(ok(truncation));
  EXPECT_EQ(truncation->first_id, 31u) << "20 lies in the gap";
  expect_runs(cut, {{31, 50}}, 51);
  for (int round = 0; round < 2; ++round) {
    reopen_after_kill();
    cut = open_cut();
    expect_runs(cut, {{31, 50}}, 51);
  }
  ASSERT_TRUE(ok(cut.truncate_before(40)));
  ASSERT_TRUE(ok(cut.truncate_from(45)));
  reopen_after_close();
  cut = open_cut();
  expect_runs(cut, {{40, 44}}, 51);
  expect_no_damage();
}

TEST_P(End, OfSeveralStreamsGoesTogether) {
  auto first = open_cut({}, "first");
  auto second = open_cut({}, "second");
  auto third = open_cut({}, "third");
  fill_to(first, 12);
  fill_to(second, 25, Durability::buffered);
  fill_to(third, 5);
  const std::vector<log::StreamEnd> ends{
      {&log::stream_of(second), 7}, {&log::stream_of(first), 12}, {&log::stream_of(third), 6}};
  const auto cuts = log::LogStream::cut_ends(ends);
  ASSERT_TRUE(ok(cuts));
  ASSERT_EQ(cuts->size(), 3u);
  EXPECT_EQ((*cuts)[0].records, 19u);
  EXPECT_EQ((*cuts)[1].records, 1u);
  EXPECT_EQ((*cuts)[2].records, 0u);
  const std::vector<log::StreamEnd> impossible{{&log::stream_of(first), 3}, {&log::stream_of(third), 7}};
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, log::LogStream::cut_ends(impossible)));
  for (int round = 0; round < 2; ++round) {
    expect_runs(open_cut({}, "first"), {{1, 11}}, 13);
    expect_runs(open_cut({}, "second"), {{1, 6}}, 26);
    expect_runs(open_cut({}, "third"), {{1, 5}}, 6);
    reopen_after_kill();
  }
}

TEST_P(End, IsRefusedByClosedAndReadOnlyStores) {
  auto cut = open_cut();
  fill_to(cut, 3);
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, cut.truncate_from(2)));
  options_.mode = OpenMode::read_only;
  store_.reset();
  auto opened = Store::open(directory_.store(), options_);
  ASSERT_TRUE(ok(opened));
  auto read_only = opened->log("cut");
  ASSERT_TRUE(ok(read_only));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, read_only->truncate_from(2)));
  EXPECT_TRUE(holds(*read_only, 3, "record 3"));
}

TEST_P(End, OfADroppedStreamIsNotFound) {
  auto cut = open_cut();
  fill_to(cut, 3);
  ASSERT_TRUE(ok(store_->drop_log("cut")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, cut.truncate_from(2)));
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(, End, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

}  // namespace holdfast::log_suites
