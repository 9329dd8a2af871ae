// The order of writes to one key, interleaving by interleaving.

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>

#include "common/base/key_hash.hpp"
#include "gated_kv_fixture.hpp"
#include "kv/kv_space.hpp"

namespace holdfast {
namespace {

class KvInterleavings : public GatedKvTest {};
INSTANTIATE_TEST_SUITE_P(, KvInterleavings, ::testing::Values(MediumModel::pages, MediumModel::cache_lines),
                         model_name);

TEST_P(KvInterleavings, CasReadsV10_PutTakesV11_CasWrites) {
  put("key", "v10");
  Result<bool> answer;
  StoppedThread cas(GatedCall::at, kHasReadTheValue,
                    [&] { answer = space_->compare_and_set("key", "v10", "from the compare-and-set"); });
  ASSERT_TRUE(cas.is_stopped());
  put("key", "v11");
  cas.finish();
  EXPECT_TRUE(says(false, answer));
  expect_only("key", "v11");
}

TEST_P(KvInterleavings, CasReadsV10_EraseTakesV11_CasWrites) {
  put("key", "v10");
  Result<bool> answer;
  StoppedThread cas(GatedCall::at, kHasReadTheValue,
                    [&] { answer = space_->compare_and_set("key", "v10", "from the compare-and-set"); });
  ASSERT_TRUE(cas.is_stopped());
  ASSERT_TRUE(ok(erase_in_batch("key")));
  cas.finish();
  EXPECT_TRUE(says(false, answer));
  expect_only("key", std::nullopt);
}

TEST_P(KvInterleavings, CasReadsV10_PutPutsV10Again_CasWrites) {
  put("key", "v10");
  Result<bool> answer;
  StoppedThread cas(GatedCall::at, kHasReadTheValue,
                    [&] { answer = space_->compare_and_set("key", "v10", "v12"); });
  ASSERT_TRUE(cas.is_stopped());
  put("key", "v11");
  put("key", "v10");
  cas.finish();
  EXPECT_TRUE(says(true, answer));  // it looks again, and finds what it expects
  expect_only("key", "v12");
}

TEST_P(KvInterleavings, PutOfV10InFlightWhileEraseOfV11Completes) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "v10"); });
  ASSERT_TRUE(slow.is_stopped());
  ASSERT_TRUE(ok(erase_in_batch("key")));  // v11
  EXPECT_TRUE(is_absent(*space_, "key"));
  slow.finish();
  expect_only("key", std::nullopt);
}

TEST_P(KvInterleavings, PutOfV10InFlightWhilePutOfV11Completes) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "v10"); });
  ASSERT_TRUE(slow.is_stopped());
  put("key", "v11");
  slow.finish();
  expect_only("key", "v11");
}

TEST_P(KvInterleavings, EraseOfV10InFlightWhilePutOfV11Completes) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { EXPECT_TRUE(ok(erase_in_batch("key"))); });
  ASSERT_TRUE(slow.is_stopped());
  put("key", "v11");
  slow.finish();
  expect_only("key", "v11");
}

// Two writers that have compared with the same record while a scan is under way.
TEST_P(KvInterleavings, ScanShowsAKeyWhoseTwoWritersHaveBothSeenItsOldRecord) {
  put("first", "value");
  put("key", "old");
  int visits_of_key = 0;
  std::unique_ptr<StoppedThread> slow;
  ASSERT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
    if (key == "key") {
      ++visits_of_key;
      EXPECT_EQ(value, "old");
    }
    if (key != "first") return true;
    slow =
        std::make_unique<StoppedThread>(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "slow"); });
    EXPECT_TRUE(slow->is_stopped());
    put("key", "fast");
    slow->finish();
    return true;
  })));
  EXPECT_EQ(visits_of_key, 1);
  EXPECT_TRUE(holds(*space_, "key", "fast"));
}

TEST_P(KvInterleavings, AConditionalWriteWaitsForAPendingOneAndSeesIt) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "v10"); });
  ASSERT_TRUE(slow.is_stopped());
  Result<bool> answer;
  std::atomic<bool> answered{false};
  // It stops where it has read v9 and is about to look for pending writes.
  StoppedThread cas(GatedCall::at, kHasReadTheValue, [&] {
    answer = space_->compare_and_set("key", "v9", "from the compare-and-set");
    answered = true;
  });
  ASSERT_TRUE(cas.is_stopped());
  std::thread let_go([&] { cas.finish(); });
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  EXPECT_FALSE(answered.load());  // v10 has its version and is not decided
  slow.finish();
  let_go.join();
  EXPECT_TRUE(says(false, answer));
  expect_only("key", "v10");
}

