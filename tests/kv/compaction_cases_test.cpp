// Compaction under load: no value that counts is lost, and none that was replaced or erased comes back.

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

class KvCompactionCases : public KvReopen {
 protected:
  static constexpr unsigned kWriters = 3;
  static constexpr unsigned kKeysEach = 150;
  static constexpr unsigned kRounds = 2'000;
  static constexpr unsigned kCompactionsMin = 2;

  [[nodiscard]] static std::string key_of(unsigned writer, unsigned number) {
    return "writer " + std::to_string(writer) + " key " + std::to_string(number);
  }

  /// What a writer's key holds behind its `round`-th change; nothing: it is erased. No two rounds of a key
  /// are alike.
  [[nodiscard]] static std::optional<std::string> value_of(unsigned writer, unsigned number, unsigned round) {
    if (round == 0 || (number + round) % 7 == 0) return std::nullopt;
    return std::to_string(writer) + "/" + std::to_string(number) + "/" + std::to_string(round) +
           some_value(200 + (number + round) % 400, round);
  }

  /// Rounds of each key that a writer has begun, and those whose call has returned.
  struct Progress {
    std::array<std::atomic<unsigned>, kKeysEach> begun{};
    std::array<std::atomic<unsigned>, kKeysEach> done{};
  };

  /// At least kRounds changes, and as many more as it takes that compactions have been beside them.
  void write(unsigned writer, Progress& progress) {
    std::minstd_rand random(writer + 1);
    for (unsigned i = 0; i < kRounds || compactions_ < kCompactionsMin; ++i) {
      const unsigned number = static_cast<unsigned>(random()) % kKeysEach;
      const unsigned round = progress.done[number] + 1;
      progress.begun[number] = round;
      const auto value = value_of(writer, number, round);
      const Durability durability = i % 50 == 0 ? Durability::immediate : Durability::buffered;
      const auto written =
          value ? space_->put(key_of(writer, number), *value, {.durability = durability})
                : space_->erase(key_of(writer, number), {.durability = durability}).map([](bool) {});
      ASSERT_TRUE(ok(written));
      progress.done[number] = round;
    }
  }

  /// A key holds what one of the rounds has left that may be the last one.
  void read(unsigned writer, unsigned number, Progress& progress) {
    const unsigned least = progress.done[number];
    const auto found = space_->get(key_of(writer, number));
    const unsigned most = progress.begun[number];
    ASSERT_TRUE(ok(found));
    bool is_right = false;
    for (unsigned round = least; round <= most && !is_right; ++round)
      is_right = *found == value_of(writer, number, round);
    ASSERT_TRUE(is_right) << key_of(writer, number) << " between rounds " << least << " and " << most
                          << " holds " << (*found ? shown(**found) : "nothing");
  }

  std::array<Progress, kWriters> progress_;
  std::atomic<unsigned> compactions_{0};
};
INSTANTIATE_TEST_SUITE_P(, KvCompactionCases,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvCompactionCases, UnderLoadNothingIsLostAndNothingComesBack) {
  std::atomic<unsigned> writing{kWriters};
  {
    std::vector<std::jthread> threads;
    for (unsigned writer = 0; writer < kWriters; ++writer)
      threads.emplace_back([&, writer] {
        write(writer, progress_[writer]);
        --writing;
      });
    threads.emplace_back([&] {
      while (writing > 0) {
        EXPECT_TRUE(ok(space_->compact()));
        ++compactions_;
      }
    });
    threads.emplace_back([&] {
      std::minstd_rand random(99);
      while (writing > 0) {
        const unsigned writer = static_cast<unsigned>(random()) % kWriters;
        read(writer, static_cast<unsigned>(random()) % kKeysEach, progress_[writer]);
      }
    });
  }
  EXPECT_GE(compactions_, kCompactionsMin);
  ASSERT_TRUE(ok(store_->sync()));
  ASSERT_TRUE(ok(space_->compact()));
  const auto all_right = [&] {
    std::uint64_t present = 0;
    for (unsigned writer = 0; writer < kWriters; ++writer)
      for (unsigned number = 0; number < kKeysEach; ++number) {
        ASSERT_NO_FATAL_FAILURE(read(writer, number, progress_[writer]));
        present += value_of(writer, number, progress_[writer].done[number]).has_value() ? 1 : 0;
      }
    EXPECT_TRUE(has_size(*space_, present));
    EXPECT_TRUE(store_->recovery().damage.empty());
  };
  all_right();
  reopen_after_kill();
  all_right();
  ASSERT_TRUE(ok(space_->compact()));
  reopen_after_kill();
  all_right();
  reopen_after_close();
  all_right();
}

TEST_P(KvCompactionCases, TheNewestValuesAreKeptAndTheRoomOfTheOthersIsNot) {
  options_.clean_automatically = false;  // it would end tails behind compact(), and count what they hold
  reopen_after_close();
  for (unsigned round = 1; round <= 40; ++round)
    for (unsigned number = 0; number < 100; ++number)
      ASSERT_TRUE(ok(space_->put(key_of(0, number), some_value(500, round), kBuffered)));
  ASSERT_TRUE(ok(store_->sync()));
  ASSERT_TRUE(ok(space_->compact()));
  const auto statistics = space_->statistics();
  ASSERT_TRUE(ok(statistics));
  EXPECT_EQ(statistics->keys, 100u);
  EXPECT_EQ(statistics->garbage_bytes, 0u);
  EXPECT_GT(statistics->freed_bytes, 0u);
  EXPECT_LT(statistics->size_bytes, 40 * 100 * 500 / 4);
  for (int opened = 0; opened < 2; ++opened) {
    for (unsigned number = 0; number < 100; ++number)
      EXPECT_TRUE(holds(*space_, key_of(0, number), some_value(500, 40)));
    reopen_after_kill();
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
