// Values with extents of their own: where they lie, and that their space comes back.

#include "kv_suites.hpp"

#include <filesystem>

#include "kv/kv_space.hpp"

namespace holdfast::kv_suites {
namespace {

constexpr std::size_t kLarge = 1'000'000;

class LargeValues : public KvTest {
 protected:
  [[nodiscard]] std::uint64_t free_bytes() const { return store_->info()->free_bytes; }
  [[nodiscard]] std::uint64_t size_bytes() const { return store_->info()->size_bytes; }
  [[nodiscard]] std::size_t part_count(std::string_view key) const {
    return kv::space_of(*space_).placements(key).size() - 1;  // the record itself
  }

  /// A fresh store that may not grow.
  void make_store_of(std::uint64_t size_bytes) {
    kill();
    std::filesystem::remove(directory_.store());
    options_.size_bytes = options_.max_size_bytes = size_bytes;
    open();
  }
};
INSTANTIATE_TEST_SUITE_P(, LargeValues, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(LargeValues, LieInOneExtentWhereThereIsRoom) {
  put("key", some_value(kLarge));
  EXPECT_EQ(part_count("key"), 1u);
}

TEST_P(LargeValues, LieInSeveralExtentsWhereThereIsNoLongRun) {
  make_store_of(8 * kMiB);
  int count = 0;
  while (space_->put("small " + std::to_string(count), some_value(60'000, static_cast<unsigned>(count))))
    ++count;
  ASSERT_GT(count, 80);
  for (int i = 0; i < count; i += 2) ASSERT_TRUE(says(true, space_->erase("small " + std::to_string(i))));
  ASSERT_TRUE(ok(space_->put("large", some_value(kLarge))));
  EXPECT_GT(part_count("large"), 5u);
  EXPECT_TRUE(holds(*space_, "large", some_value(kLarge)));
  for (int i = 1; i < count; i += 2)
    EXPECT_TRUE(holds(*space_, "small " + std::to_string(i), some_value(60'000, static_cast<unsigned>(i))));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

TEST_P(LargeValues, MayTakeWhatIsFreeAndWhatIsNotGrownYetTogether) {
  kill();
  std::filesystem::remove(directory_.store());
  options_.size_bytes = 8 * kMiB;
  options_.max_size_bytes = 12 * kMiB;
  open();
  // 8 MiB in all, of which 4 lie behind the present end
  ASSERT_TRUE(ok(space_->put("key", some_value(8 * kMiB))));
  EXPECT_TRUE(holds(*space_, "key", some_value(8 * kMiB)));
}

TEST_P(LargeValues, OverwrittenAgainAndAgainFitIntoASmallStore) {
  kill();
  std::filesystem::remove(directory_.store());
  options_.size_bytes = 8 * kMiB;
  options_.max_size_bytes = 64 * kMiB;
  open();
  for (const Durability durability : {Durability::immediate, Durability::buffered, Durability::interval})
    for (unsigned round = 0; round < 70; ++round)
      ASSERT_TRUE(ok(space_->put("key", some_value(4 * kMiB, round), {.durability = durability}))) << round;
  EXPECT_TRUE(holds(*space_, "key", some_value(4 * kMiB, 69)));
}

TEST_P(LargeValues, TheirOldSpaceIsUsedBeforeTheStoreGrows) {
  for (unsigned round = 0; round < 100; ++round)
    ASSERT_TRUE(ok(space_->put("key", some_value(kLarge, round))));
  EXPECT_LE(size_bytes(), 2 * kTestSizeBytes);
}

TEST_P(LargeValues, OverwrittenByBatchesAndConditionalWritesComeBackToo) {
  make_store_of(16 * kMiB);
  Batch batch;
  batch.put(*space_, "key", some_value(4 * kMiB));
  batch.put(*space_, "other", "small");
  for (unsigned round = 0; round < 20; ++round) {
    ASSERT_TRUE(ok(store_->commit(batch))) << round;
    ASSERT_TRUE(says(true, space_->compare_and_set("key", some_value(4 * kMiB), some_value(3 * kMiB))))
        << round;
  }
}

TEST_P(LargeValues, OfErasedKeysComeBack) {
  make_store_of(16 * kMiB);
  for (unsigned round = 0; round < 40; ++round) {
    ASSERT_TRUE(ok(space_->put("key " + std::to_string(round), some_value(5 * kMiB, round)))) << round;
    ASSERT_TRUE(says(true, space_->erase("key " + std::to_string(round))));
  }
}

TEST_P(LargeValues, ThatDidNotFitLeaveNothingBehind) {
  make_store_of(16 * kMiB);
  put("key", "small");
  const std::uint64_t before = free_bytes();
  for (int round = 0; round < 5; ++round) {
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("key", some_value(17 * kMiB))));
    Batch batch;
    batch.put(*space_, "first", some_value(5 * kMiB));
    batch.put(*space_, "second", some_value(17 * kMiB));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, store_->commit(batch)));
  }
  EXPECT_TRUE(holds(*space_, "key", "small"));
  EXPECT_TRUE(ok(space_->put("fits", some_value(before - kMiB))));
}

TEST_P(LargeValues, AreNotFreedWhileAScanMayShowThem) {
  make_store_of(16 * kMiB);
  put("a", some_value(4 * kMiB, 1));
  put("b", some_value(4 * kMiB, 2));
  int visits = 0;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(value, some_value(4 * kMiB, key == "a" ? 1 : 2));
    if (++visits > 1) return true;
    EXPECT_TRUE(ok(space_->put("b", some_value(4 * kMiB, 3))));
    EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->put("c", some_value(6 * kMiB))));
    return true;
  })));
  EXPECT_EQ(visits, 2);
  EXPECT_TRUE(ok(space_->put("c", some_value(6 * kMiB))));  // what the scan held is free
}

class LargeValuesReopened : public LargeValues {};
INSTANTIATE_TEST_SUITE_P(, LargeValuesReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(LargeValuesReopened, ThatWereReplacedAreFreeAfterAKill) {
  put("key", "small");
  kill();
  open();
  const std::uint64_t before = free_bytes() + (kTestMaxSizeBytes - size_bytes());
  for (unsigned round = 0; round < 5; ++round) put("key", some_value(kLarge, round));
  put("key", "small");
  ASSERT_TRUE(ok(store_->sync()));
  kill();
  open();
  EXPECT_GE(free_bytes() + (kTestMaxSizeBytes - size_bytes()) + 3 * 65'536, before);
  EXPECT_EQ(store_->spaces()->front().size_bytes % 65'536, 0u);  // segments of records alone
}

TEST_P(LargeValuesReopened, InSeveralExtentsComeBackWhole) {
  make_store_of(8 * kMiB);
  int count = 0;
  while (space_->put("small " + std::to_string(count), some_value(60'000))) ++count;
  for (int i = 0; i < count; i += 2) ASSERT_TRUE(says(true, space_->erase("small " + std::to_string(i))));
  ASSERT_TRUE(ok(space_->put("large", some_value(kLarge))));
  kill();
  open();
  EXPECT_TRUE(holds(*space_, "large", some_value(kLarge)));
  EXPECT_TRUE(has_size(*space_, static_cast<std::uint64_t>(count / 2 + 1)));
}

}  // namespace
}  // namespace holdfast::kv_suites
