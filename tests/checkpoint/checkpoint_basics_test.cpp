// Checkpoints made, found, listed and forgotten; over restarts; what they cost.

#include <memory>

#include "checkpoint_fixture.hpp"
#include "counting_storage.hpp"

namespace holdfast::checkpoint_tests {
namespace {

const std::string kLongestId(kCheckpointIdSizeBytesMax, 'i');

TEST_P(Checkpoints, HaveWhatWasAppendedBeforeAndNothingBehind) {
  append(100);
  const auto ends = ends_of(*log_);
  const Checkpoint made = create("a");
  EXPECT_EQ(made.next, ends);
  EXPECT_GT(made.created_us, 0u);
  append(100);
  EXPECT_NE(ends_of(*log_), ends);
  const auto found = log_->checkpoint("a");
  ASSERT_TRUE(ok(found));
  EXPECT_EQ(found->id, "a");
  EXPECT_EQ(found->next, ends);
  EXPECT_EQ(found->created_us, made.created_us);
  std::size_t below = 0;
  for (std::uint32_t i = 0; i < log_->shard_count(); ++i) below += records_below(*log_, i, found->next[i]).size();
  EXPECT_EQ(below, 100u);
}

TEST_P(Checkpoints, OfAnEmptyLogAreBeforeItsFirstRecords) { EXPECT_EQ(create("empty").next, std::vector<LogId>(4, 1)); }

TEST_P(Checkpoints, TakeIdsOfAnyBytesUpToTheirBound) {
  const std::string binary("\0\xFF\n", 3);
  for (const std::string& id : {std::string("x"), binary, kLongestId}) {
    append(3);
    const Checkpoint made = create(id);
    const auto found = log_->checkpoint(id);
    ASSERT_TRUE(ok(found));
    EXPECT_EQ(found->id, id);
    EXPECT_EQ(found->next, made.next);
  }
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"x", binary, kLongestId}));
}

TEST_P(Checkpoints, RefuseIdsThatAreNone) {
  for (const std::string& id : {std::string(), kLongestId + "i"}) {
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->create_checkpoint(id)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->checkpoint(id)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->prune_before(id)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->restore(id)));
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, log_->clone_at(id, *store_, "clone")));
  }
  EXPECT_TRUE(ids_of(log_->checkpoints()).empty());
}

TEST_P(Checkpoints, ThatAreNotThereAreNotFound) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->latest_checkpoint()));
  create("there");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->checkpoint("ther")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->prune_before("ther")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->restore("ther")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->clone_at("ther", *store_, "clone")));
}

TEST_P(Checkpoints, OfOneIdAreReplacedAndCountAsYoung) {
  create("a");
  append(10);
  create("b");
  append(10);
  const Checkpoint again = create("a");
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"b", "a"}));
  EXPECT_EQ(log_->checkpoint("a")->next, again.next);
  EXPECT_EQ(log_->latest_checkpoint()->id, "a");
  EXPECT_EQ(log_->statistics()->checkpoints, 2u);
}

TEST_P(Checkpoints, AreForgottenButForTheYoungest) {
  for (int i = 0; i < 6; ++i) create("c" + std::to_string(i));
  EXPECT_EQ(*log_->keep_checkpoints(10), 0u);
  EXPECT_EQ(*log_->keep_checkpoints(4), 2u);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"c2", "c3", "c4", "c5"}));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->checkpoint("c1")));
  create("c1");
  EXPECT_EQ(*log_->keep_checkpoints(1), 4u);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"c1"}));
  EXPECT_EQ(*log_->keep_checkpoints(0), 1u);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->latest_checkpoint()));
  EXPECT_EQ(*log_->keep_checkpoints(0), 0u);
}

TEST_P(Checkpoints, BelongToTheirLogAlone) {
  ShardedLog other = log("other", {.shards = 2});
  create("a");
  EXPECT_TRUE(fails_with(ErrorCode::not_found, other.checkpoint("a")));
  ASSERT_TRUE(ok(other.create_checkpoint("a")));
  EXPECT_EQ(other.checkpoint("a")->next.size(), 2u);
  EXPECT_EQ(*other.keep_checkpoints(0), 1u);
  EXPECT_EQ(log_->checkpoint("a")->next.size(), 4u);
}

TEST_P(Checkpoints, AnswerClosedWhenTheStoreIs) {
  create("a");
  ShardedLog handle = *log_;
  close();
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.create_checkpoint("b")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.checkpoint("a")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.latest_checkpoint()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.checkpoints()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.keep_checkpoints(0)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.prune_before("a")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, handle.restore("a")));
}

