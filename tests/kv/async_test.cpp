// Writes that nobody waits for: what their tickets tell, and what becomes of them with the store.

#include "kv_suites.hpp"

#include <chrono>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

using namespace std::chrono_literals;

TEST_P(Kv, WhatAKvTicketToldCanBeReadAtOnce) {
  std::uint64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string value = "value " + std::to_string(i);
    const auto ticket = space_->put_async("key", value, i % 50 == 0 ? WriteOptions{} : kBuffered);
    ASSERT_TRUE(ok(ticket));
    const auto number = ticket->wait();
    ASSERT_TRUE(ok(number));
    EXPECT_GT(*number, last);
    last = *number;
    ASSERT_TRUE(holds(*space_, "key", value));
    ASSERT_TRUE(ticket->poll().has_value());
    EXPECT_EQ(**ticket->poll(), *number);  // as often as one likes
    ASSERT_TRUE(ticket->wait_for(0ms).has_value());
  }
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, EraseAsyncRemovesTheKeyAndMayFindNone) {
  put("key", "value");
  auto ticket = space_->erase_async("key", kBuffered);
  ASSERT_TRUE(ok(ticket));
  ASSERT_TRUE(ok(ticket->wait()));
  EXPECT_TRUE(is_absent(*space_, "key"));
  ticket = space_->erase_async("key", kBuffered);
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(ok(ticket->wait()));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(Kv, AThreadsWritesOfAKeyKeepTheirOrderHoweverTheyAreMade) {
  std::vector<Ticket> tickets;
  for (int round = 0; round < 300; ++round) {
    const std::string value = std::to_string(round);
    switch (round % 6) {
      case 0: {
        auto ticket = space_->erase_async("key", kBuffered);
        ASSERT_TRUE(ok(ticket));
        tickets.push_back(std::move(*ticket));
        break;
      }
      case 3:
        ASSERT_TRUE(ok(space_->put("key", value, kBuffered)));
        ASSERT_TRUE(holds(*space_, "key", value));  // and stays so: those before it have lower numbers
        break;
      case 5: {
        const auto before = space_->exchange("key", value, kBuffered);
        ASSERT_TRUE(ok(before));
        ASSERT_TRUE(before->has_value());
        ASSERT_EQ(**before, std::to_string(round - 1));  // it has seen the asynchronous one
        break;
      }
      default: {
        auto ticket = space_->put_async("key", value, round % 20 == 1 ? WriteOptions{} : kBuffered);
        ASSERT_TRUE(ok(ticket));
        tickets.push_back(std::move(*ticket));
      }
    }
  }
  std::uint64_t last = 0;
  for (const Ticket& ticket : tickets) {
    const auto number = ticket.wait();
    ASSERT_TRUE(ok(number));
    EXPECT_GT(*number, last);
    last = *number;
  }
  EXPECT_TRUE(holds(*space_, "key", "299"));
}

TEST_P(Kv, KeyValueAndTicketMayBeDropped) {
  for (int i = 0; i < 100; ++i) {
    std::string key = "key " + std::to_string(i) + std::string(50, 'k');  // no short string that lives in its object
    std::string value = "value " + std::to_string(i);
    ASSERT_TRUE(ok(space_->put_async(key, value, kBuffered)));
    key.assign(key.size(), 'x');
    value.assign(value.size(), 'x');
  }
  const auto last = space_->put_async("last", "value");
  ASSERT_TRUE(ok(last));
  ASSERT_TRUE(ok(last->wait()));
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(says(false, space_->put_if_absent("key " + std::to_string(i) + std::string(50, 'k'), "none")));
  EXPECT_TRUE(has_size(*space_, 101));
}

TEST_P(Kv, AsyncValuesAreOfAnySize) {
  std::vector<Ticket> tickets;
  const std::vector<std::size_t> sizes{0, 1, 15, 16, 20'000, 300'000};
  for (int round = 0; round < 2; ++round)
    for (const std::size_t size : sizes) {
      auto ticket = space_->put_async(std::to_string(size), some_value(size, 7), kBuffered);
      ASSERT_TRUE(ok(ticket));
      tickets.push_back(std::move(*ticket));
    }
  for (const Ticket& ticket : tickets) EXPECT_TRUE(ok(ticket.wait()));
  for (const std::size_t size : sizes) EXPECT_TRUE(holds(*space_, std::to_string(size), some_value(size, 7)));
  EXPECT_TRUE(has_size(*space_, sizes.size()));
}

TEST_P(Kv, WhatDoesNotFitIsRefusedAtOnce) {
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put_async("", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->erase_async("")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put_async(std::string(65'536, 'k'), "value")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->erase_async(std::string(65'536, 'k'))));
}

