// Cleaning beside writers, readers, scans, snapshots and views: nothing is lost, nothing is shown that was replaced.

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

constexpr unsigned kKeysOfAWriter = 600;
constexpr unsigned kWriters = 2;
constexpr unsigned kWritesOfAWriter = 12'000;

std::string name_of(unsigned writer, unsigned key) { return "w" + std::to_string(writer) + " " + std::to_string(key); }

/// A number that only rises for a key, and bytes that belong to it.
std::string rising_value(std::uint64_t number) {
  return std::to_string(number) + " " + std::string(200 + number % 300, static_cast<char>('a' + number % 26));
}
std::uint64_t number_in(std::string_view value) { return std::stoull(std::string(value.substr(0, value.find(' ')))); }

/// Owns its keys: what it reads back must be what it wrote last.
class Writer {
 public:
  Writer(holdfast::Kv space, unsigned index) : space_(std::move(space)), index_(index), random_(index) {}

  void run() {
    for (unsigned i = 1; i <= kWritesOfAWriter; ++i) {
      // Some keys are written again and again, most rarely.
      const auto key = static_cast<unsigned>(random_() % 4 != 0 ? random_() % 30 : random_() % kKeysOfAWriter);
      const std::string name = name_of(index_, key);
      const WriteOptions options = i % 500 == 0 ? WriteOptions{} : kBuffered;
      if (random_() % 8 == 0) {
        ASSERT_TRUE(says(content_.erase(name) == 1, space_.erase(name, options)));
      } else {
        ASSERT_TRUE(ok(space_.put(name, rising_value(i), options)));
        content_[name] = i;
      }
      if (i % 16 == 0) {
        ASSERT_NO_FATAL_FAILURE(check(name));
      }
    }
  }

  void check_all() const {
    for (unsigned key = 0; key < kKeysOfAWriter; ++key) ASSERT_NO_FATAL_FAILURE(check(name_of(index_, key)));
  }
  [[nodiscard]] std::size_t size() const { return content_.size(); }
  void use(holdfast::Kv space) { space_ = std::move(space); }

 private:
  void check(const std::string& name) const {
    const auto found = content_.find(name);
    if (found == content_.end()) {
      ASSERT_TRUE(is_absent(space_, name));
    } else {
      ASSERT_TRUE(holds(space_, name, rising_value(found->second)));
    }
  }

  holdfast::Kv space_;
  unsigned index_;
  std::minstd_rand random_;
  std::map<std::string, std::uint64_t> content_;
};

class CleaningThreads : public KvTest {
 protected:
  CleaningThreads() {
    options_.size_bytes = kMiB;
    options_.max_size_bytes = 4 * kMiB;
    options_.garbage_ratio_max = 0.2;
  }

  void expect_whole(std::string_view value) { EXPECT_EQ(value, rising_value(number_in(value))); }

  void read_until(const std::atomic<bool>& stop) {
    std::minstd_rand random(99);
    while (!stop) {
      const std::string name = name_of(static_cast<unsigned>(random() % kWriters), static_cast<unsigned>(random() % 40));
      const auto value = space_->get(name);
      ASSERT_TRUE(ok(value));
      if (*value) expect_whole(**value);
      const auto view = space_->view(name);
      ASSERT_TRUE(ok(view));
      if (*view) expect_whole((*view)->value());
    }
  }

  void walk_until(const std::atomic<bool>& stop) {
    for (unsigned round = 0; !stop; ++round) {
      std::map<std::string, std::uint64_t> seen;
      const auto visit = [&](std::string_view key, std::string_view value) {
        expect_whole(value);
        return seen.emplace(key, number_in(value)).second;  // twice ends the scan, and is noticed by its number
      };
      if (round % 2 == 0) {
        ASSERT_TRUE(ok(space_->scan("", visit)));
        continue;
      }
      const auto snapshot = space_->snapshot();
      ASSERT_TRUE(ok(snapshot));
      ASSERT_TRUE(ok(snapshot->scan("", visit)));
      for (const auto& [key, number] : seen) {
        const auto found = snapshot->get(key);
        ASSERT_TRUE(ok(found));
        ASSERT_TRUE(*found) << key;
        EXPECT_EQ(number_in(**found), number);
      }
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, CleaningThreads, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(CleaningThreads, NothingIsLostAndNothingComesBack) {
  std::vector<Writer> writers;
  for (unsigned i = 0; i < kWriters; ++i) writers.emplace_back(*space_, i);
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  others.emplace_back([&] { read_until(stop); });
  others.emplace_back([&] { walk_until(stop); });
  others.emplace_back([&] {
    while (!stop) {
      ASSERT_TRUE(ok(space_->compact()));
      const auto report = store_->verify();
      ASSERT_TRUE(ok(report));
      EXPECT_TRUE(report->damage.empty()) << report->damage.front().message;
    }
  });
  std::vector<std::thread> at_work;
  for (Writer& writer : writers) at_work.emplace_back([&writer] { writer.run(); });
  for (std::thread& thread : at_work) thread.join();
  stop = true;
  for (std::thread& thread : others) thread.join();
  std::size_t keys = 0;
  for (Writer& writer : writers) {
    ASSERT_NO_FATAL_FAILURE(writer.check_all());
    keys += writer.size();
  }
  EXPECT_TRUE(has_size(*space_, keys));
  EXPECT_GT(space_->statistics()->cleaned_segments, 0u);
  if (!store_->info()->capabilities.has_path) return;
  kill();
  open();
  EXPECT_TRUE(store_->recovery().damage.empty());
  EXPECT_TRUE(has_size(*space_, keys));
  for (Writer& writer : writers) {
    writer.use(*space_);
    ASSERT_NO_FATAL_FAILURE(writer.check_all());
  }
}

TEST_P(CleaningThreads, ASpaceIsDroppedBesideItsWritersAndReaders) {
  for (int round = 0; round < 20; ++round) {
    holdfast::Kv other = space("other");
    std::atomic<bool> stop{false};
    std::atomic<unsigned> written{0};
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 2; ++thread)
      threads.emplace_back([&, thread] {
        for (unsigned i = 0; !stop; ++i) {
          const auto stored = other.put(name_of(thread, i % 100), rising_value(i), kBuffered);
          if (stored) {
            ++written;
            continue;
          }
          ASSERT_TRUE(fails_with(ErrorCode::not_found, stored));
          return;
        }
      });
    threads.emplace_back([&] {
      while (!stop) {
        const auto value = other.get(name_of(0, 5));
        if (!value) {
          ASSERT_TRUE(fails_with(ErrorCode::not_found, value));
          return;
        }
        if (*value) expect_whole(**value);
      }
    });
    while (written < 300) std::this_thread::yield();
    ASSERT_TRUE(ok(store_->drop_kv("other")));
    stop = true;
    for (std::thread& thread : threads) thread.join();
    put("key", rising_value(static_cast<std::uint64_t>(round)));
  }
  EXPECT_TRUE(holds(*space_, "key", rising_value(19)));
  EXPECT_TRUE(store_->verify()->damage.empty());
}

}  // namespace
}  // namespace holdfast::kv_suites
