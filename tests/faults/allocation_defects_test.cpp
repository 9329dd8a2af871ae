// What memory that ran out in one call has once done to a store, a test each. Each allocation of the call
// fails in turn.

#include <array>
#include <atomic>
#include <thread>

#include "faults/allocation_faults.hpp"
#include "faults/facades.hpp"
#include "faults/store_life.hpp"

namespace holdfast {
namespace {

class AllocationDefects : public ::testing::TestWithParam<BackendRow> {
 protected:
  AllocationDefects() {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = 64 * kMiB;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;
  }

  void open() {
    auto store = Store::open(directory_->store(), options_);
    ASSERT_TRUE(ok(store));
    store_.emplace(std::move(*store));
  }

  /// Where memory ran out between the catalog's record and the catalog in memory, nothing is added until the
  /// store is opened again. So it is.
  void go_on() {
    if (const auto probe = store_->kv("probe"); !probe) {
      ASSERT_TRUE(fails_with(ErrorCode::io, probe));
      store_.reset();
      ASSERT_NO_FATAL_FAILURE(open());
    }
  }

  /// On a fresh store each time: `prepare`, then `act` with its first, second, ... allocation failing, until
  /// it makes fewer; then `check`.
  template <class Prepare, class Act, class Check>
  void sweep(Prepare prepare, Act act, Check check) {
    for (std::uint64_t number = 1;; ++number) {
      SCOPED_TRACE("allocation " + std::to_string(number));
      store_.reset();
      directory_.emplace("/dev/shm");
      ASSERT_NO_FATAL_FAILURE(open());
      prepare();
      std::uint64_t made = 0;
      {
        const AllocationFaults active(number, false);
        in_library([&] { return act(), 0; });
        made = AllocationFaults::made();
      }
      ASSERT_NO_FATAL_FAILURE(check());
      if (made < number) {
        EXPECT_GT(number, 1u);
        return;
      }
    }
  }

