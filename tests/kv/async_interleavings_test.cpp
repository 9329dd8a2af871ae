// Asynchronous writes of keys while they wait for a leader that stands in its commit; and, where each writer writes for
// itself, while the caller stands in its own.

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "gated_kv_fixture.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

/// A medium on which one leader writes for all.
class AsyncInterleavings : public GatedKvTest {
 protected:
  /// Opens the store again, for options of its own.
  void reopen(Options options) {
    store_.reset();
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    options.segment_size_bytes = 64 << 10;
    auto opened = Store::open(std::make_unique<GatedStorage>(std::move(*storage)), options);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto space = store_->kv("space");
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
    put("first", "takes a segment");
  }

  /// A leader that stands in its commit until it is told to finish; meanwhile all other writes queue.
  [[nodiscard]] std::unique_ptr<StoppedThread> stopped_leader() {
    auto leader = std::make_unique<StoppedThread>(GatedCall::commit, 1, [&] { put("leader", "value"); });
    EXPECT_TRUE(leader->is_stopped());
    return leader;
  }

  [[nodiscard]] Ticket put_async(std::string_view key, std::string_view value) {
    auto ticket = space_->put_async(key, value);
    if (!ticket) throw std::runtime_error(ticket.error().to_string());  // ends the test
    return std::move(*ticket);
  }
};
INSTANTIATE_TEST_SUITE_P(, AsyncInterleavings, ::testing::Values(MediumModel::pages), model_name);

TEST_P(AsyncInterleavings, AnOpenPutIsNotReadable) {
  put("key", "old");
  const auto leader = stopped_leader();
  const Ticket ticket = put_async("key", "new");
  EXPECT_FALSE(ticket.poll().has_value());
  EXPECT_FALSE(ticket.wait_for(1ms).has_value());
  EXPECT_TRUE(holds(*space_, "key", "old"));
  leader->finish();
  EXPECT_TRUE(ok(ticket.wait()));
  EXPECT_TRUE(holds(*space_, "key", "new"));
}

TEST_P(AsyncInterleavings, ConditionalWritesWaitForAnOpenPutAndSeeIt) {
  put("key", "old");
  put("counter", std::string_view("\1\0\0\0\0\0\0\0", 8));
  const auto leader = stopped_leader();
  const Ticket ticket = put_async("key", "new");
  const Ticket counter_ticket = put_async("counter", std::string_view("\7\0\0\0\0\0\0\0", 8));
  const Ticket absent_ticket = put_async("absent", "no more");
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  const auto ask = [&](auto act) {
    threads.emplace_back([&answered, act] {
      act();
      ++answered;
    });
  };
  Result<std::optional<std::string>> before{std::nullopt};
  ask([&] { before = space_->exchange("key", "exchanged"); });
  ask([&] { EXPECT_TRUE(says(false, space_->compare_and_set("key", "old", "from the compare-and-set"))); });
  ask([&] { EXPECT_TRUE(says(false, space_->put_if_absent("absent", "value"))); });
  Result<std::int64_t> sum;
  ask([&] { sum = space_->add("counter", 1); });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_EQ(answered.load(), 0);
  leader->finish();
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(ok(before));
  EXPECT_EQ(before->value_or("nothing"), "new");
  ASSERT_TRUE(ok(sum));
  EXPECT_EQ(*sum, 8);
  EXPECT_TRUE(holds(*space_, "key", "exchanged"));
  for (const Ticket* const one : {&ticket, &counter_ticket, &absent_ticket}) EXPECT_TRUE(ok(one->wait()));
}

TEST_P(AsyncInterleavings, AnEraseWaitsForAnOpenPutAndRemovesIt) {
  const auto leader = stopped_leader();
  const Ticket ticket = put_async("key", "value");
  Result<bool> answer;
  std::thread eraser([&] { answer = space_->erase("key"); });
  leader->finish();
  eraser.join();
  EXPECT_TRUE(ok(ticket.wait()));
  EXPECT_TRUE(says(true, answer));
  EXPECT_TRUE(is_absent(*space_, "key"));
}

TEST_P(AsyncInterleavings, ALaterSynchronousPutOfTheThreadWins) {
  const auto leader = stopped_leader();
  std::optional<Ticket> ticket;
  std::atomic<bool> queued{false};
  std::thread writer([&] {
    ticket.emplace(put_async("key", "first"));
    queued = true;
    put("key", "second");
    EXPECT_TRUE(holds(*space_, "key", "second"));
  });
  while (!queued) std::this_thread::yield();
  leader->finish();
  writer.join();
  EXPECT_TRUE(ok(ticket->wait()));
  EXPECT_TRUE(holds(*space_, "key", "second"));
}