TEST_P(KvInterleavings, AnEraseWaitsForAPendingPutAndRemovesIt) {
  put("key", "v9");
  StoppedThread slow(GatedCall::at, kHasWrittenAndCompares, [&] { put("key", "v10"); });
  ASSERT_TRUE(slow.is_stopped());
  Result<bool> answer;
  std::thread eraser([&] { answer = space_->erase("key"); });
  slow.finish();
  eraser.join();
  EXPECT_TRUE(says(true, answer));
  expect_only("key", std::nullopt);
}

/// Writes to one key whose records are all durable and of which none is in the index yet.
class WritesInFlight {
 public:
  explicit WritesInFlight(Kv& handle) : space_(kv::space_of(handle)), engine_(space_.gate()->enter()) {}

  void begin(bool erases) {
    pending_.push_back(space_.begin(*engine_, key_hash("key"), "key", kv::Leaves::value).value());
    const std::string value = "value " + std::to_string(pending_.size());
    values_.push_back(erases ? StoredValue::erase() : stored_value(value, {.expires_us = kTimeUsMax}));
    entries_.push_back(space_.entry(pending_.back(), values_.back()));
    EXPECT_TRUE(ok(engine_->write({&entries_.back(), 1}, Durability::immediate)));
  }
  void publish(std::size_t i) { space_.publish(*engine_, pending_[i], entries_[i], Durability::immediate); }
  void abandon(std::size_t i) { space_.abandon(pending_[i]); }

 private:
  kv::KvSpace& space_;
  EngineGate::Pass engine_;
  std::vector<kv::PendingWrite> pending_;
  std::deque<StoredValue> values_;  // each with a time to live, so that those are counted in every order as well
  std::vector<WriteEntry> entries_;
};

// Three writes, puts and erases in every combination, published in every order, with the key there before or
// not.
TEST_P(KvInterleavings, TheHighestVersionWinsInWhateverOrderWritesEnd) {
  for (unsigned kinds = 0; kinds < 16; ++kinds) {
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
      static_cast<void>(space_->erase("key"));
      if ((kinds & 8) != 0) put("key", "before");
      {
        WritesInFlight writes(*space_);
        for (unsigned i = 0; i < 3; ++i) writes.begin((kinds >> i & 1) != 0);
        for (const std::size_t i : order) writes.publish(i);
      }
      const bool erased = (kinds & 4) != 0;
      EXPECT_TRUE(erased ? is_absent(*space_, "key") : holds(*space_, "key", "value 3"));
      EXPECT_TRUE(has_size(*space_, erased ? 0 : 1));
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

/// Where each writer writes for itself: one that stands still holds up no other.
class KvTombstones : public GatedKvTest {
 protected:
  void fill(char mark) {
    for (int i = 0; i < 300; ++i) put("filler " + std::to_string(i), std::string(1'000, mark));
  }
};
INSTANTIATE_TEST_SUITE_P(, KvTombstones, ::testing::Values(MediumModel::cache_lines), model_name);

TEST_P(KvTombstones, OneThatWaitsForALowerVersionGoesWithItsSegmentWhereThatIsCleaned) {
  StoppedThread lower(GatedCall::drain, 1, [&] { put("key", "v10"); });
  ASSERT_TRUE(lower.is_stopped());
  fill('a');  // the tombstone comes to lie in a segment of its own
  ASSERT_TRUE(ok(erase_in_batch("key")));
  for (const char mark : {'b', 'c', 'd', 'e'}) {
    fill(mark);
    ASSERT_TRUE(ok(space_->compact()));
    EXPECT_TRUE(is_absent(*space_, "key")) << "its segment may hold anything by now";
    EXPECT_TRUE(says(false, space_->contains("key")));
  }
  EXPECT_GT(space_->statistics()->cleaned_segments, 10u);
  lower.finish();
  EXPECT_TRUE(is_absent(*space_, "key"));
  store_.reset();
  open();
  EXPECT_TRUE(is_absent(*space_, "key"));
}

TEST_P(KvInterleavings, AWriteThatIsGivenUpLeavesTheOthers) {
  put("key", "before");
  {
    WritesInFlight writes(*space_);
    for (int i = 0; i < 3; ++i) writes.begin(false);
    writes.publish(1);
    writes.abandon(2);
    writes.publish(0);
  }
  EXPECT_TRUE(holds(*space_, "key", "value 2"));
  EXPECT_TRUE(says(true, space_->erase("key")));  // nothing is pending any more
}

}  // namespace
}  // namespace holdfast
