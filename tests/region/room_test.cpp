// What a store says of the room that is left.

#include <atomic>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

class Room : public RegionTest {
 protected:
  void SetUp() override {
    options_.low_space_bytes = 6 * kMiB;
    options_.on_low_space = [this](std::uint64_t available_bytes) {
      ++told_;
      last_told_ = available_bytes;
      if (store_) {
        EXPECT_TRUE(ok(store_->info())) << "the store can be used there";
      }
    };
    RegionTest::SetUp();
  }

  [[nodiscard]] std::uint64_t available() const { return store_->info()->available_bytes; }

  std::atomic<int> told_{0};
  std::atomic<std::uint64_t> last_told_{0};
};
INSTANTIATE_TEST_SUITE_P(, Room, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(Room, IsWhatIsFreeAndWhatTheStoreMayGrowBy) {
  const StoreInfo info = store_->info().value();
  EXPECT_GE(info.available_bytes, info.free_bytes);
  EXPECT_LE(info.available_bytes, info.free_bytes + (info.max_size_bytes - info.size_bytes));
  const std::uint64_t before = info.available_bytes;
  ASSERT_TRUE(ok(region_->reserve(2 * kMiB)));
  EXPECT_LE(available(), before - 2 * kMiB);
  ASSERT_TRUE(ok(region_->shrink()));
  EXPECT_GE(available() + (64 << 10), before);
}

TEST_P(Room, IsToldOfOnceWhenItBecomesLow) {
  ASSERT_GT(available(), 8 * kMiB);
  EXPECT_EQ(told_, 0);
  while (available() >= 6 * kMiB) ASSERT_TRUE(ok(region_->reserve(owned_bytes(*store_, "region") + (1 << 20))));
  EXPECT_EQ(told_, 1);
  EXPECT_LT(last_told_, 6 * kMiB);
  ASSERT_TRUE(ok(region_->reserve(owned_bytes(*store_, "region") + (256 << 10))));
  EXPECT_EQ(told_, 1) << "it was low already";
}

TEST_P(Room, IsToldOfAgainWhenThereWasEnoughInBetween) {
  ASSERT_TRUE(ok(region_->reserve(available() - 5 * kMiB)));
  EXPECT_EQ(told_, 1);
  ASSERT_TRUE(ok(region_->shrink()));
  Region other = created("other", some_bytes(100'000));
  EXPECT_EQ(told_, 1);
  ASSERT_TRUE(ok(region_->reserve(available() - 5 * kMiB)));
  EXPECT_EQ(told_, 2);
}

TEST_P(Room, ThatIsNotEnoughIsToldOfAsWell) {
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->reserve(available() + kMiB)));
  ASSERT_TRUE(ok(region_->reserve(available() - 2 * kMiB)));
  EXPECT_EQ(told_, 1);
}

}  // namespace
}  // namespace holdfast::region_suites