TEST_P(AsyncInterleavings, AScanWaitsForOpenWritesThatBeganBeforeIt) {
  put("key", "old");
  const auto leader = stopped_leader();
  const Ticket ticket = put_async("key", "new");
  std::vector<std::string> seen;
  std::thread scanner([&] {
    EXPECT_TRUE(ok(space_->scan("key", [&](std::string_view, std::string_view value) {
      seen.emplace_back(value);
      return true;
    })));
  });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  leader->finish();
  scanner.join();
  EXPECT_EQ(seen.size(), 1u);
  EXPECT_TRUE(ok(ticket.wait()));
}

TEST_P(AsyncInterleavings, AreBusyWhenTooManyBytesAreInFlightAndWelcomeAgainBehind) {
  reopen({.async_bytes_max = 1'000, .async_wait_ms = 0});
  const auto leader = stopped_leader();
  std::vector<Ticket> tickets;
  Result<Ticket> refused = space_->put_async("key", std::string(100, 'v'));
  for (; refused; refused = space_->put_async("key", std::string(100, 'v'))) {
    ASSERT_LT(tickets.size(), 100u);
    tickets.push_back(std::move(*refused));
  }
  ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
  EXPECT_EQ(refused.error().expected, "at most 1000");
  EXPECT_TRUE(fails_with(ErrorCode::busy, space_->erase_async(std::string(1'000, 'k'))));
  EXPECT_GE(tickets.size(), 5u);
  leader->finish();
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ok(ticket.wait()));
  EXPECT_TRUE(ok(put_async("key", "welcome").wait()));
  EXPECT_TRUE(holds(*space_, "key", "welcome"));
}

TEST_P(AsyncInterleavings, WaitForRoomWhereTheyMay) {
  reopen({.async_bytes_max = 1'000, .async_wait_ms = 3'600'000});
  const auto leader = stopped_leader();
  const Ticket large = put_async("large", std::string(2'000, 'v'));
  std::atomic<bool> queued{false};
  std::thread waiter([&] {
    const Ticket ticket = put_async("key", "value");
    queued = true;
    EXPECT_TRUE(ok(ticket.wait()));
  });
  auto stream = std::thread([&] {
    auto log = store_->log("log");
    ASSERT_TRUE(ok(log));
    const auto ticket = log->append_async("record");
    ASSERT_TRUE(ok(ticket));
    EXPECT_TRUE(ok(ticket->wait()));
  });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(queued.load());
  leader->finish();
  waiter.join();
  stream.join();
  EXPECT_TRUE(ok(large.wait()));
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(AsyncInterleavings, AreBusyWhenTheyHaveWaitedInVain) {
  reopen({.async_bytes_max = 1'000, .async_wait_ms = 1});
  const auto leader = stopped_leader();
  const Ticket large = put_async("large", std::string(2'000, 'v'));
  EXPECT_TRUE(fails_with(ErrorCode::busy, space_->put_async("key", "value")));
  leader->finish();
  EXPECT_TRUE(ok(large.wait()));
  EXPECT_TRUE(is_absent(*space_, "key"));
  EXPECT_TRUE(says(true, space_->put_if_absent("key", "value")));  // nothing is pending
}

TEST_P(AsyncInterleavings, FailWithTheStoresFirstErrorAndNothingIsShown) {
  put("key", "old");
  medium_->set_faults({.failing_sync = 1});
  const Ticket failed = put_async("key", "lost");
  EXPECT_TRUE(fails_with(ErrorCode::io, failed.wait()));
  EXPECT_TRUE(holds(*space_, "key", "old"));
  EXPECT_TRUE(fails_with(ErrorCode::io, put_async("key", "later").wait()));
  EXPECT_TRUE(fails_with(ErrorCode::io, space_->exchange("key", "waits for nobody")));
  EXPECT_TRUE(holds(*space_, "key", "old"));
  EXPECT_TRUE(has_size(*space_, 1));
}

class AsyncDirect : public GatedKvTest {};
INSTANTIATE_TEST_SUITE_P(, AsyncDirect, ::testing::Values(MediumModel::cache_lines), model_name);

TEST_P(AsyncDirect, ConditionalWritesWaitForAPutThatIsBeingShown) {
  put("key", "old");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] {
    const auto ticket = space_->put_async("key", "new");
    ASSERT_TRUE(ok(ticket));
    ASSERT_TRUE(ticket->poll().has_value());  // done at once
    EXPECT_TRUE(ok(*ticket->poll()));
  });
  ASSERT_TRUE(slow.is_stopped());
  Result<bool> answer;
  std::thread conditional([&] { answer = space_->compare_and_set("key", "old", "from the compare-and-set"); });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_TRUE(holds(*space_, "key", "old"));
  slow.finish();
  conditional.join();
  EXPECT_TRUE(says(false, answer));
  expect_only("key", "new");
}

TEST_P(AsyncDirect, ALaterPutOfAnotherThreadStaysOnTop) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { EXPECT_TRUE(ok(space_->put_async("key", "v10"))); });
  ASSERT_TRUE(slow.is_stopped());
  put("key", "v11");
  slow.finish();
  expect_only("key", "v11");
}

}  // namespace
}  // namespace holdfast
