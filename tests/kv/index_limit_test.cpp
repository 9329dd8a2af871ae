// Options::index_bytes_max: who writes a key too many is told so, and nobody else is troubled.

#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "fake_clock.hpp"
#include "kv/index_cost.hpp"
#include "kv/kv_space.hpp"
#include "stream_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

constexpr std::uint64_t kEntry = kv::kHashEntryBytes;
constexpr std::uint64_t kEntriesMax = 10;

class IndexLimit : public KvStreams {
 protected:
  IndexLimit() {
    options_.index_bytes_max = kEntriesMax * kEntry;
    options_.sweep_interval_ms = 0;
    options_.clock = clock_.function();
  }

  void fill(std::uint64_t count = kEntriesMax) {
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_NO_FATAL_FAILURE(put("key " + std::to_string(i), "value"));
  }

  template <class T>
  [[nodiscard]] static ::testing::AssertionResult is_refused(const Result<T>& result, std::uint64_t found) {
    if (auto refused = fails_with(ErrorCode::too_large, result); !refused) return refused;
    const Error& error = result.error();
    if (error.message.find("Options::index_bytes_max") == std::string::npos || error.found != std::to_string(found) ||
        error.expected.find(" bytes") == std::string::npos)
      return ::testing::AssertionFailure() << error.to_string();
    return ::testing::AssertionSuccess();
  }

  [[nodiscard]] static std::uint64_t index_bytes(const holdfast::Kv& space) {
    const auto statistics = space.statistics();
    EXPECT_TRUE(ok(statistics));
    return statistics ? statistics->index_bytes : 0;
  }
  /// What the store counts, of all spaces.
  [[nodiscard]] std::uint64_t used_bytes() {
    const auto engine = kv::space_of(*space_).gate()->enter();
    return static_cast<std::uint64_t>(engine->index_budget().used_bytes());
  }

  FakeClock clock_;
};
INSTANTIATE_TEST_SUITE_P(, IndexLimit, ::testing::ValuesIn(all_backends()), row_name);

class IndexLimitReopen : public IndexLimit {};
INSTANTIATE_TEST_SUITE_P(, IndexLimitReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(IndexLimit, EveryCallThatWouldAddAKeyIsRefused) {
  ASSERT_NO_FATAL_FAILURE(fill());
  const std::uint64_t one_more = (kEntriesMax + 1) * kEntry;
  EXPECT_TRUE(is_refused(space_->put("new", "value"), one_more));
  EXPECT_TRUE(is_refused(space_->put_if_absent("new", "value"), one_more));
  EXPECT_TRUE(is_refused(space_->compare_and_set("new", std::nullopt, "value"), one_more));
  EXPECT_TRUE(is_refused(space_->exchange("new", "value"), one_more));
  EXPECT_TRUE(is_refused(space_->update("new", [](auto) { return "value"; }), one_more));
  EXPECT_TRUE(is_refused(space_->add("new", 1), one_more));
  EXPECT_TRUE(is_refused(space_->put_async("new", "value"), one_more));
  EXPECT_TRUE(is_refused(space_->multi_put(std::vector<KvEntry>{{"key 0", "other"}, {"new", "value"}}), one_more));
  Batch batch;
  batch.put(*space_, "key 1", "other");
  batch.put(*space_, "new", "value");
  EXPECT_TRUE(is_refused(store_->commit(batch), one_more));
  EXPECT_TRUE(is_refused(space_->put("new", "value", {.ttl_ms = 10}), one_more + kv::kExpiryEntryBytes));

  EXPECT_TRUE(has_size(*space_, kEntriesMax));
  for (std::uint64_t i = 0; i < kEntriesMax; ++i) EXPECT_TRUE(holds(*space_, "key " + std::to_string(i), "value"));
  EXPECT_TRUE(is_absent(*space_, "new"));
  EXPECT_EQ(index_bytes(*space_), kEntriesMax * kEntry);
  EXPECT_EQ(used_bytes(), kEntriesMax * kEntry);
}

TEST_P(IndexLimit, AnImportStopsWhereItIsFull) {
  auto from = space("from");
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(ok(from.put("new " + std::to_string(i), "value", kBuffered)));
  StreamInMemory stream = exported(from);
  ASSERT_TRUE(ok(store_->drop_kv("from")));
  ASSERT_NO_FATAL_FAILURE(fill(8));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, import(*space_, stream)));
  EXPECT_TRUE(says(true, space_->erase("key 0")));
  EXPECT_TRUE(says(true, space_->erase("key 1")));
  const auto imported = import(*space_, stream);
  ASSERT_TRUE(ok(imported));
  EXPECT_TRUE(has_size(*space_, kEntriesMax));
}

