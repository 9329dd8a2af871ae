// Checkpoints of a log whose shards lie in several stores.

#include <array>
#include <memory>

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

/// Three stores on the row's medium, and a log of five shards over them.
class CheckpointsOverStores : public ::testing::TestWithParam<BackendRow> {
 protected:
  CheckpointsOverStores() : directory_(GetParam()->root) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
  }

  void SetUp() override { open(); }

  void open() {
    std::vector<Store*> pointers;
    for (std::size_t i = 0; i < stores_.size(); ++i) {
      auto opened = Store::open(directory_.path() / ("store-" + std::to_string(i)), options_);
      ASSERT_TRUE(ok(opened));
      pointers.push_back(&stores_[i].emplace(std::move(*opened)));
    }
    auto log = ShardedLog::open(pointers, "events", {.shards = 5, .log = {.durability = Durability::buffered}});
    ASSERT_TRUE(ok(log));
    log_.emplace(std::move(*log));
  }

  void kill() {
    log_.reset();
    for (auto& store : stores_) store.reset();
  }

  void append(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i, ++appended_)
      ASSERT_TRUE(ok(log_->append(key_of(appended_), "payload " + std::to_string(appended_))));
  }

  const sharded_log_tests::FixedShards fixed_shards_;  // each has some of the keys
  TestDirectory directory_;
  Options options_;
  std::array<std::optional<Store>, 3> stores_;
  std::optional<ShardedLog> log_;
  std::uint64_t appended_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, CheckpointsOverStores, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(CheckpointsOverStores, AreMadePrunedAndForgotten) {
  append(200);
  ASSERT_TRUE(ok(log_->create_checkpoint("a")));
  append(100);
  const auto cut = log_->create_checkpoint("b");
  ASSERT_TRUE(ok(cut));
  append(10);
  const auto pruned = log_->prune_before("b");
  ASSERT_TRUE(ok(pruned));
  EXPECT_EQ(pruned->shards, 5u);
  EXPECT_EQ(pruned->checkpoints, 1u);
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(*log_->shard(i)->first_id(), cut->next[i]);
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"b"}));
  EXPECT_EQ(*log_->keep_checkpoints(0), 1u);
}

TEST_P(CheckpointsOverStores, AreNotRestoredForThatIsNotOneStep) {
  append(10);
  ASSERT_TRUE(ok(log_->create_checkpoint("a")));
  append(10);
  const auto ends = ends_of(*log_);
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, log_->restore("a")));
  EXPECT_EQ(ends_of(*log_), ends);
}

TEST_P(CheckpointsOverStores, AreClonedIntoOne) {
  append(200);
  const auto cut = log_->create_checkpoint("a");
  ASSERT_TRUE(ok(cut));
  append(10);
  const auto clone = log_->clone_at("a", *stores_[1], "clone");
  ASSERT_TRUE(ok(clone));
  EXPECT_EQ(ends_of(*clone), cut->next);
  const auto once_more = ShardedLog::open(*stores_[1], "clone", {.mode = OpenMode::existing});
  EXPECT_TRUE(ok(once_more));
}

TEST_P(CheckpointsOverStores, CostASyncOrFenceAStoreAndOneMore) {
  append(100);
  ASSERT_TRUE(ok(log_->create_checkpoint("takes a segment")));
  const auto waits = [&] {
    std::uint64_t sum = 0;
    for (const auto& store : stores_) {
      const StorageCounters counters = store->info()->counters;
      sum += counters.syncs + counters.fences;
    }
    return sum;
  };
  append(100);
  const std::uint64_t before = waits();
  ASSERT_TRUE(ok(log_->create_checkpoint("a")));
  EXPECT_EQ(waits(), before + 4);
}

/// The same, over restarts.
class CheckpointsOverStoresReopened : public CheckpointsOverStores {};
INSTANTIATE_TEST_SUITE_P(, CheckpointsOverStoresReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(CheckpointsOverStoresReopened, AreWhatTheyWere) {
  append(100);
  const auto a = log_->create_checkpoint("a");
  ASSERT_TRUE(ok(a));
  append(100);
  kill();
  open();
  EXPECT_EQ(ids_of(log_->checkpoints()), (Ids{"a"}));
  EXPECT_EQ(log_->checkpoint("a")->next, a->next);
}

// The power goes off for both stores behind each event of the first one: where the checkpoint is there, so is all
// that is below it in either.
TEST(CheckpointsOverTwoStores, WhosePowerIsCutHaveAllThatIsBelowThem) {
  using namespace holdfast::testing;
  const sharded_log_tests::FixedShards fixed_shards;
  Options options;
  options.segment_size_bytes = 64 << 10;
  options.recovery_threads = 1;
  options.clean_automatically = false;
  const auto make = [] {
    return CrashMedium::create(
        {.model = MediumModel::pages, .size_bytes = 1 << 20, .max_size_bytes = 4 << 20, .keeps_log = true});
  };
  const auto first = make();
  const auto second = make();
  std::vector<std::uint64_t> events_of_second{0};  // by the first one's
  std::uint64_t begin = 0;
  {
    auto a = Store::open(*first->open(), options);
    auto b = Store::open(*second->open(), options);
    ASSERT_TRUE(ok(a) && ok(b));
    std::array<Store*, 2> stores{&*a, &*b};
    auto log = ShardedLog::open(stores, "events", {.shards = 2, .log = {.durability = Durability::buffered}});
    ASSERT_TRUE(ok(log));
    begin = first->event_count();
    events_of_second.resize(begin + 1, second->event_count());
    first->set_observer([&](std::uint64_t count) { events_of_second.resize(count + 1, second->event_count()); });
    for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(ok(log->append(key_of(i), "payload")));
    ASSERT_TRUE(ok(log->create_checkpoint("a")));
    for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(ok(log->append(key_of(i), "payload")));
    first->set_observer({});
    const auto ends = ends_of(*log);
    ASSERT_TRUE(ends[0] > 1 && ends[1] > 1);
  }
  int with = 0;
  int without = 0;
  for_each_crash_image(
      *first, {.set = ImageSet::small, .first_point = begin}, [&](const CrashPoint& point, const CrashImage& image) {
        const std::uint64_t at =
            events_of_second[std::min<std::size_t>(point.event_count, events_of_second.size() - 1)];
        for_each_crash_image(
            *second, {.set = ImageSet::small, .first_point = at, .last_point = at},
            [&](const CrashPoint& other_point, const CrashImage& other) {
              auto a = Store::open(*CrashMedium::from_image(image, first->options())->open(), options);
              auto b = Store::open(*CrashMedium::from_image(other, second->options())->open(), options);
              EXPECT_TRUE(ok(a) && ok(b));
              std::array<Store*, 2> stores{&*a, &*b};
              auto log = ShardedLog::open(stores, "events", {.mode = OpenMode::existing});
              EXPECT_TRUE(ok(log));
              const auto checkpoint = log->checkpoint("a");
              ++(checkpoint ? with : without);
              if (!checkpoint) return true;
              const auto ends = ends_of(*log);
              for (std::uint32_t i = 0; i < 2; ++i) {
                EXPECT_LE(checkpoint->next[i], ends[i]) << point.to_string() << ", " << other_point.to_string();
                EXPECT_EQ(records_below(*log, i, checkpoint->next[i]).size(), checkpoint->next[i] - 1);
              }
              return true;
            });
        return true;
      });
  EXPECT_GT(with, 0);
  EXPECT_GT(without, 0);
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
