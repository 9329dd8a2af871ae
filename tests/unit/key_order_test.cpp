// Two facts that everything else about the order of writes rests on: all keys of one hash share a stripe,
// and whoever holds it sees every write that may still be published.

#include "kv/key_order.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kHash = 0x00AB'0000'0000'0001;
constexpr std::uint64_t kOtherStripe = 0x00AC'0000'0000'0001;

void begin(KeyOrder& order, std::uint64_t hash, std::uint64_t version, std::string_view key) {
  KeyOrder::Stripe& stripe = order.stripe(hash);
  const KeyOrder::Lock lock(stripe.mutex);
  stripe.pending.push_back({.hash = hash, .version = version, .key = key});
}

void end(KeyOrder& order, std::uint64_t hash, std::uint64_t version) {
  KeyOrder::Stripe& stripe = order.stripe(hash);
  const KeyOrder::Lock lock(stripe.mutex);
  stripe.end(version);
}

/// Waits until a thread sleeps in the stripe.
void await_sleeper(KeyOrder& order, std::uint64_t hash) {
  KeyOrder::Stripe& stripe = order.stripe(hash);
  for (;;) {
    {
      const KeyOrder::Lock lock(stripe.mutex);
      if (stripe.waiting > 0) return;
    }
    std::this_thread::yield();
  }
}

TEST(KeyOrder, KeysOfOneHashShareAStripe) {
  KeyOrder order;
  EXPECT_EQ(&order.stripe(kHash), &order.stripe(kHash));
  EXPECT_NE(&order.stripe(kHash), &order.stripe(kOtherStripe));
}

TEST(KeyOrder, SpreadsHashesOverItsStripes) {
  KeyOrder order;
  std::vector<KeyOrder::Stripe*> stripes;
  for (std::uint64_t i = 0; i < 256; ++i) {
    KeyOrder::Stripe* const stripe = &order.stripe(i << 48);
    EXPECT_EQ(std::count(stripes.begin(), stripes.end(), stripe), 0);
    stripes.push_back(stripe);
  }
}

TEST(KeyOrder, APendingWriteIsFoundByItsKeyAlone) {
  KeyOrder order;
  begin(order, kHash, 10, "key");
  const KeyOrder::Stripe& stripe = order.stripe(kHash);
  ASSERT_NE(stripe.find(kHash, "key"), nullptr);
  EXPECT_EQ(stripe.find(kHash, "key")->version, 10u);
  EXPECT_EQ(stripe.find(kHash, "ke"), nullptr);
  EXPECT_EQ(stripe.find(kHash, "another"), nullptr);
  EXPECT_EQ(stripe.find(kHash + 1, "key"), nullptr);
}

TEST(KeyOrder, TellsWhetherALowerVersionMayStillCome) {
  KeyOrder order;
  begin(order, kHash, 10, "key");
  begin(order, kHash, 12, "key");
  const KeyOrder::Stripe& stripe = order.stripe(kHash);
  EXPECT_FALSE(stripe.any_below(kHash, 10));
  EXPECT_TRUE(stripe.any_below(kHash, 11));
  EXPECT_FALSE(stripe.any_below(kHash + 1, 11));
  end(order, kHash, 10);
  EXPECT_FALSE(stripe.any_below(kHash, 12));
  EXPECT_TRUE(stripe.any_below(kHash, 13));
}

TEST(KeyOrder, EndsExactlyTheWriteOfThatVersion) {
  KeyOrder order;
  for (const std::uint64_t version : {10u, 11u, 12u}) begin(order, kHash, version, "key");
  end(order, kHash, 11);
  end(order, kHash, 99);  // nobody's
  std::vector<std::uint64_t> left;
  for (const PendingWrite& write : order.stripe(kHash).pending) left.push_back(write.version);
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::uint64_t>{10, 12}));
}

TEST(KeyOrder, WhoeverWaitsForAKeyIsWokenWhenItsWriteEnds) {
  KeyOrder order;
  begin(order, kHash, 10, "key");
  bool saw_pending_gone = false;
  std::thread waiter([&] {
    KeyOrder::Stripe& stripe = order.stripe(kHash);
    KeyOrder::Lock lock(stripe.mutex);
    while (stripe.find(kHash, "key") != nullptr) KeyOrder::wait_for_change(stripe, lock);
    saw_pending_gone = true;  // the lock is held again
  });
  await_sleeper(order, kHash);
  end(order, kHash, 10);
  waiter.join();
  EXPECT_TRUE(saw_pending_gone);
  EXPECT_EQ(order.stripe(kHash).waiting, 0u);
}

TEST(KeyOrder, WaitsForEveryWriteBelowAVersionInAllStripes) {
  KeyOrder order;
  begin(order, kHash, 10, "a");
  begin(order, kOtherStripe, 11, "b");
  begin(order, kHash, 20, "a");
  std::atomic<bool> returned{false};
  std::thread waiter([&] {
    order.wait_for_all_below(20);
    returned = true;
  });
  await_sleeper(order, kHash);
  end(order, kHash, 10);
  await_sleeper(order, kOtherStripe);
  EXPECT_FALSE(returned.load());
  end(order, kOtherStripe, 11);
  waiter.join();  // although 20 is still pending
  EXPECT_TRUE(returned.load());
}

TEST(KeyOrder, SumsTheKeysOfAllStripes) {
  KeyOrder order;
  order.stripe(kHash).live = 5;
  order.stripe(kOtherStripe).live = 3;
  EXPECT_EQ(order.live(), 8);
}

// Whoever wants the sum without a look at each stripe has it from the moment on when it asks.
TEST(KeyOrder, AddsUpWhatIsPresentFromWhereItIsAskedTo) {
  KeyOrder order;
  const auto count = [&](std::uint64_t hash, std::int64_t keys, std::int64_t bytes) {
    KeyOrder::Stripe& stripe = order.stripe(hash);
    const KeyOrder::Lock lock(stripe.mutex);
    stripe.count_live(keys, bytes);
  };
  count(kHash, 1, 100);
  count(kOtherStripe, 1, 50);
  LiveTotals totals;
  order.add_up(totals);
  order.add_up(totals);  // once
  EXPECT_EQ(totals.keys, 2);
  EXPECT_EQ(totals.bytes, 150);
  count(kHash, 0, -60);
  count(kOtherStripe, -1, -50);
  EXPECT_EQ(totals.keys, 1);
  EXPECT_EQ(totals.bytes, 40);
  EXPECT_EQ(order.live(), 1);
  EXPECT_EQ(order.live_bytes(), 40);
}

}  // namespace
}  // namespace holdfast::kv