TEST_P(IndexLimit, WhatIsThereCanBeReplacedAndErasedByEveryCall) {
  ASSERT_NO_FATAL_FAILURE(fill());
  EXPECT_TRUE(ok(space_->put("key 0", "1")));
  EXPECT_TRUE(says(false, space_->put_if_absent("key 0", "2")));
  EXPECT_TRUE(says(true, space_->compare_and_set("key 0", "1", "3")));
  EXPECT_TRUE(ok(space_->exchange("key 1", "4")));
  EXPECT_TRUE(ok(space_->update("key 1", [](auto) { return "5"; })));
  EXPECT_TRUE(ok(space_->multi_put(std::vector<KvEntry>{{"key 2", "6"}, {"key 3", "7"}})));
  const auto ticket = space_->put_async("key 4", "8");
  ASSERT_TRUE(ok(ticket));
  EXPECT_TRUE(ok(ticket->wait()));
  EXPECT_TRUE(ok(space_->put("key 5", some_value(200'000, 1))));
  EXPECT_TRUE(says(true, space_->set_ttl("key 6", 10)));
  EXPECT_EQ(used_bytes(), kEntriesMax * kEntry + kv::kExpiryEntryBytes);
  EXPECT_TRUE(says(true, space_->erase("key 6")));
  EXPECT_TRUE(ok(space_->exchange("key 7", std::nullopt)));
  const auto erased = space_->erase_async("key 8");
  ASSERT_TRUE(ok(erased));
  EXPECT_TRUE(ok(erased->wait()));
  Batch batch;
  batch.erase(*space_, "key 9");
  batch.put(*space_, "key 0", "9");
  EXPECT_TRUE(ok(store_->commit(batch)));
  EXPECT_TRUE(has_size(*space_, kEntriesMax - 4));
  EXPECT_EQ(used_bytes(), (kEntriesMax - 4) * kEntry);
}

TEST_P(IndexLimit, AnEraseGivesRoomBackToAllSpacesAndSoDoesADrop) {
  auto other = space("other");
  ASSERT_NO_FATAL_FAILURE(fill(6));
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(ok(other.put(std::to_string(i), "value")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, other.put("new", "value")));
  EXPECT_TRUE(says(true, space_->erase("key 0")));
  EXPECT_TRUE(ok(other.put("new", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put("key 0", "value")));
  EXPECT_EQ(index_bytes(*space_), 5 * kEntry);
  EXPECT_EQ(index_bytes(other), 5 * kEntry);
  ASSERT_TRUE(ok(store_->drop_kv("other")));
  EXPECT_EQ(used_bytes(), 5 * kEntry);
  for (unsigned i = 0; i < 5; ++i) EXPECT_TRUE(ok(space_->put("again " + std::to_string(i), "value")));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put("new", "value")));
}

TEST_P(IndexLimit, ABatchThatIsRefusedGivesBackWhatItHadTaken) {
  ASSERT_NO_FATAL_FAILURE(fill(8));
  for (int round = 0; round < 5; ++round) {
    const std::vector<KvEntry> three{{"a", "1"}, {"b", "2"}, {"c", "3"}};
    EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->multi_put(three)));
    EXPECT_EQ(used_bytes(), 8 * kEntry);
  }
  EXPECT_TRUE(ok(space_->multi_put(std::vector<KvEntry>{{"a", "1"}, {"b", "2"}, {"a", "3"}})));
  EXPECT_EQ(used_bytes(), kEntriesMax * kEntry);
}

TEST_P(IndexLimit, KeysOfOrderedSpacesAndThoseThatExpireCountForMore) {
  auto ordered = space("ordered", {.settings = {.ordered = true}});
  ASSERT_TRUE(ok(ordered.put("12345", "value")));
  EXPECT_EQ(index_bytes(ordered), kEntry + kv::kOrderedEntryBytes + 5);
  ASSERT_TRUE(ok(ordered.put("12345", "value", {.ttl_ms = 10})));
  EXPECT_EQ(index_bytes(ordered), kEntry + kv::kOrderedEntryBytes + 5 + kv::kExpiryEntryBytes);
  const std::uint64_t left = kEntriesMax * kEntry - index_bytes(ordered);
  const std::string misfit(left - kEntry - kv::kOrderedEntryBytes + 1, 'k');
  EXPECT_TRUE(is_refused(ordered.put(misfit, "value"), kEntriesMax * kEntry + 1));
  EXPECT_TRUE(ok(ordered.put(std::string_view(misfit).substr(1), "value")));
  EXPECT_EQ(used_bytes(), kEntriesMax * kEntry);
  clock_.advance_ms(10);
  kv::space_of(ordered).sweep();
  EXPECT_EQ(used_bytes(), left);
  EXPECT_TRUE(says(true, ordered.erase(std::string_view(misfit).substr(1))));
  EXPECT_EQ(used_bytes(), 0u);
  EXPECT_EQ(index_bytes(ordered), 0u);
}

TEST_P(IndexLimit, AKeyThatHasExpiredIsReplacedLikeOneThatIsThere) {
  ASSERT_NO_FATAL_FAILURE(fill(8));
  ASSERT_TRUE(ok(space_->put("short", "value", {.ttl_ms = 10})));
  clock_.advance_ms(10);
  EXPECT_TRUE(says(true, space_->put_if_absent("short", "value")));
  EXPECT_EQ(used_bytes(), 9 * kEntry);
}

TEST_P(IndexLimit, AWriteThatFailsGivesItsRoomBack) {
  options_.index_bytes_max = std::uint64_t{1} << 30;
  options_.max_size_bytes = kTestSizeBytes;
  space_.reset();
  store_.reset();
  open();
  std::uint64_t stored = 0;
  for (int refused = 0; refused < 3;) {
    const auto put = space_->put("key " + std::to_string(stored), some_value(10'000, 1), kBuffered);
    if (put) {
      ++stored;
      continue;
    }
    ASSERT_TRUE(fails_with(ErrorCode::no_space, put));
    ++refused;
  }
  EXPECT_EQ(used_bytes(), stored * kEntry);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, space_->multi_put(std::vector<KvEntry>{
                                                  {"a", some_value(300'000, 1)}, {"b", some_value(300'000, 2)}})));
  EXPECT_EQ(used_bytes(), stored * kEntry);
}

TEST_P(IndexLimit, ThreadsFillItToTheLastKeyAndNoFurther) {
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([this, t] {
      for (unsigned i = 0; i < 50; ++i) {
        const auto put = space_->put(std::to_string(t) + " " + std::to_string(i), "value", kBuffered);
        if (!put) {
          ASSERT_TRUE(fails_with(ErrorCode::too_large, put));
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(has_size(*space_, kEntriesMax));
  EXPECT_EQ(used_bytes(), kEntriesMax * kEntry);
}

// Keys that meet, in spaces of all kinds, beside each other: what is counted as each is written is what is there in the end.
TEST_P(IndexLimit, TheSumIsThatOfItsSpacesBesideWriters) {
  options_.index_bytes_max = 100 * kEntry;
  options_.sweep_interval_ms = 1;
  space_.reset();
  store_.reset();
  open();
  const std::vector<holdfast::Kv> spaces{*space_, space("ordered", {.settings = {.ordered = true}}),
                                         space("bounded", {.settings = {.keys_max = 8}})};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (unsigned i = 0; i < 2'000; ++i) {
        holdfast::Kv on = spaces[random() % spaces.size()];
        const std::string key = "key " + std::to_string(random() % 40);
        const PutOptions how{.durability = Durability::buffered,
                             .ttl_ms = random() % 3 == 0 ? std::optional<std::uint64_t>(1) : std::nullopt};
        switch (random() % 6) {
          case 0: static_cast<void>(on.erase(key, kBuffered)); break;
          case 1: static_cast<void>(on.exchange(key, "1", how)); break;
          case 2: static_cast<void>(on.put_async(key, "2", how)); break;
          case 3: static_cast<void>(on.multi_put(std::vector<KvEntry>{{key, "3"}, {"all", "4"}}, how)); break;
          default: static_cast<void>(on.put(key, "5", how)); break;
        }
        if (i % 50 == 0) clock_.advance_ms(1);
      }
    });
  for (std::thread& thread : threads) thread.join();
  const auto last = space_->put("all", "6", kBuffered);
  ASSERT_TRUE(last || fails_with(ErrorCode::too_large, last)) << "it is there, or has met a full index";
  ASSERT_TRUE(ok(store_->sync()));
  const auto sum_of_spaces = [&] {
    std::uint64_t sum = 0;
    for (const holdfast::Kv& one : spaces) sum += index_bytes(one);
    return sum;
  };
  // Asynchronous writes may have their ends before them, and the sweeper what the clock's last step has left: the two agree
  // when all is done.
  std::uint64_t sum = sum_of_spaces();
  std::uint64_t used = used_bytes();
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);  // for machines that have stopped
  while ((used != sum || sum != sum_of_spaces()) && std::chrono::steady_clock::now() < end) {
    std::this_thread::yield();
    sum = sum_of_spaces();
    used = used_bytes();
  }
  EXPECT_EQ(used, sum);
  EXPECT_GT(sum, 0u);
}

TEST_P(IndexLimitReopen, AStoreWhoseKeysDoNotFitIsLeftAsItWas) {
  auto ordered = space("ordered", {.settings = {.ordered = true}});
  ASSERT_NO_FATAL_FAILURE(fill(6));
  ASSERT_TRUE(ok(ordered.put("123", "value", {.ttl_ms = 10})));
  ASSERT_TRUE(says(true, space_->erase("key 5")));
  ASSERT_TRUE(ok(space_->put("key 4", some_value(200'000, 4))));
  const std::uint64_t needed = 6 * kEntry + kv::kOrderedEntryBytes + 3 + kv::kExpiryEntryBytes;
  ASSERT_EQ(used_bytes(), needed);
  for (const bool cleanly : {true, false}) {
    space_.reset();
    if (cleanly) {
      ASSERT_TRUE(ok(store_->close()));
    }
    store_.reset();
    options_.index_bytes_max = needed - 1;
    for (const OpenMode mode : {OpenMode::existing, OpenMode::read_only, OpenMode::open_or_create}) {
      options_.mode = mode;
      const auto refused = Store::open(directory_.store(), options_);
      EXPECT_TRUE(is_refused(refused, needed));
    }
    options_.index_bytes_max = needed;
    reopen_after_kill();
    if (cleanly) {
      EXPECT_TRUE(store_->recovery().clean_close);
    }
    EXPECT_TRUE(store_->recovery().damage.empty());
    EXPECT_EQ(used_bytes(), needed);
    EXPECT_EQ(index_bytes(*space_), 5 * kEntry);
    EXPECT_TRUE(holds(*space_, "key 4", some_value(200'000, 4)));
    EXPECT_TRUE(fails_with(ErrorCode::too_large, space_->put("new", "value")));
    EXPECT_TRUE(ok(space_->put("key 0", "other")));
  }
}

TEST_P(IndexLimit, WithoutALimitTheBytesAreToldAllTheSame) {
  options_.index_bytes_max = 0;
  space_.reset();
  store_.reset();
  open();
  ASSERT_NO_FATAL_FAILURE(fill(3 * kEntriesMax));
  EXPECT_EQ(index_bytes(*space_), 3 * kEntriesMax * kEntry);
  EXPECT_EQ(used_bytes(), 0u);
}

}  // namespace
}  // namespace holdfast::kv_suites
