// Keys that expire at a moment which the writer names (PutOptions::expires_at_us).

#include "kv/kv_space.hpp"
#include "kv_suites.hpp"
#include "ttl_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

/// No whole number of milliseconds from the clock's begin.
constexpr std::uint64_t kMomentUs = FakeClock::kBeginUs + 1'234'567;

class KvExpiresAt : public TtlTest {
 protected:
  void put_until(std::string_view key, std::string_view value, std::uint64_t expires_us) {
    ASSERT_TRUE(ok(space_->put(key, value, {.durability = Durability::buffered, .expires_at_us = expires_us})));
  }

  /// Leaves a key that begins with `mark` by each call that writes a value, and tells of each.
  template <class Tell>
  void write_by_every_call(const std::string& mark, const PutOptions& options, const Tell& tell) {
    const auto key_of = [&mark](const char* call) { return mark + call; };
    tell(key_of("put"), space_->put(key_of("put"), "1", options));
    const std::vector<std::string> keys{key_of("multi"), key_of("multi 2")};
    tell(keys[0], space_->multi_put(std::vector<KvEntry>{{keys[0], "1"}, {keys[1], "1"}}, options));
    const auto ticket = space_->put_async(key_of("async"), "1", options);
    tell(key_of("async"), ticket ? ticket->wait().and_then([](std::uint64_t) { return Result<void>(); })
                                 : Result<void>(Unexpected(ticket.error())));
    Batch batch;
    batch.put(*space_, key_of("batch"), "1", options);
    tell(key_of("batch"), store_->commit(batch));
    tell(key_of("absent"), space_->put_if_absent(key_of("absent"), "1", options));
    tell(key_of("compared"), space_->compare_and_set(key_of("compared"), std::nullopt, "2", options));
    tell(key_of("exchanged"), space_->exchange(key_of("exchanged"), "1", options));
    tell(key_of("updated"), space_->update(key_of("updated"), [](auto) { return "1"; }, options));
    tell(key_of("added"), space_->add(key_of("added"), 1, options));
  }
};
INSTANTIATE_TEST_SUITE_P(, KvExpiresAt, ::testing::ValuesIn(all_backends()), row_name);

class KvExpiresAtReopen : public KvExpiresAt {};
INSTANTIATE_TEST_SUITE_P(, KvExpiresAtReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(KvExpiresAt, EveryWritingCallKeepsTheMomentAsItIs) {
  ASSERT_TRUE(ok(space_->set_settings({.default_ttl_ms = 500})));
  int calls = 0;
  write_by_every_call("", {.expires_at_us = kMomentUs}, [&](const std::string& key, const auto& written) {
    ++calls;
    EXPECT_TRUE(ok(written)) << key;
    EXPECT_EQ(space_->expires_at_us(key).value(), kMomentUs) << key;
  });
  EXPECT_EQ(calls, 9);
  EXPECT_EQ(space_->expires_at_us("multi 2").value(), kMomentUs);
}

TEST_P(KvExpiresAt, TheKeyIsThereUntilTheMomentAndThenGoneForEveryCall) {
  put_until("key", "value", kMomentUs);
  clock_.set_us(kMomentUs - 1);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(has_size(*space_, 1));
  clock_.set_us(kMomentUs);
  EXPECT_TRUE(has_size(*space_, 0));
  expect_gone("key");
  put("key", "without a time");
  clock_.advance_ms(1'000'000);
  EXPECT_TRUE(holds(*space_, "key", "without a time"));
}

TEST_P(KvExpiresAt, AMomentThatHasComeLeavesTheKeyAbsentAtOnce) {
  put("replaced", "before");
  for (const std::uint64_t moment : {std::uint64_t{0}, std::uint64_t{1}, FakeClock::kBeginUs - 1, FakeClock::kBeginUs}) {
    put_until("new", "value", moment);
    expect_gone("new");
    put_until("replaced", "value", moment);
    expect_gone("replaced");
    EXPECT_TRUE(has_size(*space_, 0));
    EXPECT_TRUE(scanned().empty());
  }
  kv::space_of(*space_).sweep();
  EXPECT_EQ(kv::space_of(*space_).swept(), 2u) << "they are written, and swept as any other";
  EXPECT_TRUE(says(true, space_->put_if_absent("new", "after")));
  EXPECT_TRUE(holds(*space_, "new", "after"));
}

TEST_P(KvExpiresAt, ATimeToLiveBesideAMomentIsRefusedAndNothingIsWritten) {
  int calls = 0;
  for (const std::uint64_t ttl_ms : {0u, 1'000u})
    write_by_every_call("", {.ttl_ms = ttl_ms, .expires_at_us = kMomentUs},
                        [&](const std::string& key, const auto& written) {
                          ++calls;
                          ASSERT_FALSE(written) << key;
                          EXPECT_EQ(written.error().code, ErrorCode::invalid_argument) << key;
                          EXPECT_EQ(written.error().found, "both") << key;
                        });
  EXPECT_EQ(calls, 18);
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvExpiresAt, TheBoundIsWhatARecordCanHold) {
  int calls = 0;
  write_by_every_call("beyond ", {.expires_at_us = kExpiresAtUsMax + 1},
                      [&](const std::string& key, const auto& written) {
                        ++calls;
                        ASSERT_FALSE(written) << key;
                        EXPECT_EQ(written.error().code, ErrorCode::invalid_argument) << key;
                        EXPECT_EQ(written.error().found, std::to_string(kExpiresAtUsMax + 1)) << key;
                      });
  EXPECT_EQ(calls, 9);
  EXPECT_TRUE(has_size(*space_, 0));
  put_until("key", "value", kExpiresAtUsMax);
  EXPECT_EQ(space_->expires_at_us("key").value(), kExpiresAtUsMax);
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

TEST_P(KvExpiresAt, SetTtlMovesTheMoment) {
  put_until("key", "value", kMomentUs);
  EXPECT_TRUE(says(true, space_->set_ttl("key", 5'000)));
  EXPECT_EQ(space_->expires_at_us("key").value(), clock_.now_us() + 5'000'000);
  EXPECT_TRUE(says(true, space_->set_ttl("key", 0)));
  EXPECT_EQ(space_->expires_at_us("key").value(), std::nullopt);
}

TEST_P(KvExpiresAtReopen, TheMomentIsTheSameBehindACloseAndAKill) {
  const std::string large = some_value(200'000, 1);
  put_until("small", "value", kMomentUs);
  put_until("large", large, kMomentUs + 1);
  put_until("past", "value", FakeClock::kBeginUs - 1);
  for (int round = 0; round < 4; ++round) {
    round % 2 == 0 ? kill() : close();
    open();
    EXPECT_EQ(space_->expires_at_us("small").value(), kMomentUs);
    EXPECT_EQ(space_->expires_at_us("large").value(), kMomentUs + 1);
    EXPECT_TRUE(holds(*space_, "large", large));
    expect_gone("past");
    EXPECT_TRUE(has_size(*space_, 2));
  }
  clock_.set_us(kMomentUs);
  expect_gone("small");
  EXPECT_TRUE(holds(*space_, "large", large));
}

}  // namespace
}  // namespace holdfast::kv_suites
