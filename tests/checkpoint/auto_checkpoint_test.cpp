// Checkpoints that a log makes of itself.

#include <atomic>

#include "checkpoint_fixture.hpp"
#include "contract/comes_true.hpp"
#include "sharded_log/auto_checkpoint.hpp"

namespace holdfast::checkpoint_tests {
namespace {

using sharded_log::AutoCheckpointer;

/// Counts how often it is asked, and answers what it is told to.
struct Maker {
  std::atomic<int> calls{0};
  Result<bool> answer = true;

  [[nodiscard]] AutoCheckpointer::Make function() {
    return [this] {
      ++calls;
      return answer;
    };
  }
};

TEST(AutoCheckpointer, IsDueWhenAsManyRecordsOrBytesHaveComeAndNotBefore) {
  for (const bool by_bytes : {false, true}) {
    Maker maker;
    {
      AutoCheckpointer checkpointer(by_bytes ? AutoCheckpoint{.bytes = 10} : AutoCheckpoint{.records = 10},
                                    maker.function());
      const auto appended = [&](std::uint64_t count) {
        by_bytes ? checkpointer.appended(1'000, count) : checkpointer.appended(count, 1'000);
      };
      appended(9);
    }
    EXPECT_EQ(maker.calls.load(), 0);
    AutoCheckpointer checkpointer(by_bytes ? AutoCheckpoint{.bytes = 10} : AutoCheckpoint{.records = 10},
                                  maker.function());
    for (int made = 1; made <= 3; ++made) {
      for (int i = 0; i < 10; ++i) checkpointer.appended(1, 1);
      ASSERT_TRUE(comes_true([&] { return checkpointer.made() == static_cast<std::uint64_t>(made); }));
    }
    EXPECT_EQ(maker.calls.load(), 3);
  }
}

TEST(AutoCheckpointer, IsDueSomeTimeAfterAnAppendAndNotAgainWithoutOne) {
  Maker maker;
  {
    AutoCheckpointer checkpointer({.ms = 1}, maker.function());
    checkpointer.appended(1, 1);
    ASSERT_TRUE(comes_true([&] { return checkpointer.made() == 1; }));
    checkpointer.appended(1, 1);
    ASSERT_TRUE(comes_true([&] { return checkpointer.made() == 2; }));
  }
  EXPECT_EQ(maker.calls.load(), 2);
}

TEST(AutoCheckpointer, TellsWhyTheLastOneFailedAndTriesAgain) {
  Maker maker;
  AutoCheckpointer checkpointer({.records = 1}, maker.function());
  maker.answer = Unexpected(Error{.code = ErrorCode::no_space, .message = "full"});
  checkpointer.appended(1, 1);
  ASSERT_TRUE(comes_true([&] { return checkpointer.error().has_value(); }));
  EXPECT_EQ(checkpointer.error()->code, ErrorCode::no_space);
  EXPECT_EQ(checkpointer.made(), 0u);
  maker.answer = true;
  checkpointer.appended(1, 1);
  ASSERT_TRUE(comes_true([&] { return checkpointer.made() == 1; }));
  ASSERT_TRUE(comes_true([&] { return !checkpointer.error(); }));
}

TEST(AutoCheckpointer, CountsNoneThatThereWasNothingFor) {
  Maker maker{.answer = false};
  AutoCheckpointer checkpointer({.records = 1}, maker.function());
  checkpointer.appended(1, 1);
  ASSERT_TRUE(comes_true([&] { return maker.calls.load() == 1; }));
  EXPECT_EQ(checkpointer.made(), 0u);
  EXPECT_FALSE(checkpointer.error());
}

TEST(AutoCheckpointer, IsOverWhenTheStoreIsClosed) {
  Maker maker;
  {
    AutoCheckpointer checkpointer({.records = 1, .ms = 1}, maker.function());
    maker.answer = Unexpected(Error{.code = ErrorCode::closed, .message = "the store is closed"});
    checkpointer.appended(1, 1);
    ASSERT_TRUE(comes_true([&] { return checkpointer.error().has_value(); }));
    for (int i = 0; i < 100; ++i) checkpointer.appended(1, 1);
  }
  EXPECT_LE(maker.calls.load(), 2) << "the one that was told so, and at most one that was on its way";
}

TEST(AutoCheckpointer, KnowsItsIds) {
  using sharded_log::auto_checkpoint_number;
  EXPECT_EQ(sharded_log::auto_checkpoint_id(17), "auto-17");
  EXPECT_EQ(auto_checkpoint_number("auto-17"), 17u);
  for (const char* other : {"auto-", "auto-017", "auto-1x", "auto-+1", "Auto-1", "", "auto-99999999999999999999",
                            "auto-18446744073709551615", "auto-9223372036854775808"})
    EXPECT_FALSE(auto_checkpoint_number(other)) << other;
}

/// One sharded log that makes checkpoints of itself.
class AutoCheckpoints : public CheckpointTest {
 protected:
  void open_with(const AutoCheckpoint& terms) {
    log_.reset();
    log_options_.auto_checkpoint = terms;
    log_.emplace(log("events", log_options_));
  }

