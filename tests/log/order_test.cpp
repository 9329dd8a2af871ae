// Many threads on one stream: every id once, nothing lost, each thread's order kept, and nobody sees a gap.

#include "log_suites.hpp"

#include <atomic>
#include <set>
#include <thread>

namespace holdfast::log_suites {
namespace {

constexpr std::size_t kThreads = 10;
constexpr std::size_t kAppends = 1'000;

std::string payload_of(std::size_t thread, std::size_t number) {
  return std::to_string(thread) + " " + std::to_string(number);
}

class LogOrder : public LogTest {
 protected:
  /// Ten threads append a thousand records each; the ids that each was told.
  std::vector<std::vector<LogId>> append_from_all(
      const std::function<Durability(std::size_t)>& durability_of) {
    std::vector<std::vector<LogId>> ids(kThreads);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < kAppends; ++i) {
          const auto id = stream_->append(payload_of(thread, i), {.durability = durability_of(i)});
          ASSERT_TRUE(ok(id));
          ids[thread].push_back(*id);
          // readable at once, and so is what lies below
          EXPECT_TRUE(holds(*stream_, *id, payload_of(thread, i)));
          EXPECT_TRUE(ok(stream_->read(1 + *id / 2)));
        }
      });
    for (std::thread& thread : threads) thread.join();
    return ids;
  }

  void expect_order(const std::vector<std::vector<LogId>>& ids) {
    std::set<LogId> all;
    for (const auto& own : ids) {
      EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
      all.insert(own.begin(), own.end());
    }
    ASSERT_EQ(all.size(), kThreads * kAppends);
    EXPECT_EQ(*all.begin(), 1u);
    EXPECT_EQ(*all.rbegin(), kThreads * kAppends);
    EXPECT_TRUE(is_id(kThreads * kAppends + 1, stream_->next_id()));
    for (std::size_t thread = 0; thread < kThreads; ++thread)
      for (std::size_t i = 0; i < kAppends; ++i)
        ASSERT_TRUE(holds(*stream_, ids[thread][i], payload_of(thread, i)));
  }
};
INSTANTIATE_TEST_SUITE_P(, LogOrder, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(LogOrder, OfBufferedAppendsIsThatOfTheirIds) {
  expect_order(append_from_all([](std::size_t) { return Durability::buffered; }));
}

TEST_P(LogOrder, OfMixedLevelsIsThatOfTheirIds) {
  const auto ids = append_from_all(
      [](std::size_t i) { return i % 16 == 0 ? Durability::immediate : Durability::buffered; });
  expect_order(ids);
  if (!GetParam()->capabilities.has_path) return;
  kill();
  open();
  expect_order(ids);
}

TEST_P(LogOrder, ReadersSeeAStreamThatOnlyGrows) {
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader)
    readers.emplace_back([&] {
      LogId seen = 1;
      while (!done) {
        const auto next = stream_->next_id();
        ASSERT_TRUE(ok(next));
        ASSERT_GE(*next, seen);
        for (LogId id = seen; id < *next; ++id) ASSERT_TRUE(ok(stream_->read(id))) << id;
        seen = *next;
      }
    });
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer)
    writers.emplace_back([&] {
      for (int i = 0; i < 2'000; ++i) ASSERT_TRUE(ok(stream_->append("payload", kBuffered)));
    });
  for (std::thread& writer : writers) writer.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(is_id(6'001, stream_->next_id()));
}

}  // namespace
}  // namespace holdfast::log_suites
