// A forked child is refused every append, and never waits for what its parent's threads would have done.

#include "log_suites.hpp"

#include <chrono>
#include <thread>

#include <holdfast/testing/crash_storage.hpp>

#include "kv/forked_child.hpp"
#include "kv/gated_storage.hpp"

namespace holdfast::log_suites {
namespace {

TEST_P(Log, AForkedChildIsRefusedEveryAppendAndMayRead) {
  append("payload");
  EXPECT_EQ(in_forked_child([&] {
              const std::vector<std::string_view> payloads{"a", "b"};
              Batch batch;
              batch.append(*stream_, "child's");
              return is_locked_out(stream_->append("child's")) &&
                             is_locked_out(stream_->append(some_value(300'000))) &&
                             is_locked_out(stream_->append_batch(payloads)) &&
                             is_locked_out(stream_->append_async("child's")) &&
                             is_locked_out(store_->commit(batch)) && is_locked_out(store_->log("new")) &&
                             holds_all(*stream_, {"payload"})
                         ? 1
                         : 0;
            }),
            1);
  append("parent's");
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(Log, AChildKnowsTheOutcomesThatWereThereBefore) {
  const auto ticket = stream_->append_async("payload");
  ASSERT_TRUE(ok(ticket));
  ASSERT_TRUE(is_id(1, ticket->wait()));
  while (!others_sleep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(in_forked_child([&] { return is_id(1, ticket->wait()) && ticket->poll().has_value() ? 1 : 0; }),
            1);
}

#ifndef __SANITIZE_THREAD__  // it cannot follow a child of a process with threads
TEST_P(LogReopen, AChildMayReleaseAStoreWhoseThreadsRunInTheParent) {
  options_.interval_ms = 60'000;
  reopen_after_close();
  append("one", {.durability = Durability::interval});
  const auto ticket = stream_->append_async("two", kBuffered);
  ASSERT_TRUE(ok(ticket));
  ASSERT_TRUE(ok(ticket->wait()));
  while (!others_sleep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(in_forked_child([&] {
              store_.reset();
              return fails_with(ErrorCode::closed, stream_->append("child's")) ? 1 : 0;
            }),
            1);
  EXPECT_TRUE(holds_all(*stream_, {"one", "two"}));
  reopen_after_close();
  EXPECT_TRUE(holds_all(*stream_, {"one", "two"}));
}

// At the fork a leader stands in its commit, a ticket is open, and a thread waits for it.
TEST(LogFork, AChildIsToldThatNobodyWorksForItsOpenTickets) {
  const auto medium = testing::CrashMedium::create({.model = testing::MediumModel::pages,
                                                    .size_bytes = kMiB,
                                                    .max_size_bytes = 16 * kMiB,
                                                    .keeps_log = false});
  auto storage = medium->open();
  ASSERT_TRUE(ok(storage));
  auto store =
      Store::open(std::make_unique<GatedStorage>(std::move(*storage)), {.segment_size_bytes = 64 << 10});
  ASSERT_TRUE(ok(store));
  auto stream = store->log("stream");
  ASSERT_TRUE(ok(stream));
  ASSERT_TRUE(ok(stream->append("first")));
  StoppedThread leader(GatedCall::commit, 1, [&] { EXPECT_TRUE(ok(stream->append("leader's"))); });
  ASSERT_TRUE(leader.is_stopped());
  std::optional<Ticket> ticket;
  {
    auto appended = stream->append_async("open");
    ASSERT_TRUE(ok(appended));
    ticket.emplace(std::move(*appended));
  }
  std::thread waiter([&] { EXPECT_TRUE(is_id(3, ticket->wait())); });
  while (!others_sleep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(in_forked_child([&] {
              const bool told = is_locked_out(ticket->wait()) && is_locked_out(*ticket->poll()) &&
                                is_locked_out(*ticket->wait_for(std::chrono::milliseconds(1)));
              ticket.reset();  // while the parent's thread waits for it
              return told && is_locked_out(stream->append("child's")) ? 1 : 0;
            }),
            1);
  leader.finish();
  waiter.join();
  EXPECT_TRUE(holds_all(*stream, {"first", "leader's", "open"}));
}
#endif

}  // namespace
}  // namespace holdfast::log_suites
