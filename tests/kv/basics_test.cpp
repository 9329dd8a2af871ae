#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, GetGivesWhatWasPut) {
  ASSERT_TRUE(ok(space_->put("user:1", "alice")));
  EXPECT_TRUE(holds(*space_, "user:1", "alice"));
}

TEST_P(Kv, AMissingKeyIsAbsentAndNoError) {
  EXPECT_TRUE(is_absent(*space_, "user:1"));
  EXPECT_TRUE(says(false, space_->contains("user:1")));
}

TEST_P(Kv, PutReplacesTheValue) {
  ASSERT_TRUE(ok(space_->put("key", "a long first value")));
  ASSERT_TRUE(ok(space_->put("key", "second")));
  EXPECT_TRUE(holds(*space_, "key", "second"));
  EXPECT_TRUE(has_size(*space_, 1));
}

TEST_P(Kv, EraseRemovesTheKeyAndSaysWhetherItWasThere) {
  EXPECT_TRUE(says(false, space_->erase("key")));
  ASSERT_TRUE(ok(space_->put("key", "value")));
  EXPECT_TRUE(says(true, space_->erase("key")));
  EXPECT_TRUE(is_absent(*space_, "key"));
  EXPECT_TRUE(says(false, space_->erase("key")));
}

TEST_P(Kv, AnErasedKeyMayComeBack) {
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(ok(space_->put("key", std::to_string(round))));
    EXPECT_TRUE(holds(*space_, "key", std::to_string(round)));
    EXPECT_TRUE(says(true, space_->erase("key")));
    EXPECT_TRUE(has_size(*space_, 0));
  }
}

TEST_P(Kv, ContainsTellsWithoutTheValue) {
  ASSERT_TRUE(ok(space_->put("key", "")));
  EXPECT_TRUE(says(true, space_->contains("key")));
  ASSERT_TRUE(ok(space_->erase("key")));
  EXPECT_TRUE(says(false, space_->contains("key")));
}

TEST_P(Kv, SizeCountsTheKeysThatArePresent) {
  EXPECT_TRUE(has_size(*space_, 0));
  for (int i = 0; i < 100; ++i) put(std::to_string(i), "value");
  for (int i = 0; i < 100; i += 2) put(std::to_string(i), "another");
  EXPECT_TRUE(has_size(*space_, 100));
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(says(true, space_->erase(std::to_string(i), kBuffered)));
  EXPECT_TRUE(has_size(*space_, 70));
}

TEST_P(Kv, KeysAndValuesAreAnyBytes) {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
  const std::string zero(1, '\0');
  ASSERT_TRUE(ok(space_->put(all_bytes, zero + all_bytes)));
  ASSERT_TRUE(ok(space_->put(zero, all_bytes + zero)));
  ASSERT_TRUE(ok(space_->put(zero + zero, "two zeros")));
  EXPECT_TRUE(holds(*space_, all_bytes, zero + all_bytes));
  EXPECT_TRUE(holds(*space_, zero, all_bytes + zero));
  EXPECT_TRUE(holds(*space_, zero + zero, "two zeros"));
  EXPECT_TRUE(has_size(*space_, 3));
}

TEST_P(Kv, KeysThatAreBeginsOfEachOtherAreDifferentKeys) {
  std::string key;
  for (int i = 0; i < 50; ++i) {
    key.push_back('k');
    put(key, std::to_string(i));
  }
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(holds(*space_, std::string(static_cast<std::size_t>(i) + 1, 'k'), std::to_string(i)));
}

TEST_P(Kv, SpacesDoNotShareKeys) {
  auto other = space("other");
  ASSERT_TRUE(ok(space_->put("key", "one")));
  ASSERT_TRUE(ok(other.put("key", "other")));
  EXPECT_TRUE(holds(*space_, "key", "one"));
  EXPECT_TRUE(holds(other, "key", "other"));
  ASSERT_TRUE(ok(other.erase("key")));
  EXPECT_TRUE(holds(*space_, "key", "one"));
  EXPECT_TRUE(has_size(other, 0));
}

TEST_P(Kv, AllHandlesOfASpaceAreTheSameSpace) {
  auto again = space("space");
  const auto copy = again;
  ASSERT_TRUE(ok(again.put("key", "value")));
  EXPECT_TRUE(holds(copy, "key", "value"));
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_EQ(copy.name(), "space");
}

TEST_P(Kv, WritesOfEveryDurabilityAreSeenAtOnce) {
  for (const Durability durability : {Durability::immediate, Durability::interval, Durability::buffered}) {
    const std::string value = "value " + std::to_string(static_cast<int>(durability));
    ASSERT_TRUE(ok(space_->put("key", value, {.durability = durability})));
    EXPECT_TRUE(holds(*space_, "key", value));
  }
}

TEST_P(Kv, ManyKeysOverManySegments) {
  constexpr int kKeys = 3'000;  // about 10 segments
  for (int i = 0; i < kKeys; ++i) put("key " + std::to_string(i), some_value(150, static_cast<unsigned>(i)));
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(holds(*space_, "key " + std::to_string(i), some_value(150, static_cast<unsigned>(i))));
  EXPECT_GT(store_->spaces()->front().segment_count, 5u);
}

TEST_P(Kv, AReadWithoutVerificationGivesTheSame) {
  ASSERT_TRUE(ok(space_->put("key", "value")));
  const auto unverified = space("space", {.verify_on_read = false});
  EXPECT_TRUE(holds(unverified, "key", "value"));
}

TEST_P(Kv, VerifyFindsNothingWrong) {
  for (int i = 0; i < 300; ++i) put(std::to_string(i % 100), some_value(300, static_cast<unsigned>(i)));
  ASSERT_TRUE(ok(space_->put("large", some_value(200'000))));
  std::uint64_t last_done = 0;
  const auto report = store_->verify([&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last_done);
    EXPECT_LE(done, total);
    last_done = done;
  });
  ASSERT_TRUE(ok(report));
  EXPECT_TRUE(report->damage.empty());
  EXPECT_EQ(report->records, 301u);
  EXPECT_GT(report->bytes, 200'000u);
  EXPECT_GT(last_done, 0u);
}

}  // namespace
}  // namespace holdfast::kv_suites