TEST_P(Kv, AnAsyncPutWithoutRoomSaysSoAndLeavesTheKey) {
  put("key", "old");
  const auto ticket = space_->put_async("key", some_value(kTestMaxSizeBytes), kBuffered);
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, ticket->wait()));
  EXPECT_TRUE(holds(*space_, "key", "old"));
  EXPECT_TRUE(says(true, space_->erase("key")));  // nothing is pending
}

TEST_P(Kv, AsyncWritesOfManyThreadsLoseNothing) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      std::vector<Ticket> tickets;
      for (int i = 0; i < 300; ++i) {
        auto ticket = space_->put_async(std::to_string(thread) + "/" + std::to_string(i), std::to_string(i),
                                        i % 50 == 0 ? WriteOptions{} : kBuffered);
        ASSERT_TRUE(ok(ticket));
        tickets.push_back(std::move(*ticket));
        ASSERT_TRUE(ok(space_->put_async("shared", std::to_string(thread), kBuffered)));
      }
      for (const Ticket& ticket : tickets) ASSERT_TRUE(ok(ticket.wait()));
      for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(holds(*space_, std::to_string(thread) + "/" + std::to_string(i), std::to_string(i)));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(says(true, space_->erase("shared")));  // waits for the last one
  EXPECT_TRUE(has_size(*space_, 1'200));
}

TEST_P(KvReopen, EveryTicketHasItsOutcomeWhenTheStoreIsClosed) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 200; ++i) {
    auto ticket = space_->put_async(std::to_string(i), "value", kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
  }
  ASSERT_TRUE(ok(store_->close()));
  for (const Ticket& ticket : tickets) {
    const auto outcome = ticket.poll();
    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(ok(*outcome));
  }
  EXPECT_TRUE(fails_with(ErrorCode::closed, space_->put_async("key", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, space_->erase_async("key")));
  store_.reset();
  open();
  EXPECT_TRUE(has_size(*space_, 200));
}

TEST_P(Kv, EveryTicketHasItsOutcomeWhenTheStoreIsReleased) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 2'000; ++i) {
    auto ticket = space_->put_async(std::to_string(i), "value", kBuffered);
    ASSERT_TRUE(ok(ticket));
    tickets.push_back(std::move(*ticket));
  }
  space_.reset();  // the last handle
  kill();
  std::uint64_t written = 0;
  bool refused = false;
  for (const Ticket& ticket : tickets) {
    const auto outcome = ticket.poll();
    ASSERT_TRUE(outcome.has_value());
    if (*outcome) {
      EXPECT_FALSE(refused);  // none behind one that was refused
      ++written;
    } else {
      EXPECT_TRUE(fails_with(ErrorCode::closed, *outcome));
      refused = true;
    }
  }
  if (!GetParam()->capabilities.has_path) return;
  open();
  EXPECT_TRUE(has_size(*space_, written));
}

TEST_P(KvReopen, WhatAnImmediateKvTicketAcknowledgedIsThereAfterAKill) {
  for (int i = 0; i < 20; ++i) {
    const auto ticket = space_->put_async(std::to_string(i), "value");
    ASSERT_TRUE(ok(ticket));
    ASSERT_TRUE(ok(ticket->wait()));
    const auto gone = space_->erase_async(std::to_string(i / 2));
    ASSERT_TRUE(ok(gone));
    ASSERT_TRUE(ok(gone->wait()));
  }
  reopen_after_kill();
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(i < 10 ? is_absent(*space_, std::to_string(i)) : holds(*space_, std::to_string(i), "value"));
  EXPECT_TRUE(has_size(*space_, 10));
}

}  // namespace
}  // namespace holdfast::kv_suites
