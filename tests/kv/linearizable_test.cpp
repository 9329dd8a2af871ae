#include <atomic>
#include <thread>
#include <vector>

#include "kv_suites.hpp"
#include "linearizable_load.hpp"

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, ReadsAndWritesOfEachKeyAreLinearizable) { LinearizableLoad(*store_, *space_).run(); }

// One key for all; a writer that reads its own write may find a later one, but never an earlier one.
TEST_P(Kv, ConditionalWritesOfOneKeyByManyThreadsAreLinearizable) {
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        for (;;) {
          const auto present = space_->get("counter");
          ASSERT_TRUE(ok(present));
          const int value = *present ? std::stoi(**present) : 0;
          std::optional<std::string_view> expected;
          if (*present) expected = **present;
          const auto set = space_->compare_and_set("counter", expected, std::to_string(value + 1), kBuffered);
          ASSERT_TRUE(ok(set));
          if (!*set) continue;
          ++next;
          const auto again = space_->get("counter");
          ASSERT_TRUE(again && *again);
          ASSERT_GE(std::stoi(**again), value + 1);
          break;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(holds(*space_, "counter", std::to_string(next.load())));
  EXPECT_EQ(next.load(), 400);
}

}  // namespace
}  // namespace holdfast::kv_suites
