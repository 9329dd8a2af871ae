// Keys that expire: gone at once for every call, for good, whatever the clock does behind it.

#include <array>

#include "kv/kv_space.hpp"
#include "kv_suites.hpp"
#include "ttl_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class KvTtl : public TtlTest {};
INSTANTIATE_TEST_SUITE_P(, KvTtl, ::testing::ValuesIn(all_backends()), row_name);

class KvTtlReopen : public TtlTest {
 protected:
  void reopen_after_close() {
    close();
    open();
  }
  void reopen_after_kill() {
    kill();
    open();
  }
};
INSTANTIATE_TEST_SUITE_P(, KvTtlReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

std::uint64_t marks_written(const holdfast::Kv& space) {
  return kv::space_of(space).gate()->enter()->expiry_clock().marks_written();
}

TEST_P(KvTtl, AKeyIsThereUntilItsTimeAndThenGoneForEveryCall) {
  put_for("key", "value", 1'000);
  put("other", "stays");
  EXPECT_EQ(*space_->expires_at_us("key"), FakeClock::kBeginUs + 1'000'000);
  EXPECT_EQ(*space_->expires_at_us("other"), std::nullopt);
  clock_.set_us(FakeClock::kBeginUs + 999'999);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(says(true, space_->contains("key")));
  EXPECT_TRUE(has_size(*space_, 2));
  EXPECT_EQ(scanned().size(), 2u);
  clock_.set_us(FakeClock::kBeginUs + 1'000'000);
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_EQ(scanned(), (std::map<std::string, std::string>{{"other", "stays"}}));
  expect_gone("key");
  EXPECT_TRUE(says(false, space_->erase("key")));
}

TEST_P(KvTtl, ValuesOfAllSizesComeBackBeforeTheirTime) {
  for (const std::uint64_t above : {0u, 100u}) {
    ASSERT_TRUE(ok(space_->set_settings({.compress_above_bytes = above})));
    for (const std::size_t size : {0u, 1u, 300u, 16'000u, 200'000u}) {
      const std::string value = some_value(size, 4);
      put_for("key", value, 1'000);
      EXPECT_TRUE(holds(*space_, "key", value));
      const auto viewed = space_->view("key");
      ASSERT_TRUE(ok(viewed));
      EXPECT_EQ((*viewed)->value(), value);
      std::string buffer(size, '?');
      EXPECT_EQ(*space_->get_into("key", buffer), size);
      EXPECT_EQ(buffer, value);
      EXPECT_EQ(*space_->multi_get(std::vector<std::string_view>{"key"})->front(), value);
      EXPECT_EQ(scanned(), (std::map<std::string, std::string>{{"key", value}}));
      EXPECT_EQ(*space_->snapshot()->get("key"), value);
      EXPECT_TRUE(store_->verify()->damage.empty());
    }
  }
}

TEST_P(KvTtl, EveryWritingCallGivesATimeOrTheSpacesOwn) {
  const auto check = [&](std::uint64_t expected_ms, const std::optional<std::uint64_t> ttl_ms) {
    const PutOptions options{.ttl_ms = ttl_ms};
    const auto expect_time = [&](std::string_view key) {
      const auto time = space_->expires_at_us(key);
      ASSERT_TRUE(ok(time));
      EXPECT_EQ(*time, expected_ms == 0 ? std::nullopt : std::optional(clock_.now_us() + expected_ms * 1'000)) << key;
    };
    ASSERT_TRUE(ok(space_->put("put", "1", options)));
    ASSERT_TRUE(ok(space_->multi_put(std::vector<KvEntry>{{"multi", "1"}, {"multi 2", "1"}}, options)));
    const auto ticket = space_->put_async("async", "1", options);
    ASSERT_TRUE(ok(ticket));
    ASSERT_TRUE(ok(ticket->wait()));
    Batch batch;
    batch.put(*space_, "batch", "1", options);
    batch.put(*space_, "batch 2", "1");
    ASSERT_TRUE(ok(store_->commit(batch)));
    static_cast<void>(space_->erase("absent"));
    EXPECT_TRUE(says(true, space_->put_if_absent("absent", "1", options)));
    EXPECT_TRUE(says(true, space_->compare_and_set("put", "1", "2", options)));
    EXPECT_TRUE(ok(space_->exchange("exchange", "1", options)));
    EXPECT_TRUE(ok(space_->update("update", [](auto) { return "1"; }, options)));
    EXPECT_TRUE(ok(space_->add("add", 1, options)));
    for (const char* const key :
         {"put", "multi", "multi 2", "async", "batch", "absent", "exchange", "update", "add"})
      expect_time(key);
  };
  check(0, std::nullopt);
  check(70, 70);
  ASSERT_TRUE(ok(space_->set_settings({.default_ttl_ms = 500})));
  check(500, std::nullopt);
  check(70, 70);
  check(0, 0);
  EXPECT_EQ(*space_->expires_at_us("batch 2"), clock_.now_us() + 500'000);
}

TEST_P(KvTtl, ATimeToLiveBeyondTheBoundIsRefused) {
  const PutOptions beyond{.ttl_ms = kTtlMsMax + 1};
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put("key", "1", beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->multi_put(std::vector<KvEntry>{{"key", "1"}}, beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put_async("key", "1", beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->put_if_absent("key", "1", beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->add("key", 1, beyond)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, space_->set_ttl("key", kTtlMsMax + 1)));
  Batch batch;
  batch.put(*space_, "key", "1", beyond);
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->commit(batch)));
  EXPECT_TRUE(has_size(*space_, 0));
  put_for("key", "1", kTtlMsMax);
  EXPECT_TRUE(holds(*space_, "key", "1"));
}

TEST_P(KvTtl, ConditionalWritesFindAnExpiredKeyAbsent) {
  for (const char* const key : {"a", "b", "c", "d", "e", "f"}) put_for(key, "12345678", 10);
  clock_.advance_ms(10);
  EXPECT_TRUE(says(true, space_->put_if_absent("a", "new")));
  EXPECT_TRUE(says(false, space_->compare_and_set("b", "12345678", "new")));
  EXPECT_TRUE(says(true, space_->compare_and_set("b", std::nullopt, "new")));
  EXPECT_EQ(*space_->exchange("c", "new"), std::nullopt);
  EXPECT_TRUE(ok(space_->update("d", [](std::optional<std::string_view> present) {
    EXPECT_FALSE(present.has_value());
    return "new";
  })));
  EXPECT_EQ(*space_->add("e", 5), 5);
  EXPECT_TRUE(says(false, space_->set_ttl("f", 1'000)));
  expect_gone("f");
  for (const char* const key : {"a", "b", "c", "d"}) EXPECT_TRUE(holds(*space_, key, "new"));
  EXPECT_TRUE(has_size(*space_, 5));
}

TEST_P(KvTtl, SetTtlMovesTheTimeAndTakesItAway) {
  put_for("key", "value", 1'000);
  EXPECT_TRUE(says(true, space_->set_ttl("key", 5'000)));
  EXPECT_EQ(*space_->expires_at_us("key"), clock_.now_us() + 5'000'000);
  clock_.advance_ms(4'999);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(says(true, space_->set_ttl("key", 0)));
  EXPECT_EQ(*space_->expires_at_us("key"), std::nullopt);
  clock_.advance_ms(100'000);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(says(true, space_->set_ttl("key", 1)));
  clock_.advance_ms(1);
  expect_gone("key");
  EXPECT_TRUE(says(false, space_->set_ttl("missing", 1)));
  EXPECT_TRUE(has_size(*space_, 0));
}

TEST_P(KvTtl, SizeIsExactHoweverOftenKeysAreReplaced) {
  for (int i = 0; i < 300; ++i) {
    const std::string key = std::to_string(i);
    put_for(key, "1", 10);
    if (i % 3 == 0) put_for(key, "2", 20 + static_cast<unsigned>(i));
    if (i % 3 == 1) put(key, "stays");
    if (i % 5 == 0) {
      ASSERT_TRUE(says(true, space_->erase(key, kBuffered)));
    }
  }
  for (std::uint64_t ms = 0; ms < 400; ms += 5, clock_.advance_ms(5)) {
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < 300; ++i) {
      if (i % 5 == 0) continue;
      expected += i % 3 == 1 || ms < (i % 3 == 0 ? 20 + i : 10) ? 1 : 0;
    }
    ASSERT_TRUE(has_size(*space_, expected)) << ms;
    ASSERT_EQ(scanned().size(), expected);
  }
}

TEST_P(KvTtl, ASnapshotKeepsWhatHadNotExpiredWhenItBegan) {
  put_for("before", "1", 10);
  put_for("meanwhile", "2", 30);
  clock_.advance_ms(20);
  const auto snapshot = space_->snapshot();
  ASSERT_TRUE(ok(snapshot));
  clock_.advance_ms(20);
  kv::space_of(*space_).sweep();
  EXPECT_EQ(kv::space_of(*space_).swept(), 2u);
  EXPECT_EQ(*snapshot->get("before"), std::nullopt);
  EXPECT_EQ(*snapshot->get("meanwhile"), "2");
  EXPECT_TRUE(says(false, snapshot->contains("before")));
  EXPECT_TRUE(says(true, snapshot->contains("meanwhile")));
  std::vector<std::string> keys;
  ASSERT_TRUE(ok(snapshot->scan("", [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return true;
  })));
  EXPECT_EQ(keys, std::vector<std::string>{"meanwhile"});
  expect_gone("meanwhile");
}

TEST_P(KvTtl, CursorsAndRangesPassOverExpiredKeys) {
  holdfast::Kv ordered = space("ordered", {.settings = {.ordered = true}});
  for (std::uint64_t i = 0; i < 9; ++i)
    ASSERT_TRUE(ok(ordered.put(std::to_string(i), "v", {.ttl_ms = i % 2 == 0 ? 10 : 1'000})));
  clock_.advance_ms(10);
  std::string keys;
  ASSERT_TRUE(ok(ordered.range({}, [&](std::string_view key, std::string_view) {
    keys += key;
    return true;
  })));
  EXPECT_EQ(keys, "1357");
  EXPECT_EQ(*ordered.count(), 4u);
  auto cursor = ordered.cursor({.reverse = true});
  ASSERT_TRUE(ok(cursor));
  EXPECT_TRUE(says(true, cursor->seek("8")));
  EXPECT_EQ(cursor->key(), "7");
  clock_.advance_ms(10'000);  // it is as of its begin
  EXPECT_TRUE(says(true, cursor->next()));
  EXPECT_EQ(cursor->key(), "5");
  EXPECT_EQ(*cursor->value(), "v");
  EXPECT_EQ(*ordered.count(), 0u);
}

TEST_P(KvTtl, AKeyIsPutAnewBehindItsTime) {
  put_for("key", some_value(200'000, 1), 10);
  clock_.advance_ms(10);
  put("key", "new");
  EXPECT_TRUE(holds(*space_, "key", "new"));
  EXPECT_TRUE(has_size(*space_, 1));
  clock_.advance_ms(1'000'000);
  EXPECT_TRUE(holds(*space_, "key", "new"));
}

TEST_P(KvTtl, AClockSetBackRevivesNothing) {
  put_for("key", "value", 1'000);
  clock_.advance_ms(1'000);
  EXPECT_TRUE(has_size(*space_, 0));
  clock_.set_back_ms(900'000);
  expect_gone("key");
  EXPECT_TRUE(has_size(*space_, 0));
  put_for("later", "value", 1'000);
  EXPECT_TRUE(holds(*space_, "later", "value"));
}

TEST_P(KvTtl, TheClocksMarkIsWrittenOnceAStep) {
  for (int i = 0; i < 100; ++i) put_for(std::to_string(i), "value", 10 + static_cast<unsigned>(i) / 2);
  EXPECT_EQ(marks_written(*space_), 0u);
  for (int ms = 0; ms < 80; ++ms, clock_.advance_ms(1))
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(space_->get(std::to_string(i))));
  EXPECT_EQ(marks_written(*space_), 1u);
  clock_.advance_ms(5'000);
  put_for("key", "value", 10);
  EXPECT_EQ(marks_written(*space_), 1u);
  clock_.advance_ms(10);
  expect_gone("key");
  EXPECT_EQ(marks_written(*space_), 2u);
}

TEST_P(KvTtlReopen, TimesAreThereBehindACloseAndAKill) {
  const std::string large = some_value(200'000, 1);
  put_for("small", "value", 1'000'000);
  put_for("large", large, 2'000'000);
  put("stays", "value");
  for (int round = 0; round < 2; ++round) {
    round == 0 ? reopen_after_kill() : reopen_after_close();
    EXPECT_EQ(*space_->expires_at_us("small"), FakeClock::kBeginUs + 1'000'000'000);
    EXPECT_TRUE(holds(*space_, "large", large));
    EXPECT_TRUE(has_size(*space_, 3));
  }
  clock_.advance_ms(1'000'000);
  EXPECT_TRUE(has_size(*space_, 2));
  expect_gone("small");
  clock_.advance_ms(1'000'000);
  reopen_after_kill();
  EXPECT_TRUE(has_size(*space_, 1));
  expect_gone("large");
  put("large", "again");
  EXPECT_TRUE(has_size(*space_, 2));
}

// Each call that tells that a key has expired must have left a mark before.
TEST_P(KvTtlReopen, AClockSetBackBeforeTheNextOpenRevivesNothingThatWasToldToHaveExpired) {
  using Tell = std::function<void(holdfast::Kv&)>;
  const std::array<Tell, 11> tells{
      [](holdfast::Kv& space) { EXPECT_TRUE(is_absent(space, "key")); },
      [](holdfast::Kv& space) { EXPECT_TRUE(says(false, space.contains("key"))); },
      [](holdfast::Kv& space) { EXPECT_TRUE(has_size(space, 0)); },
      [](holdfast::Kv& space) { EXPECT_TRUE(says(false, space.erase("key"))); },
      [](holdfast::Kv& space) { EXPECT_TRUE(says(false, space.compare_and_set("key", "value", "new"))); },
      [](holdfast::Kv& space) { EXPECT_FALSE(space.multi_get(std::vector<std::string_view>{"key"})->front()); },
      [](holdfast::Kv& space) { EXPECT_TRUE(ok(space.scan("", [](auto, auto) { return ADD_FAILURE(), true; }))); },
      [](holdfast::Kv& space) { EXPECT_FALSE(*space.snapshot()->get("key")); },
      [](holdfast::Kv& space) { EXPECT_TRUE(says(false, space.snapshot()->contains("key"))); },
      [](holdfast::Kv& space) { EXPECT_EQ(*space.count(), 0u); },
      [](holdfast::Kv& space) { kv::space_of(space).sweep(); },
  };
  for (std::size_t i = 0; i < tells.size(); ++i) {
    const std::string name = "ordered " + std::to_string(i);
    holdfast::Kv ordered = space(name, {.settings = {.ordered = true}});
    ASSERT_TRUE(ok(ordered.put("key", "value", {.ttl_ms = 1'000})));
    clock_.advance_ms(1'000);
    tells[i](ordered);
    clock_.set_back_ms(900'000);
    reopen_after_kill();
    holdfast::Kv again = space(name);
    EXPECT_TRUE(is_absent(again, "key")) << i;
    EXPECT_TRUE(has_size(again, 0)) << i;
    // Behind the mark, which is at most a step ahead.
    clock_.advance_ms(900'000 + 2'000);
  }
}

TEST_P(KvTtlReopen, AStoreOpenedReadOnlyHidesExpiredKeysAndWritesNothing) {
  put_for("key", "value", 1'000);
  put("stays", "value");
  close();
  clock_.advance_ms(1'000);
  options_.mode = OpenMode::read_only;
  open();
  auto reading = store_->kv("space", {.mode = OpenMode::existing});
  ASSERT_TRUE(ok(reading));
  space_.emplace(std::move(*reading));
  expect_gone("key");
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_EQ(marks_written(*space_), 0u);
  space_.reset();
  store_.reset();
  clock_.set_back_ms(1'000);
  options_.mode = OpenMode::existing;
  open();
  EXPECT_TRUE(holds(*space_, "key", "value"));  // nothing that this store keeps says otherwise
}

}  // namespace
}  // namespace holdfast::kv_suites
