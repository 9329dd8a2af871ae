// Lies in the ledger that prove themselves: each is told by its own call, and does no harm to what lies beside it.

#include <cstring>
#include <limits>

#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/manifest.hpp"
#include "sharded_log/reshard_record.hpp"
#include "sharded_log/sharded_log_state.hpp"
#include "sharded_log_fixture.hpp"

namespace holdfast::sharded_log_tests {
namespace {

using sharded_log::Manifest;
using sharded_log::MovedCut;
using sharded_log::ReshardPhase;
using sharded_log::ReshardRecord;

/// Puts records into the ledger that nothing but a forger would write.
class ForgedLedger : public ShardedLogTest {
 protected:
  void SetUp() override {
    log_options_.shards = 2;
    open();
    fill(60);
    ASSERT_TRUE(ok(log_->create_checkpoint("older")));
    fill(20);
    ASSERT_TRUE(ok(log_->create_checkpoint("younger")));
    fill(10);
    number_ = sharded_log::state_of(*log_)->number();
  }

  void forge(const std::vector<LedgerChange>& changes) {
    ASSERT_TRUE(ok(sharded_log::state_of(*log_)->ledger().change(changes, Durability::immediate)));
    close();
    open_store();
  }

  [[nodiscard]] LedgerChange checkpoint(std::string name, std::string value) const {
    return {.kind = LedgerKind::checkpoint, .number = number_, .name = std::move(name), .value = std::move(value)};
  }
  [[nodiscard]] LedgerChange checkpoint(std::uint64_t sequence, std::vector<LogId> next) const {
    return checkpoint(sharded_log::encode_sequence(sequence),
                      sharded_log::encode_checkpoint({.id = "forged", .created_us = 1, .next = std::move(next)}));
  }
  [[nodiscard]] static LedgerChange manifest(std::string name, const Manifest& manifest) {
    return {.kind = LedgerKind::sharded_log, .name = std::move(name), .value = sharded_log::encode_manifest(manifest)};
  }
  [[nodiscard]] Manifest present() const { return sharded_log::state_of(*log_)->manifest(); }

  [[nodiscard]] Result<ShardedLog> try_open(std::string_view name = "events") {
    return ShardedLog::open(*store_, name, {.mode = OpenMode::existing, .log = {.durability = Durability::buffered}});
  }