TEST_P(CheckpointsReopened, AreWhatTheyWere) {
  append(50);
  create("gone");
  create("a");
  append(50);
  create(kLongestId);
  append(50);
  create("a");
  ASSERT_TRUE(ok(log_->keep_checkpoints(2)));
  const auto before = log_->checkpoints();
  for (int round = 0; round < 3; ++round) {
    round == 1 ? reopen_after_close() : reopen_after_kill();
    const auto checkpoints = log_->checkpoints();
    ASSERT_EQ(ids_of(checkpoints), (Ids{kLongestId, "a"}));
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ((*checkpoints)[i].next, (*before)[i].next);
      EXPECT_EQ((*checkpoints)[i].created_us, (*before)[i].created_us);
    }
    EXPECT_EQ(log_->latest_checkpoint()->id, "a");
  }
  EXPECT_EQ(*log_->keep_checkpoints(0), 2u);
  reopen_after_kill();
  EXPECT_TRUE(ids_of(log_->checkpoints()).empty());
  create("anew");
  reopen_after_kill();
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"anew"}));
}

TEST_P(CheckpointsReopened, ThatWereReplacedDoNotComeBackWithTheOneThatReplacedThemGone) {
  create("a");
  append(10);
  create("a");
  ASSERT_EQ(*log_->keep_checkpoints(0), 1u);
  reopen_after_kill();
  EXPECT_TRUE(ids_of(log_->checkpoints()).empty());
}

TEST_P(CheckpointsReopened, AreShownByAStoreThatIsOnlyRead) {
  append(20);
  const Checkpoint made = create("a");
  kill();
  options_.mode = OpenMode::read_only;
  auto opened = Store::open(directory_.store(), options_);
  ASSERT_TRUE(ok(opened));
  auto log = ShardedLog::open(*opened, "events", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(log));
  EXPECT_EQ(log->latest_checkpoint()->next, made.next);
  EXPECT_TRUE(fails_with(ErrorCode::read_only, log->create_checkpoint("b")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, log->keep_checkpoints(0)));
  EXPECT_EQ(ids_of(log->checkpoints()), (Ids{"a"}));
}

/// What calls cost on the row's medium.
class CheckpointCosts : public ::testing::TestWithParam<BackendRow> {
 protected:
  CheckpointCosts() : directory_(GetParam()->root) {
    auto storage = GetParam()->open_fresh(directory_.store());
    EXPECT_TRUE(ok(storage));
    auto counting = std::make_unique<CountingStorage>(std::move(*storage));
    reads_ = counting->reads();
    auto store = Store::open(std::move(counting), {});
    EXPECT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    auto log = ShardedLog::open(*store_, "events", {.shards = 8, .log = {.durability = Durability::buffered}});
    EXPECT_TRUE(ok(log));
    log_.emplace(std::move(*log));
  }

  /// Syncs and fences so far: what waits for the medium.
  [[nodiscard]] std::uint64_t waits() const {
    const StorageCounters counters = store_->info()->counters;
    return counters.syncs + counters.fences;
  }

  TestDirectory directory_;
  std::shared_ptr<const std::atomic<std::uint64_t>> reads_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
};
INSTANTIATE_TEST_SUITE_P(, CheckpointCosts, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(CheckpointCosts, OneSyncOrFenceWhateverIsBelowTheCut) {
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(ok(log_->append(key_of(static_cast<std::uint64_t>(i)), "first")));
  ASSERT_TRUE(ok(log_->create_checkpoint("takes a segment")));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 64; ++i) ASSERT_TRUE(ok(log_->append(key_of(static_cast<std::uint64_t>(i)), "some bytes")));
    const std::uint64_t before = waits();
    ASSERT_TRUE(ok(log_->create_checkpoint("c" + std::to_string(round % 3))));
    EXPECT_EQ(waits(), before + 1);
  }
}

TEST_P(CheckpointCosts, LookingForOneReadsNothingOfTheMediumHoweverManyThereAre) {
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(ok(log_->create_checkpoint("c" + std::to_string(i))));
  const std::uint64_t before = reads_->load();
  for (const int i : {0, 250, 499}) EXPECT_TRUE(ok(log_->checkpoint("c" + std::to_string(i))));
  EXPECT_TRUE(ok(log_->latest_checkpoint()));
  EXPECT_EQ(log_->checkpoints()->size(), 500u);
  EXPECT_EQ(reads_->load(), before);
  ASSERT_TRUE(ok(log_->append("a", "b", {.durability = Durability::immediate})));
  ASSERT_TRUE(ok(log_->latest("a")));
  EXPECT_GT(reads_->load(), before) << "reads are counted";
}

TEST_P(CheckpointCosts, ForgettingManyIsOneSyncOrFence) {
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(ok(log_->create_checkpoint("c" + std::to_string(i))));
  const std::uint64_t before = waits();
  EXPECT_EQ(*log_->keep_checkpoints(10), 30u);
  EXPECT_EQ(waits(), before + 1);
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
