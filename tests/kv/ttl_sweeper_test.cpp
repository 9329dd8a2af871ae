// Expired keys are erased by and by: no newer value with them, and never in the way of closing.

#include <atomic>
#include <thread>
#include <vector>

#include "kv/kv_space.hpp"
#include "kv_suites.hpp"
#include "ttl_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class KvSweeper : public TtlTest {
 protected:
  [[nodiscard]] kv::KvSpace& swept_space() { return kv::space_of(*space_); }

  /// Until the thread has done so much; a test that waits in vain is ended by its time limit.
  void wait_for_swept(std::uint64_t count) {
    while (swept_space().swept() < count) std::this_thread::yield();
  }
};
INSTANTIATE_TEST_SUITE_P(, KvSweeper, ::testing::ValuesIn(all_backends()), row_name);

class KvSweeperReopen : public KvSweeper {};
INSTANTIATE_TEST_SUITE_P(, KvSweeperReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(KvSweeper, ErasesWhatHasExpiredAndNothingElse) {
  put_for("small", "1", 10);
  put_for("large", some_value(200'000, 1), 10);
  put_for("later", "2", 1'000);
  put("stays", "3");
  put_for("replaced", "4", 10);
  put("replaced", "5");
  put_for("longer", "6", 10);
  EXPECT_TRUE(says(true, space_->set_ttl("longer", 1'000)));
  swept_space().sweep();
  EXPECT_EQ(swept_space().swept(), 0u);
  clock_.advance_ms(10);
  swept_space().sweep();
  EXPECT_EQ(swept_space().swept(), 2u);
  expect_gone("small");
  expect_gone("large");
  EXPECT_TRUE(swept_space().placements("large").empty());
  EXPECT_EQ(scanned(), (std::map<std::string, std::string>{
                           {"later", "2"}, {"stays", "3"}, {"replaced", "5"}, {"longer", "6"}}));
  EXPECT_TRUE(has_size(*space_, 4));
  swept_space().sweep();
  EXPECT_EQ(swept_space().swept(), 2u);
}

TEST_P(KvSweeper, AKeyPutAnewBehindItsTimeIsLeftAlone) {
  put_for("key", "1", 10);
  clock_.advance_ms(10);
  put_for("key", "2", 10);
  swept_space().sweep();
  EXPECT_EQ(swept_space().swept(), 0u);
  EXPECT_TRUE(holds(*space_, "key", "2"));
}

TEST_P(KvSweeper, MoreThanOneTurnAreSwept) {
  constexpr std::uint64_t kCount = 5'000;
  for (std::uint64_t i = 0; i < kCount; ++i) put_for(std::to_string(i), "1", 10);
  clock_.advance_ms(10);
  EXPECT_TRUE(has_size(*space_, 0));
  swept_space().sweep();
  EXPECT_LT(swept_space().swept(), kCount);
  EXPECT_TRUE(has_size(*space_, 0));
  swept_space().sweep();
  EXPECT_EQ(swept_space().swept(), kCount);
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvSweeper, TheThreadSweepsByItself) {
  options_.sweep_interval_ms = 1;
  space_.reset();
  store_.reset();
  open();
  for (int i = 0; i < 50; ++i) put_for(std::to_string(i), "1", 10);
  put_for("later", "2", 1'000);
  clock_.advance_ms(10);
  wait_for_swept(50);
  EXPECT_TRUE(has_size(*space_, 1));
  clock_.advance_ms(1'000);
  wait_for_swept(51);
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvSweeper, SizeIsExactWhileTheThreadIsAtWork) {
  options_.sweep_interval_ms = 1;
  space_.reset();
  store_.reset();
  open();
  for (std::uint64_t i = 0; i < 2'000; ++i) put_for(std::to_string(i), "1", i % 2 == 0 ? 10 : 100'000);
  clock_.advance_ms(10);
  for (int looks = 0; looks < 10'000 && swept_space().swept() < 1'000; ++looks)
    ASSERT_TRUE(has_size(*space_, 1'000));
  wait_for_swept(1'000);
  EXPECT_TRUE(has_size(*space_, 1'000));
}

TEST_P(KvSweeper, WritersOfTheSameKeysLoseNothing) {
  options_.sweep_interval_ms = 1;
  space_.reset();
  store_.reset();
  open();
  for (int round = 0; round < 300; ++round) {
    const std::string value = std::to_string(round);
    for (const char* const key : {"a", "b", "c"}) put_for(key, "old", 1);
    clock_.advance_ms(1);
    for (const char* const key : {"a", "b", "c"}) put(key, value);
    for (const char* const key : {"a", "b", "c"}) ASSERT_TRUE(holds(*space_, key, value));
  }
  EXPECT_TRUE(has_size(*space_, 3));
}

// A reader who misses a version that was acknowledged before it looked is never shown that one again.
TEST_P(KvSweeper, NobodyIsShownAgainWhatHasExpiredBesideWritersAndTheThread) {
  constexpr int kWrites = 1'500;
  options_.sweep_interval_ms = 1;
  space_.reset();
  store_.reset();
  open();
  std::atomic<int> acknowledged{0};
  std::atomic<int> missed{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  others.emplace_back([&] {
    for (; !stop; std::this_thread::yield()) clock_.advance_ms(1);
  });
  for (int reader = 0; reader < 2; ++reader)
    others.emplace_back([&] {
      for (int gone = 0; !stop;) {
        const int before = acknowledged;
        const auto value = space_->get("key");
        ASSERT_TRUE(ok(value));
        if (*value) {
          ASSERT_GT(std::stoi(**value), gone);
        } else if (before > gone) {
          gone = before;
          ++missed;
        }
      }
    });
  for (int version = 1; version <= kWrites || missed < 20; ++version) {
    put_for("key", std::to_string(version), 1 + static_cast<unsigned>(version) % 3);
    acknowledged = version;
    if (version % 5 == 0) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& other : others) other.join();
  clock_.advance_ms(10);
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvSweeper, IsNoObstacleToClosing) {
  options_.sweep_interval_ms = 1;
  for (int round = 0; round < 5; ++round) {
    space_.reset();
    store_.reset();
    open();
    for (int i = 0; i < 500; ++i) put_for(std::to_string(i), "1", 1);
    clock_.advance_ms(1);
    if (round % 2 == 0) {
      EXPECT_TRUE(ok(store_->close()));
    }
  }
}

TEST_P(KvSweeperReopen, GoesOnBehindTheNextOpen) {
  for (int i = 0; i < 20; ++i) put_for(std::to_string(i), some_value(i % 2 == 0 ? 10 : 100'000, 1), 10);
  put("stays", "1");
  close();
  clock_.advance_ms(10);
  options_.sweep_interval_ms = 1;
  open();
  wait_for_swept(20);
  EXPECT_TRUE(has_size(*space_, 1));
  close();
  options_.sweep_interval_ms = 0;
  clock_.set_back_ms(10);
  open();
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

}  // namespace
}  // namespace holdfast::kv_suites
