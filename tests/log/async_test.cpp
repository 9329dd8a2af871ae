// Appends that nobody waits for: tickets, their limit, and what becomes of them with the store.

#include "log_suites.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <holdfast/testing/crash_storage.hpp>

#include "kv/gated_storage.hpp"

namespace holdfast::log_suites {
namespace {

using namespace std::chrono_literals;
using testing::CrashMedium;
using testing::MediumModel;

TEST_P(Log, ATicketTellsTheId) {
  append("first");
  auto ticket = stream_->append_async("second");
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(is_id(2, ticket->wait()));
  EXPECT_TRUE(is_id(2, ticket->wait()));  // as often as one likes
  ASSERT_TRUE(ticket->poll().has_value());
  EXPECT_TRUE(is_id(2, *ticket->poll()));
  ASSERT_TRUE(ticket->wait_for(0ms).has_value());
  EXPECT_TRUE(holds_all(*stream_, {"first", "second"}));
}

TEST_P(Log, WhatATicketToldCanBeReadAtOnce) {
  for (LogId id = 1; id <= 200; ++id) {
    const std::string payload = "payload " + std::to_string(id);
    const auto ticket = stream_->append_async(payload, kBuffered);
    ASSERT_TRUE(ok(ticket));
    ASSERT_TRUE(is_id(id, ticket->wait()));
    ASSERT_TRUE(holds(*stream_, id, payload));
  }
}

TEST_P(Log, AThreadsAppendsKeepTheirOrderHoweverTheyAreMade) {
  std::vector<Ticket> tickets;
  for (LogId id = 1; id <= 300; ++id) {
    const std::string payload = std::to_string(id);
    if (id % 7 == 0) {
      ASSERT_TRUE(is_id(id, stream_->append(payload, kBuffered)));
    } else {
      auto ticket = stream_->append_async(payload, id % 5 == 0 ? WriteOptions{} : kBuffered);
      ASSERT_TRUE(ok(ticket));
      tickets.push_back(std::move(*ticket));
    }
    payloads_.push_back(payload);
  }
  LogId last = 0;
  for (const Ticket& ticket : tickets) {
    const auto id = ticket.wait();
    ASSERT_TRUE(ok(id));
    EXPECT_GT(*id, last);
    last = *id;
  }
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(Log, TheTicketMayBeDroppedAndThePayloadToo) {
  for (int i = 0; i < 100; ++i) {
    payloads_.push_back("payload " + std::to_string(i));
    std::string payload = payloads_.back();
    ASSERT_TRUE(ok(stream_->append_async(payload, kBuffered)));
    payload.assign(payload.size(), 'x');
  }
  const auto last = stream_->append_async("last");
  ASSERT_TRUE(ok(last));
  payloads_.push_back("last");
  EXPECT_TRUE(is_id(101, last->wait()));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(Log, AsyncPayloadsAreOfAnySize) {
  std::vector<Ticket> tickets;
  for (const std::size_t size : {0, 1, 15, 16, 20'000, 300'000}) {
    payloads_.push_back(some_value(size));
    auto ticket = stream_->append_async(payloads_.back(), kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
  }
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ok(ticket.wait()));
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

TEST_P(Log, AsyncAppendsOfManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      std::vector<Ticket> tickets;
      for (int i = 0; i < 500; ++i) {
        auto ticket = stream_->append_async(std::to_string(thread), i % 50 == 0 ? WriteOptions{} : kBuffered);
        ASSERT_TRUE(ok(ticket));
        tickets.push_back(std::move(*ticket));
      }
      LogId last = 0;
      for (const Ticket& ticket : tickets) {
        const auto id = ticket.wait();
        ASSERT_TRUE(ok(id));
        EXPECT_GT(*id, last);
        last = *id;
        EXPECT_TRUE(holds(*stream_, *id, std::to_string(thread)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(is_id(2'001, stream_->next_id()));
}

TEST_P(Log, EveryTicketHasItsOutcomeWhenTheStoreIsClosed) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 200; ++i) {
    auto ticket = stream_->append_async("payload", kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
  }
  close();
  for (LogId id = 1; id <= 200; ++id) {
    const auto outcome = tickets[id - 1].poll();
    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(is_id(id, *outcome));
  }
  EXPECT_TRUE(fails_with(ErrorCode::closed, stream_->append_async("payload")));
}

TEST_P(Log, AndWhenItIsReleased) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 2'000; ++i) {
    auto ticket = stream_->append_async("payload", kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
  }
  kill();
  LogId written = 0;
  for (const Ticket& ticket : tickets) {
    const auto outcome = ticket.poll();
    ASSERT_TRUE(outcome.has_value());
    if (*outcome) {
      EXPECT_TRUE(is_id(++written, *outcome));  // none behind one that was refused
    } else {
      EXPECT_TRUE(fails_with(ErrorCode::closed, *outcome));
    }
  }
  if (!GetParam()->capabilities.has_path) return;
  open();
  EXPECT_TRUE(is_id(written + 1, stream_->next_id()));
}

TEST_P(LogReopen, WhatAnImmediateTicketAcknowledgedIsThereAfterAKill) {
  for (int i = 0; i < 20; ++i) {
    payloads_.push_back(std::to_string(i));
    const auto ticket = stream_->append_async(payloads_.back());
    ASSERT_TRUE(ok(ticket));
    ASSERT_TRUE(ok(ticket->wait()));
  }
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

/// A medium on which one leader writes for all, and stops where the test says.
class GatedAppends : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kInFlightMax = 1'000;

  GatedAppends()
      : medium_(CrashMedium::create({.model = MediumModel::pages,
                                     .size_bytes = kMiB,
                                     .max_size_bytes = 16 * kMiB,
                                     .keeps_log = false})) {
    auto storage = medium_->open();
    EXPECT_TRUE(ok(storage));
    auto opened = Store::open(std::make_unique<GatedStorage>(std::move(*storage)),
                              {.segment_size_bytes = 64 << 10, .async_bytes_max = kInFlightMax});
    EXPECT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto stream = store_->log("stream");
    EXPECT_TRUE(ok(stream));
    stream_.emplace(std::move(*stream));
    EXPECT_TRUE(ok(stream_->append("first")));  // takes a segment
  }

  std::shared_ptr<CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<holdfast::Log> stream_;
};

TEST_F(GatedAppends, AreBusyWhenTooManyBytesAreInFlightAndWelcomeAgainBehind) {
  StoppedThread leader(GatedCall::commit, 1, [&] { EXPECT_TRUE(is_id(2, stream_->append("leader's"))); });
  ASSERT_TRUE(leader.is_stopped());
  std::vector<Ticket> tickets;
  Result<Ticket> refused = stream_->append_async(std::string(100, 'p'));
  for (; refused; refused = stream_->append_async(std::string(100, 'p'))) {
    ASSERT_LT(tickets.size(), 100u);
    tickets.push_back(std::move(*refused));
  }
  ASSERT_TRUE(fails_with(ErrorCode::busy, refused));
  EXPECT_EQ(refused.error().expected, "at most 1000");
  EXPECT_GE(tickets.size(), 5u);
  EXPECT_LE(tickets.size(), 10u);
  for (const Ticket& ticket : tickets) {
    EXPECT_FALSE(ticket.poll().has_value());
    EXPECT_FALSE(ticket.wait_for(1ms).has_value());
  }
  EXPECT_TRUE(is_id(2, stream_->next_id()));  // nothing is shown that is not durable
  leader.finish();
  for (LogId id = 3; const Ticket& ticket : tickets) EXPECT_TRUE(is_id(id++, ticket.wait()));
  // The last of them may have been told a moment before its bytes were counted out.
  Result<Ticket> welcome = stream_->append_async("p");
  while (!welcome) welcome = stream_->append_async("p");
  EXPECT_TRUE(is_id(3 + tickets.size(), welcome->wait()));
}

TEST_F(GatedAppends, OneThatIsLargerThanTheLimitGoesAlone) {
  StoppedThread leader(GatedCall::commit, 1, [&] { EXPECT_TRUE(ok(stream_->append("leader's"))); });
  const auto large = stream_->append_async(std::string(5'000, 'p'));
  ASSERT_TRUE(ok(large));
  EXPECT_TRUE(fails_with(ErrorCode::busy, stream_->append_async("p")));
  leader.finish();
  EXPECT_TRUE(is_id(3, large->wait()));
}

TEST_F(GatedAppends, NeedNobodyWhoWaits) {
  StoppedThread leader(GatedCall::commit, 1, [&] { EXPECT_TRUE(ok(stream_->append("leader's"))); });
  const auto with_others = stream_->append_async("a");
  ASSERT_TRUE(ok(with_others));
  std::thread next([&] { EXPECT_TRUE(is_id(4, stream_->append("b"))); });
  leader.finish();
  next.join();
  EXPECT_TRUE(is_id(3, with_others->wait()));
  const auto alone = stream_->append_async("c");
  ASSERT_TRUE(ok(alone));
  EXPECT_TRUE(is_id(5, alone->wait()));
}

TEST_F(GatedAppends, FailWithTheStoresFirstErrorAndNothingIsShown) {
  medium_->set_faults({.failing_sync = 1});
  const auto failed = stream_->append_async("lost");
  ASSERT_TRUE(ok(failed));
  EXPECT_TRUE(fails_with(ErrorCode::io, failed->wait()));
  EXPECT_TRUE(is_id(2, stream_->next_id()));
  const auto later = stream_->append_async("later");
  ASSERT_TRUE(ok(later));
  EXPECT_TRUE(fails_with(ErrorCode::io, later->wait()));
  EXPECT_TRUE(fails_with(ErrorCode::io, stream_->append("synchronous")));
  EXPECT_TRUE(is_id(2, stream_->next_id()));
  EXPECT_TRUE(holds(*stream_, 1, "first"));
}

}  // namespace
}  // namespace holdfast::log_suites