  [[nodiscard]] std::uint64_t made() const { return log_->statistics()->auto_checkpoints; }
};
INSTANTIATE_TEST_SUITE_P(, AutoCheckpoints, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(AutoCheckpoints, ComeByRecords) {
  open_with({.records = 50});
  append(49);
  EXPECT_EQ(made(), 0u);
  append(1);
  ASSERT_TRUE(comes_true([&] { return made() == 1; }));
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"auto-1"}));
  EXPECT_EQ(log_->latest_checkpoint()->next, ends_of(*log_));
  std::vector<ShardedLogDraft> drafts(50, {.key = "k", .payload = "p"});
  ASSERT_TRUE(ok(log_->append_batch(drafts)));
  ASSERT_TRUE(comes_true([&] { return made() == 2; }));
  EXPECT_FALSE(log_->statistics()->auto_checkpoint_error);
}

TEST_P(AutoCheckpoints, ComeByBytes) {
  open_with({.bytes = 10'000});
  ASSERT_TRUE(ok(log_->append("k", std::string(9'998, 'p'))));
  EXPECT_EQ(made(), 0u);
  ASSERT_TRUE(ok(log_->append("k", "")));
  ASSERT_TRUE(comes_true([&] { return made() == 1; }));
}

TEST_P(AutoCheckpoints, ComeByTimeAndOnlyWhereSomethingWasAppended) {
  open_with({.ms = 1});
  for (std::uint64_t round = 1; round <= 5; ++round) {
    append(1);
    const auto ends = ends_of(*log_);
    ASSERT_TRUE(comes_true([&] {
      const auto latest = log_->latest_checkpoint();
      return latest && latest->next == ends;
    }));
  }
  const auto checkpoints = log_->checkpoints();
  for (std::size_t i = 1; i < checkpoints->size(); ++i)
    EXPECT_NE((*checkpoints)[i - 1].next, (*checkpoints)[i].next) << "nothing was appended between";
}

TEST_P(AutoCheckpoints, AreForgottenButForTheYoungestOfThemAlone) {
  create("by hand");
  open_with({.records = 10, .keep = 2});
  for (std::uint64_t round = 1; round <= 5; ++round) {
    append(10);
    ASSERT_TRUE(comes_true([&] { return made() == round; }));
    if (round == 2) create("also by hand");
  }
  ASSERT_TRUE(comes_true([&] { return log_->checkpoints()->size() == 4; }));
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"by hand", "also by hand", "auto-4", "auto-5"}));
}

TEST_P(AutoCheckpoints, EndWithTheLogAndItsStore) {
  open_with({.records = 1, .ms = 1});
  append(200);
  log_.reset();
  open_with({.records = 1, .ms = 1});
  append(200);
  ShardedLog handle = *log_;
  close();
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.append("k", "p")));
}

/// The same, over restarts.
class AutoCheckpointsReopened : public AutoCheckpoints {};
INSTANTIATE_TEST_SUITE_P(, AutoCheckpointsReopened, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(AutoCheckpointsReopened, GoOnWithTheirNumbersAndWithWhatIsNotBelowOneYet) {
  open_with({.records = 10});
  append(10);
  ASSERT_TRUE(comes_true([&] { return made() == 1; }));
  append(7);
  reopen_after_close();
  append(2);
  EXPECT_EQ(made(), 0u);
  append(1);
  ASSERT_TRUE(comes_true([&] { return made() == 1; })) << "seven from before, and three";
  EXPECT_EQ(log_->latest_checkpoint()->id, "auto-2");
  reopen_after_close();
  EXPECT_EQ(made(), 0u) << "nothing was appended";
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