  std::uint64_t number_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, ForgedLedger, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(ForgedLedger, CheckpointsThatNoLogHasKeptAreCorruption) {
  const std::string whole = sharded_log::encode_checkpoint({.id = "forged", .created_us = 1, .next = {2, 2}});
  std::string uncountable = whole;
  const std::uint32_t count = 0xFFFF'FFFF;
  std::memcpy(uncountable.data() + 4, &count, sizeof count);
  const std::vector<LedgerChange> lies{
      checkpoint("", whole),
      checkpoint("seven b", whole),
      checkpoint(std::string(60'000, 'n'), whole),
      checkpoint(sharded_log::encode_sequence(9), ""),
      checkpoint(sharded_log::encode_sequence(9), whole.substr(0, 20)),
      checkpoint(sharded_log::encode_sequence(9), uncountable),
      checkpoint(sharded_log::encode_sequence(9), whole + std::string(kCheckpointIdSizeBytesMax, 'x')),
      checkpoint(9, {45}),
      checkpoint(9, {45, 45, 45}),
      checkpoint(9, std::vector<LogId>(5'000, 1)),
      checkpoint(9, {0, 45}),
      checkpoint(9, {45, 1}),  // below the younger one's
      checkpoint(std::numeric_limits<std::uint64_t>::max(), {45, 45}),
      checkpoint(std::numeric_limits<std::uint64_t>::max() - 1, {45, 45}),
  };
  for (std::size_t i = 0; i < lies.size(); ++i) {
    forge({lies[i]});
    EXPECT_TRUE(fails_with(ErrorCode::corruption, try_open())) << i;
    auto other = log("other", {.shards = 1});
    ASSERT_TRUE(ok(other.append("key", "payload")));
    LedgerChange undone = lies[i];
    undone.value.reset();
    ASSERT_TRUE(ok(sharded_log::state_of(other)->ledger().change({&undone, 1}, Durability::immediate)));
    log_.emplace(log("events"));
    expect_all();
    EXPECT_EQ(log_->checkpoints()->size(), 2u);
  }
}

TEST_P(ForgedLedger, ACheckpointBeyondTheEndIsNotShownAndGoes) {
  forge({checkpoint(9, {std::numeric_limits<LogId>::max(), std::numeric_limits<LogId>::max()})});
  log_.emplace(log("events"));
  EXPECT_EQ(log_->checkpoints()->size(), 2u);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, log_->restore("forged")));
  ASSERT_TRUE(ok(log_->restore("younger")));
}

TEST_P(ForgedLedger, ManifestsOfWhatIsNotThereAreToldByTheirOwnLogAlone) {
  const Manifest good = present();
  const auto with = [&](auto change) {
    Manifest forged = good;
    forged.log_number = 77;
    change(forged);
    return forged;
  };
  const std::string long_name(60'000, 'l');
  forge({manifest("", good), manifest(long_name, good), manifest(std::string(kShardedLogNameSizeBytesMax + 1, 'n'), good),
         manifest("no streams", with([](Manifest&) {})),
         manifest("preparing", with([](Manifest& forged) { forged.phase = sharded_log::LogPhase::preparing; })),
         manifest("removing", with([](Manifest& forged) {
                    forged.phase = sharded_log::LogPhase::removing;
                    forged.shard_count = kLogShardsMax;
                  })),
         manifest("of many stores", with([](Manifest& forged) { forged.store_count = kLogShardsMax; })),
         manifest("of no shards", with([](Manifest& forged) { forged.shard_count = 0; })),
         manifest("of too many shards", with([](Manifest& forged) { forged.shard_count = kLogShardsMax + 1; })),
         manifest("of the last generation", with([](Manifest& forged) { --(forged.generation = 0); }))});
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, try_open("")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, try_open(long_name)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, try_open("no streams")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, try_open("preparing")));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, try_open("removing")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, try_open("of many stores")));
  for (const char* const name : {"of no shards", "of too many shards", "of the last generation"}) {
    EXPECT_TRUE(fails_with(ErrorCode::corruption, try_open(name))) << name;
    static_cast<void>(ShardedLog::remove(*store_, name));
  }
  EXPECT_TRUE(fails_with(ErrorCode::corruption, ShardedLog::list(*store_))) << "it names what it can't know";
  log_.emplace(log("events"));
  expect_all();
}

TEST_P(ForgedLedger, AReshardOfTheLogsOwnShardsDoesNotDropThem) {
  for (const ReshardPhase phase : {ReshardPhase::dropping, ReshardPhase::copying}) {
    ReshardRecord own{.phase = phase, .generation = 1, .shard_count = 2};
    if (phase == ReshardPhase::copying) own.next = {1, 1};
    forge({sharded_log::keep_reshard(number_, own)});
    EXPECT_TRUE(fails_with(ErrorCode::corruption, try_open()));
    auto other = log("other", {.shards = 1});
    const LedgerChange undone{.kind = LedgerKind::reshard, .number = number_};
    ASSERT_TRUE(ok(sharded_log::state_of(other)->ledger().change({&undone, 1}, Durability::immediate)));
    log_.emplace(log("events"));
    expect_all();
  }
}

TEST_P(ForgedLedger, AReshardThatHasCopiedMoreThanThereIsBeginsAnew) {
  constexpr LogId kFar = std::numeric_limits<LogId>::max();
  for (const std::vector<LogId>& next : {std::vector<LogId>{kFar, kFar}, std::vector<LogId>{1, 10'000}}) {
    forge({sharded_log::keep_reshard(number_, {.generation = present().generation + 1,
                                               .shard_count = log_->shard_count() + 1,
                                               .done_records = kFar,
                                               .next = std::vector<LogId>(log_->shard_count(), next.back())})});
    log_.emplace(log("events"));
    ASSERT_TRUE(ok(log_->reshard(log_->shard_count() + 1)));
    expect_all();
    EXPECT_EQ(log_->checkpoints()->size(), 2u);
    ASSERT_TRUE(ok(log_->restore("younger")));
    expected_ = records_of(*log_);
    ASSERT_TRUE(ok(log_->create_checkpoint("younger")));
  }
}

TEST_P(ForgedLedger, AMovedCutThatTheNewShardsDoNotHaveIsCorruption) {
  const auto all = log_->checkpoints();
  ASSERT_TRUE(ok(all));
  const std::vector<LogId> old_next = all->front().next;
  const auto records = sharded_log::state_of(*log_)->ledger().all(LedgerKind::checkpoint, number_);
  ASSERT_TRUE(ok(records));
  const std::string sequence = records->front().name;
  for (const std::vector<LogId>& next : {std::vector<LogId>{9, 9, 9}, {1, 1, std::numeric_limits<LogId>::max()}, {0, 1, 1}}) {
    const MovedCut cut{.old_next = old_next, .next = next};
    forge({sharded_log::keep_reshard(number_, {.generation = 2, .shard_count = 3, .next = {1, 1}}),
           {.kind = LedgerKind::moved_cut, .number = number_, .name = sequence, .value = sharded_log::encode_moved_cut(cut)}});
    log_.emplace(log("events"));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, log_->reshard(3)));
    expect_all();
  }
  ASSERT_TRUE(ok(log_->restore("younger"))) << "which takes away what was copied";
  expected_ = records_of(*log_);
  ASSERT_TRUE(ok(log_->reshard(3)));
  expect_all();
  EXPECT_EQ(log_->checkpoints()->size(), 2u);
}

// The next generation would be 0, which is none.
TEST_P(ForgedLedger, ALogOfTheLastGenerationIsNotResharded) {
  Manifest last = present();
  last.generation = std::numeric_limits<std::uint64_t>::max();
  last.log_number = 77;
  last.shard_count = 1;
  const std::string name = sharded_log::shard_name("last", last.generation, 0);
  {
    auto stream = store_->log(name);
    ASSERT_TRUE(ok(stream));
  }
  forge({manifest("last", last)});
  auto log = try_open("last");
  ASSERT_TRUE(ok(log));
  ASSERT_TRUE(ok(log->append("key", "payload")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, log->reshard(2)));
  EXPECT_TRUE(latest_is(*log, "key", "payload"));
}

}  // namespace
}  // namespace holdfast::sharded_log_tests
