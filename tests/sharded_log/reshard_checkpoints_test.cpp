// Checkpoints keep what is below them through a reshard.

#include <holdfast/log_reader.hpp>

#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

/// The records below a checkpoint, by key.
ByKey records_below(const ShardedLog& log, std::string_view id) {
  const auto checkpoint = log.checkpoint(id);
  EXPECT_TRUE(ok(checkpoint));
  EXPECT_EQ(checkpoint->next.size(), log.shard_count());
  ByKey records;
  for (std::uint32_t index = 0; index < log.shard_count(); ++index) {
    const auto shard = *log.shard(index);
    const auto scanned = shard.scan(*shard.first_id(), [&](const LogEntryView& entry) {
      if (entry.id >= checkpoint->next[index]) return false;
      records[std::string(*entry.key)].push_back(
          {std::string(entry.payload), entry.timestamp_us, entry.erases_key});
      return true;
    });
    EXPECT_TRUE(ok(scanned));
  }
  return records;
}

class ReshardWithCheckpoints : public ShardedLogTest {
 protected:
  void checkpoint(const std::string& id) {
    const auto made = log_->create_checkpoint(id);
    ASSERT_TRUE(ok(made));
    below_[id] = expected_;
    created_us_[id] = made->created_us;
  }

  void expect_checkpoints(const std::vector<std::string>& ids) const {
    const auto all = log_->checkpoints();
    ASSERT_TRUE(ok(all));
    std::vector<std::string> found;
    for (const Checkpoint& one : *all) found.push_back(one.id);
    EXPECT_EQ(found, ids);
    for (const std::string& id : ids) {
      EXPECT_EQ(records_below(*log_, id), below_.at(id)) << id;
      EXPECT_EQ(log_->checkpoint(id)->created_us, created_us_.at(id)) << id;
    }
  }

  std::map<std::string, ByKey> below_;
  std::map<std::string, std::uint64_t> created_us_;
};
INSTANTIATE_TEST_SUITE_P(, ReshardWithCheckpoints, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(ReshardWithCheckpoints, EachCutHasItsLikeInTheNewShards) {
  checkpoint("empty");
  fill(100);
  checkpoint("one");
  checkpoint("again");  // the same cut
  fill(250);
  checkpoint("two");
  fill(50);
  for (const std::uint32_t count : {7u, 2u, 5u}) {
    ASSERT_TRUE(ok(log_->reshard(count)));
    expect_checkpoints({"empty", "one", "again", "two"});
    expect_all();
  }
  fill(20);
  checkpoint("three");
  expect_checkpoints({"empty", "one", "again", "two", "three"});
}

TEST_P(ReshardWithCheckpoints, OneThatIsMadeMeanwhileIsKept) {
  fill(200);
  checkpoint("before");
  fill(200);
  int calls = 0;
  ASSERT_TRUE(ok(log_->reshard(3, [&](const ReshardProgress&) {
    if (++calls > 3) return;
    fill(30);
    checkpoint("meanwhile " + std::to_string(calls));
    fill(10);
  })));
  ASSERT_GE(calls, 3);
  expect_checkpoints({"before", "meanwhile 1", "meanwhile 2", "meanwhile 3"});
  expect_all();
}

TEST_P(ReshardWithCheckpoints, OneThatIsReplacedOrForgottenMeanwhileIsNotKept) {
  fill(200);
  checkpoint("replaced");
  fill(200);
  bool is_done = false;
  ASSERT_TRUE(ok(log_->reshard(3, [&](const ReshardProgress&) {
    if (is_done) return;
    is_done = true;
    fill(30);
    checkpoint("kept");
    checkpoint("replaced");
    ASSERT_TRUE(ok(log_->keep_checkpoints(1)));
  })));
  expect_checkpoints({"replaced"});
  expect_all();
}

TEST_P(ReshardWithCheckpoints, PruningBeginsAnInterruptedReshardAnew) {
  fill(200);
  checkpoint("cut");
  fill(200);
  {
    std::optional<LogReader> reader;
    EXPECT_TRUE(fails_with(ErrorCode::busy, log_->reshard(3, [&](const ReshardProgress&) {
      if (!reader) reader.emplace(*log_->shard(1)->reader(*log_->shard(1)->next_id()));
      EXPECT_TRUE(fails_with(ErrorCode::busy, log_->prune_before("cut")));
    })));
  }
  ASSERT_TRUE(ok(log_->prune_before("cut")));
  ASSERT_TRUE(ok(log_->reshard(3)));
  ByKey behind;
  for (const auto& [key, records] : expected_) {
    const auto gone = static_cast<std::ptrdiff_t>(below_.at("cut").contains(key) ? below_.at("cut").at(key).size() : 0);
    behind[key] = {records.begin() + gone, records.end()};
  }
  EXPECT_EQ(records_of(*log_), behind) << "what was pruned has not come back";
}

TEST_P(ReshardWithCheckpoints, ThereAreMoreThanABatchHolds) {
  for (int i = 0; i < 3; ++i) {
    std::vector<std::string> keys;
    for (std::uint64_t number = 0; number < 3'000; ++number) keys.push_back(key_of(number % 100));
    std::vector<ShardedLogDraft> drafts;
    for (const std::string& key : keys) {
      drafts.push_back({.key = key, .payload = "in a batch", .timestamp_us = ++time_us_});
      expected_[key].push_back({"in a batch", time_us_});
    }
    ASSERT_TRUE(ok(log_->append_atomic(drafts)));
    checkpoint("after " + std::to_string(i));
  }
  ASSERT_TRUE(ok(log_->reshard(7)));
  expect_checkpoints({"after 0", "after 1", "after 2"});
  expect_all();
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