  std::optional<TestDirectory> directory_;
  Options options_;
  std::optional<Store> store_;
};
INSTANTIATE_TEST_SUITE_P(, AllocationDefects,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

// The next try found no space of that name, and gave the catalog the name once more.
TEST_P(AllocationDefects, ASpaceIsCreatedOnceWhicheverTryFails) {
  sweep([] {},
        [&] {
          static_cast<void>(store_->kv("keys"));
          static_cast<void>(store_->log("log"));
          static_cast<void>(store_->region("region"));
        },
        [&] {
          ASSERT_NO_FATAL_FAILURE(go_on());
          ASSERT_TRUE(ok(store_->kv("keys").value().put("key", "value")));
          ASSERT_TRUE(ok(store_->log("log").value().append("record")));
          ASSERT_TRUE(ok(store_->region("region").value().append(std::as_bytes(std::span("bytes")))));
          ASSERT_TRUE(ok(store_->close()));
          ASSERT_NO_FATAL_FAILURE(open());
          EXPECT_EQ(store_->kv("keys").value().get("key").value(), "value");
        });
}

// Exports and imports: neither a half file nor a block of which a part was taken for the whole.
TEST_P(AllocationDefects, AnImportGoesOnWhereverMemoryRanOut) {
  std::filesystem::path path;  // made beforehand: what the test allocates shall not fail
  const KvImportOptions import_options{.batch_entries = 4, .mark_every_bytes = 1'000, .resumes = true};
  const auto fill = [&] {
    path = directory_->path() / "stream";
    Kv keys = store_->kv("keys").value();
    for (unsigned i = 0; i < 6; ++i) ASSERT_TRUE(ok(keys.put("key " + std::to_string(i), text_of(i * 40, i))));
    static_cast<void>(store_->kv("copy").value());
    ASSERT_TRUE(ok(export_kv(keys, path, {.block_size_bytes = 500})));
  };
  sweep(fill,
        [&] {
          auto keys = store_->kv("keys");
          auto copy = store_->kv("copy");
          if (!keys || !copy) return;
          static_cast<void>(export_kv(*keys, path, {.block_size_bytes = 500, .replaces = true}));
          static_cast<void>(import_kv(*store_, *copy, path, import_options));
        },
        [&] {
          EXPECT_FALSE(std::filesystem::exists(path.native() + ".partial"));
          ASSERT_NO_FATAL_FAILURE(go_on());
          Kv copy = store_->kv("copy").value();
          ASSERT_TRUE(ok(import_kv(*store_, copy, path, import_options)));
          EXPECT_EQ(copy.size().value(), 6u);
          for (unsigned i = 0; i < 6; ++i)
            EXPECT_EQ(copy.get("key " + std::to_string(i)).value(), text_of(i * 40, i));
          EXPECT_EQ(import_mark_of(*store_, copy).value(), std::nullopt);
        });
}

// The catalog had the extent, the region had not: the next growth gave the catalog another one for the same
// bytes.
TEST_P(AllocationDefects, ARegionGrowsByOneExtentForItsBytes) {
  const std::string bytes = text_of(100'000, 1);
  std::optional<Region> region;
  sweep([&] { region = store_->region("region").value(); },
        [&] { static_cast<void>(region->write_at(0, std::as_bytes(std::span(bytes)))); },
        [&] {
          ASSERT_NO_FATAL_FAILURE(go_on());
          region = store_->region("region").value();
          ASSERT_TRUE(ok(region->write_at(0, std::as_bytes(std::span(bytes)))));
          ASSERT_TRUE(ok(region->write_at(bytes.size(), std::as_bytes(std::span(bytes)))));
          ASSERT_TRUE(ok(region->flush()));
          store_.reset();
          ASSERT_NO_FATAL_FAILURE(open());
          std::string found(bytes.size(), '\0');
          ASSERT_TRUE(
              ok(store_->region("region").value().read_at(0, std::as_writable_bytes(std::span(found)))));
          EXPECT_EQ(found, bytes);
        });
}

// The map kept what it had got, and the next pool was made for a place behind it: the store did not open any more.
TEST_P(AllocationDefects, AGrowthThatFailsLeavesTheStoreAsItWas) {
  std::optional<Region> region;
  sweep([&] { region = store_->region("region").value(); },
        [&] { static_cast<void>(region->reserve(6 * kMiB)); },
        [&] {
          ASSERT_NO_FATAL_FAILURE(go_on());
          region = store_->region("region").value();
          ASSERT_TRUE(ok(region->reserve(6 * kMiB)));
          ASSERT_TRUE(ok(region->reserve(20 * kMiB)));
          const auto size_bytes = store_->info().value().size_bytes;
          store_.reset();
          ASSERT_NO_FATAL_FAILURE(open());
          EXPECT_EQ(store_->info().value().size_bytes, size_bytes);
        });
}

// The region counted as clean, and the next flush had nothing to do.
TEST_P(AllocationDefects, AFlushThatFailsIsStillToBeDone) {
  const std::string bytes = text_of(5'000, 1);
  std::optional<Region> region;
  Result<bool> first;
  sweep(
      [&] {
        region = store_->region("region").value();
        ASSERT_TRUE(ok(region->write_at(0, std::as_bytes(std::span(bytes)))));
      },
      [&] { first = region->flush(); },
      [&] {
        if (!first) {
          const auto again = region->flush();
          if (!again) {
            ASSERT_TRUE(fails_with(ErrorCode::io, again));
            return;  // the catalog has latched: it was told that nothing is flushed
          }
        }
        store_.reset();
        ASSERT_NO_FATAL_FAILURE(open());
        EXPECT_EQ(store_->region("region").value().size().value(), bytes.size());
      });
}

// The leader's exception left the others of its group asleep.
TEST_P(AllocationDefects, NobodyOfAGroupIsLeftWaiting) {
  constexpr unsigned kThreads = 4;
  std::array<std::atomic<bool>, kThreads> stored{};
  std::optional<Kv> keys;
  const auto key_of = [](unsigned thread) { return std::string(1, static_cast<char>('a' + thread)); };
  const std::string value = text_of(3'000, 1);
  for (std::uint64_t number = 1; number <= 40; ++number) {
    SCOPED_TRACE("allocation " + std::to_string(number));
    store_.reset();
    directory_.emplace("/dev/shm");
    ASSERT_NO_FATAL_FAILURE(open());
    keys = store_->kv("keys").value();
    {
      std::atomic<bool> go{false};
      std::vector<std::thread> threads;
      for (unsigned t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t, key = key_of(t)] {
          while (!go) std::this_thread::yield();
          stored[t] = keys->put(key, value).has_value();
        });
      const AllocationFaults active(number, false);
      library_is_running = true;
      go = true;
      for (std::thread& thread : threads) thread.join();
      library_is_running = false;
    }
    for (unsigned t = 0; t < kThreads; ++t)
      if (stored[t]) {
        EXPECT_EQ(keys->get(key_of(t)).value(), value);
      }
    ASSERT_NO_FATAL_FAILURE(go_on());
    keys = store_->kv("keys").value();
    ASSERT_TRUE(ok(keys->put("behind", value)));
    store_.reset();
    ASSERT_NO_FATAL_FAILURE(open());
    keys = store_->kv("keys").value();
    for (unsigned t = 0; t < kThreads; ++t)
      if (stored[t]) {
        EXPECT_EQ(keys->get(key_of(t)).value(), value);
      }
    EXPECT_EQ(keys->get("behind").value(), value);
  }
}

// None yet, but the most calls in one: a list may have become true although its call has failed, and then its shards stay.
TEST_P(AllocationDefects, ADataSetIsTheOldOrTheNewOneWhicheverTryFails) {
  const std::string old_text = text_of(15'000, 1);
  const std::string new_text = text_of(25'000, 2);
  const auto write = [&](const std::string& name, const std::string& text) {
    return ShardedData::write(*store_, name, std::as_bytes(std::span(text)), {.shard_size_bytes = 10'000, .threads = 1});
  };
  const auto expect_one_of = [&](const std::string& name, const std::optional<std::string>& before, bool is_new) {
    const auto data = ShardedData::open(*store_, name);
    if (!data && !before && !is_new) {
      ASSERT_TRUE(fails_with(ErrorCode::not_found, data));
      return;
    }
    ASSERT_TRUE(ok(data));
    std::string found(data->size_bytes(), '?');
    ASSERT_TRUE(ok(data->read(0, std::as_writable_bytes(std::span(found)))));
    EXPECT_TRUE(found == new_text || (!is_new && found == before));
  };
  bool replaced = false;
  bool created = false;
  sweep([&] { ASSERT_TRUE(ok(write("old", old_text))); },
        [&] {
          replaced = write("old", new_text).has_value();
          created = write("new", new_text).has_value();
        },
        [&] {
          for (const bool opened_again : {false, true}) {
            if (opened_again) {
              store_.reset();
              ASSERT_NO_FATAL_FAILURE(open());
            }
            ASSERT_NO_FATAL_FAILURE(expect_one_of("old", old_text, replaced));
            ASSERT_NO_FATAL_FAILURE(expect_one_of("new", std::nullopt, created));
          }
          ASSERT_TRUE(ok(ShardedData::remove_leftovers(*store_)));
          std::uint64_t shards = ShardedData::open(*store_, "old")->shard_count();
          if (const auto data = ShardedData::open(*store_, "new")) shards += data->shard_count();
          const auto regions = store_->regions();
          EXPECT_EQ(std::ranges::count(*regions, std::string(), &RegionInfo::name), shards);
        });
}

}  // namespace
}  // namespace holdfast
