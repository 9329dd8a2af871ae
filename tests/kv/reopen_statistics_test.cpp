// What a store knows of its keys and its room when it is opened again, whoever has written what before.

#include "kv_suites.hpp"

#include <functional>
#include <map>
#include <vector>

#include "fake_clock.hpp"

namespace holdfast::kv_reopened {
namespace {

/// What must be the same before and behind.
struct Known {
  std::map<std::string, std::string> entries{};
  std::map<std::string, std::uint64_t> expiries{};
  std::string order{};
  std::uint64_t keys = 0;
  std::uint64_t segments = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t tombstone_bytes = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t index_bytes = 0;
  friend bool operator==(const Known&, const Known&) = default;
};

void PrintTo(const Known& known, std::ostream* out) {
  *out << known.entries.size() << " entries, " << known.expiries.size() << " that expire, order " << known.order << ", keys "
       << known.keys << ", segments " << known.segments << " of " << known.size_bytes << " bytes, live " << known.live_bytes
       << ", tombstones " << known.tombstone_bytes << ", data " << known.data_bytes << ", index " << known.index_bytes;
}

struct History {
  const char* name;
  std::function<void(Store&, Kv&)> write;
};

std::string key_of(int i) { return "key " + std::to_string(i); }
std::string value_of(int i, int round = 0) {
  return some_value(static_cast<std::size_t>((i * 37 + round) % 300), static_cast<unsigned>(i + round));
}

void put_all(Kv& space, int begin, int end, int round = 0) {
  for (int i = begin; i < end; ++i) ASSERT_TRUE(ok(space.put(key_of(i), value_of(i, round), kBuffered)));
}

void erase_some(Kv& space, int end, int step) {
  for (int i = 0; i < end; i += step) ASSERT_TRUE(says(true, space.erase(key_of(i), kBuffered)));
}

void write_batches(Store& store, Kv& space) {
  auto other = store.kv("other");
  ASSERT_TRUE(ok(other));
  for (int batch = 0; batch < 30; ++batch) {
    Batch writes;
    for (int i = batch * 10; i < batch * 10 + 20; ++i) {
      writes.put(space, key_of(i), value_of(i, batch));
      writes.put(*other, key_of(i % 7), value_of(i));
    }
    if (batch > 2) writes.erase(space, key_of(batch * 10 - 5));
    ASSERT_TRUE(ok(store.commit(writes)));
  }
}

void write_expiring(Store&, Kv& space) {
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t ttl_ms = static_cast<std::uint64_t>(i % 3) * 1'000'000;
    ASSERT_TRUE(ok(space.put(key_of(i), value_of(i), {.durability = Durability::buffered, .ttl_ms = ttl_ms})));
  }
  put_all(space, 0, 200, 9);  // they live for good
  for (int i = 0; i < 200; i += 2)
    ASSERT_TRUE(ok(space.put(key_of(i), value_of(i), {.durability = Durability::buffered, .ttl_ms = 5'000'000})));
}

void write_cleaned(Store&, Kv& space) {
  for (int round = 0; round < 8; ++round) put_all(space, 0, 500, round);
  erase_some(space, 500, 5);
  ASSERT_TRUE(ok(space.compact()));
  put_all(space, 100, 200, 50);
}

void write_beside_dropped(Store& store, Kv& space) {
  auto gone = store.kv("gone");
  ASSERT_TRUE(ok(gone));
  put_all(space, 0, 100);
  put_all(*gone, 0, 400);
  put_all(space, 50, 150, 3);
  ASSERT_TRUE(ok(store.drop_kv("gone")));
  put_all(space, 140, 180, 4);
}

const std::vector<History>& histories() {
  static const std::vector<History> all{
      {"nothing", [](Store&, Kv&) {}},
      {"new_keys", [](Store&, Kv& space) { put_all(space, 0, 600); }},
      {"replaced_keys",
       [](Store&, Kv& space) {
         for (int round = 0; round < 12; ++round) put_all(space, round * 5, 100, round);
       }},
      {"erased_keys",
       [](Store&, Kv& space) {
         put_all(space, 0, 300);
         erase_some(space, 300, 3);
         put_all(space, 0, 50, 2);
       }},
      {"nothing_left",
       [](Store&, Kv& space) {
         put_all(space, 0, 300);
         erase_some(space, 300, 1);
       }},
      {"large_values",
       [](Store&, Kv& space) {
         for (int i = 0; i < 12; ++i)
           ASSERT_TRUE(ok(space.put(key_of(i % 5), some_value(40'000, static_cast<unsigned>(i)), kBuffered)));
         put_all(space, 3, 30);
       }},
      {"values_with_footers",
       [](Store&, Kv& space) {
         for (int i = 0; i < 200; ++i)
           ASSERT_TRUE(ok(space.put(key_of(i % 70), some_value(2'000, static_cast<unsigned>(i)), kBuffered)));
         erase_some(space, 70, 7);
       }},
      {"batches", write_batches},
      {"expiring_keys", write_expiring},
      {"cleaned_segments", write_cleaned},
      {"dropped_space", write_beside_dropped},
  };
  return all;
}

using Row = std::tuple<BackendRow, std::size_t, bool>;

class KvReopenedStatistics : public ::testing::TestWithParam<Row> {
 protected:
  KvReopenedStatistics() : directory_(std::get<0>(GetParam())->root) {
    options_.backend = backend_of(std::get<0>(GetParam()));
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.clean_automatically = false;  // nothing moves while it is looked at
    options_.sweep_interval_ms = 0;
    options_.clock = clock_.function();
  }

  void open(std::uint32_t threads) {
    options_.recovery_threads = threads;
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto space = store_->kv("space", {.settings = {.ordered = std::get<2>(GetParam())}});
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
  }

  [[nodiscard]] Known known() {
    Known known;
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
      EXPECT_TRUE(known.entries.emplace(key, value).second) << "shown twice: " << key;
      return true;
    })));
    for (const auto& [key, value] : known.entries) {
      EXPECT_TRUE(holds(*space_, key, value));
      if (const auto expires = space_->expires_at_us(key); expires && *expires) known.expiries.emplace(key, **expires);
    }
    if (std::get<2>(GetParam())) {
      EXPECT_TRUE(ok(space_->range({}, [&](std::string_view key, std::string_view) {
        known.order += std::string(key) + ",";
        return true;
      })));
    }
    const auto statistics = space_->statistics();
    EXPECT_TRUE(ok(statistics));
    known.keys = statistics->keys;
    known.segments = statistics->segments;
    known.size_bytes = statistics->size_bytes;
    known.live_bytes = statistics->live_bytes;
    known.tombstone_bytes = statistics->tombstone_bytes;
    known.data_bytes = statistics->data_bytes;
    known.index_bytes = statistics->index_bytes;
    EXPECT_EQ(known.keys, known.entries.size());
    return known;
  }

  FakeClock clock_;
  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Kv> space_;
};

std::vector<std::size_t> all_histories() {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < histories().size(); ++i) numbers.push_back(i);
  return numbers;
}

std::string row_of(const ::testing::TestParamInfo<Row>& info) {
  const auto& [backend, history, is_ordered] = info.param;
  return std::string(backend->name) + "_" + histories()[history].name + (is_ordered ? "_ordered" : "");
}

INSTANTIATE_TEST_SUITE_P(, KvReopenedStatistics,
                         ::testing::Combine(::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                                            ::testing::ValuesIn(all_histories()), ::testing::Bool()),
                         row_of);

TEST_P(KvReopenedStatistics, AreThoseOfTheWriter) {
  open(2);
  histories()[std::get<1>(GetParam())].write(*store_, *space_);
  if (HasFatalFailure()) return;
  const Known before = known();
  store_.reset();  // as if the process had ended here
  for (const std::uint32_t threads : {1u, 3u}) {
    open(threads);
    EXPECT_FALSE(store_->recovery().clean_close);
    EXPECT_EQ(known(), before) << "behind a kill, threads " << threads;
    store_.reset();
  }
  open(2);
  ASSERT_TRUE(ok(store_->close()));
  for (const std::uint32_t threads : {3u, 1u}) {
    open(threads);
    EXPECT_TRUE(store_->recovery().clean_close);
    EXPECT_EQ(known(), before) << "behind a close, threads " << threads;
    EXPECT_TRUE(store_->recovery().damage.empty());
    ASSERT_TRUE(ok(store_->close()));
  }
}

/// So many keys that the index lies in parts.
class KvManyKeys : public kv_suites::KvReopen {
 protected:
  static constexpr int kCount = 90'000;
  KvManyKeys() {
    options_.segment_size_bytes = 1 << 20;
    options_.max_size_bytes = 256 << 20;
    options_.clean_automatically = false;  // nothing moves while it is looked at
  }
};
INSTANTIATE_TEST_SUITE_P(, KvManyKeys, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvManyKeys, AreAllThereWhereTheIndexLiesInParts) {
  for (int i = 0; i < kCount; ++i) put(std::to_string(i), std::to_string(i));
  for (int i = 0; i < kCount; i += 3) put(std::to_string(i), "again");
  for (int i = 1; i < kCount; i += 3) ASSERT_TRUE(says(true, space_->erase(std::to_string(i), kBuffered)));
  KvStatistics before = *space_->statistics();
  for (const bool is_closed : {false, true}) {
    is_closed ? reopen_after_close() : reopen_after_kill();
    EXPECT_TRUE(has_size(*space_, kCount / 3 * 2));
    EXPECT_EQ(space_->statistics()->live_bytes, before.live_bytes);
    EXPECT_EQ(space_->statistics()->tombstone_bytes, before.tombstone_bytes);
    for (int i = 0; i < kCount; ++i) {
      const auto value = space_->get(std::to_string(i));
      ASSERT_TRUE(ok(value));
      if (i % 3 == 1) {
        ASSERT_FALSE(value->has_value()) << i;
      } else {
        ASSERT_EQ(*value, i % 3 == 0 ? "again" : std::to_string(i));
      }
    }
    put("one more", "value");
    ASSERT_TRUE(says(true, space_->erase("one more", kBuffered)));
    before = *space_->statistics();
  }
}

}  // namespace
}  // namespace holdfast::kv_reopened
