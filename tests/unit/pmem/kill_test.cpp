#include <gtest/gtest.h>

#include <fstream>

#include "acts.hpp"
#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

constexpr int kMoreStepsThanAny = 200;

class KillTest : public PmemTest {
 protected:
  /// Whether a killed creation has left a store; checks that it is whole and that the next writing open or
  /// creation leaves nothing else beside it.
  void check_after_killed_create(const std::string& act, std::uint64_t size_bytes, std::size_t pool_count) {
    if (!std::filesystem::exists(store_)) {
      EXPECT_EQ(open_error().code, ErrorCode::not_found);
      ASSERT_EQ(run_act(act, store_, 0), 0);
    }
    const auto storage = open_store();
    ASSERT_NE(storage, nullptr);
    EXPECT_EQ(storage->size_bytes(), size_bytes);
    EXPECT_EQ(text_at(*storage, 0, kGreeting.size()), kGreeting);
    EXPECT_EQ(names().size(), pool_count);
    EXPECT_TRUE(storage->close());
    for (std::uint32_t i = 0; i < pool_count; ++i) EXPECT_TRUE(std::filesystem::remove(pool(i)));
  }

  /// Kills `act` at its first, second, ... step until it has no more; calls `check` after each kill.
  template <class Prepare, class Check>
  int kill_at_each_step(const std::string& act, const Prepare& prepare, const Check& check) {
    for (int step = 1; step < kMoreStepsThanAny; ++step) {
      SCOPED_TRACE("killed at step " + std::to_string(step));
      prepare();
      const int status = run_act(act, store_, step);
      EXPECT_TRUE(status == 0 || status == kKilled) << status;
      check();
      if (status != kKilled || HasFailure()) return step - 1;
    }
    return kMoreStepsThanAny;
  }
};

TEST_F(KillTest, CreateKilledAtAnyStepLeavesAWholeStoreOrNone) {
  const int steps = kill_at_each_step(
      "create", [] {}, [this] { check_after_killed_create("create", 8 * kMiB, 1); });
  EXPECT_GE(steps, 10);
  EXPECT_LT(steps, kMoreStepsThanAny);
}

TEST_F(KillTest, CreateOfThreePoolsKilledAtAnyStepLeavesAWholeStoreOrNone) {
  const int steps = kill_at_each_step(
      "create-three", [] {}, [this] { check_after_killed_create("create-three", 6 * kMiB, 3); });
  EXPECT_GE(steps, 24);
  EXPECT_LT(steps, kMoreStepsThanAny);
}

TEST_F(KillTest, GrowthKilledAtAnyStepLeavesAStoreThatOpensAndGrows) {
  const auto prepare = [this] { ASSERT_NO_FATAL_FAILURE(create_store()); };
  const auto check = [this] {
    {
      // Without a change: what the kill has left must do for a reader.
      const auto reader = open_store(read_only_store());
      ASSERT_NE(reader, nullptr);
      EXPECT_EQ(text_at(*reader, 0, kGreeting.size()), kGreeting);
    }
    auto storage = open_store();
    ASSERT_NE(storage, nullptr);
    const std::uint64_t size_bytes = storage->size_bytes();
    EXPECT_EQ(size_bytes % (8 * kMiB), 0U);
    EXPECT_EQ(names().size(), size_bytes / (8 * kMiB)) << "a leftover";
    EXPECT_EQ(text_at(*storage, 0, kGreeting.size()), kGreeting);
    ASSERT_TRUE(storage->grow(size_bytes + 1));
    ASSERT_TRUE(storage->write(size_bytes, as_bytes(kGreeting)));
    ASSERT_TRUE(storage->close());
    storage = open_store();
    ASSERT_NE(storage, nullptr);
    EXPECT_EQ(text_at(*storage, size_bytes, kGreeting.size()), kGreeting);
    storage.reset();
    for (const std::string& name : names()) std::filesystem::remove(directory_ / name);
  };
  const int steps = kill_at_each_step("grow", prepare, check);
  EXPECT_GE(steps, 22);
  EXPECT_LT(steps, kMoreStepsThanAny);
}

TEST_F(KillTest, WriterKilledWhileOpenLeavesAStoreThatOpensForAll) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  for (int round = 0; round < 3; ++round) ASSERT_EQ(run_act("hold", store_, 0), kKilled);
  {
    const auto reader = open_store(read_only_store());
    ASSERT_NE(reader, nullptr);
    EXPECT_EQ(text_at(*reader, 4096, kGreeting.size()), kGreeting);
  }
  const auto writer = open_store();
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(text_at(*writer, 4096, kGreeting.size()), kGreeting);
}

TEST_F(KillTest, OnlyLeftoversOfOurOwnPatternAreRemoved) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const std::vector<std::string> kept{"store.hf",
                                      "store.hf.1.new-0123",
                                      "store.hf.01.new-0123456789abcdef",
                                      "store.hf.new-0123456789abcdeF",
                                      "store.hf.old",
                                      "other.hf.1.new-0123456789abcdef"};
  for (std::size_t i = 1; i < kept.size(); ++i) std::ofstream(directory_ / kept[i]) << "x";
  for (const char* const name : {"store.hf.new-0123456789abcdef", "store.hf.7.new-0123456789abcdef"}) {
    std::ofstream(directory_ / name) << "x";
  }
  ASSERT_NE(open_store(read_only_store()), nullptr);
  EXPECT_EQ(names().size(), kept.size() + 2) << "a read-only open removes nothing";
  ASSERT_NE(open_store(), nullptr);
  std::vector<std::string> expected = kept;
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(names(), expected);
}

}  // namespace
}  // namespace holdfast::pmem
