// Cursors and ranges beside threads that write, and while erased keys are taken out of the order.

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "kv/kv_space.hpp"
#include "ordered_kv_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class KvOrderedDuringWrites : public OrderedKvTest {
 protected:
  [[nodiscard]] std::uint64_t rebuilds() const { return kv::space_of(*ordered_).ordered()->rebuilds(); }

  [[nodiscard]] static std::string key(std::string_view prefix, int number) {
    const std::string digits = std::to_string(number);
    return std::string(prefix) + std::string(6 - digits.size(), '0') + digits;
  }
};
INSTANTIATE_TEST_SUITE_P(, KvOrderedDuringWrites, ::testing::ValuesIn(all_backends()), row_name);

// One thread replaces its keys in turn by numbers that rise: of any moment they hold numbers in a row. Another one puts and
// erases keys between them.
TEST_P(KvOrderedDuringWrites, EachStableKeyComesOnceWithItsValueAsOfTheCursor) {
  constexpr int kStable = 40;
  for (int i = 0; i < kStable; ++i) put_ordered(key("", i * 10), std::to_string(i));
  std::atomic<bool> stop{false};
  std::atomic<int> leave{0};
  const auto may_write = [&] {
    while (!stop && leave.fetch_sub(1) <= 0) {
      ++leave;
      std::this_thread::yield();
    }
    return !stop;
  };
  std::thread counting([&] {
    for (int i = kStable; may_write(); ++i) put_ordered(key("", i % kStable * 10), std::to_string(i));
  });
  std::thread fleeting([&] {
    for (int i = 0; may_write(); ++i) {
      put_ordered(key("", i * 7 % 400 / 10 * 10 + 5), "fleeting");
      if (i % 2 == 0) {
        EXPECT_TRUE(ok(ordered_->erase(key("", i * 3 % 400 / 10 * 10 + 5), kBuffered)));
      }
    }
  });
  const auto check = [&](const Entries& seen) {
    std::vector<int> numbers;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (i > 0) {
        EXPECT_LT(seen[i - 1].first, seen[i].first);
      }
      if (seen[i].first.back() == '0') numbers.push_back(std::stoi(seen[i].second));
    }
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(kStable));
    const auto [least, greatest] = std::minmax_element(numbers.begin(), numbers.end());
    EXPECT_EQ(*greatest - *least, kStable - 1);
  };
  for (int round = 0; round < 20; ++round) {
    leave += 400;
    check(ranged(*ordered_));
    auto cursor = ordered_->cursor();
    ASSERT_TRUE(ok(cursor));
    const Entries seen = walked(*cursor);
    check(seen);
    EXPECT_EQ(walked_back(*cursor), reversed(seen));
    EXPECT_EQ(walked(*cursor), seen);
  }
  stop = true;
  counting.join();
  fleeting.join();
}

// Enough keys are erased that the order is made anew several times, while cursors made before stand in it.
TEST_P(KvOrderedDuringWrites, ErasedKeysAreTakenOutUnderLoadAndNoneIsLost) {
  constexpr int kKeys = 4'000;
  constexpr int kRounds = 3;
  std::atomic<int> working{2};
  for (int i = 0; i < 100; ++i) put_ordered(key("stable ", i), "stable");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 2; ++writer)
    writers.emplace_back([&, prefix = writer == 0 ? "a" : "z"] {
      for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(ok(ordered_->put(key(prefix, i), "value", kBuffered)));
        for (int i = 0; i < kKeys; ++i)
          if (round + 1 < kRounds || i % 8 != 0) {
            EXPECT_TRUE(says(true, ordered_->erase(key(prefix, i), kBuffered)));
          }
      }
      --working;
    });
  std::optional<KvCursor> oldest;
  Entries seen_by_oldest;
  while (working > 0) {
    auto cursor = ordered_->cursor();
    ASSERT_TRUE(ok(cursor));
    const Entries seen = walked(*cursor);
    EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](const auto& entry) { return entry.second == "stable"; }), 100);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_EQ(ordered_->count({.prefix = "stable "}).value(), 100u);
    if (oldest || seen.size() < 1'000) continue;
    oldest.emplace(std::move(*cursor));
    seen_by_oldest = seen;
  }
  for (std::thread& writer : writers) writer.join();
  for (int i = 0; rebuilds() == 0 && i < 10'000; ++i) {  // writers that slept may have held the copy up
    put_ordered("one more", "value");
    erase_ordered("one more");
  }
  EXPECT_GE(rebuilds(), 1u);
  if (oldest) {
    EXPECT_EQ(walked(*oldest), seen_by_oldest);
  }
  Entries expected;
  for (int i = 0; i < kKeys; i += 8) expected.emplace_back(key("a", i), "value");
  for (int i = 0; i < 100; ++i) expected.emplace_back(key("stable ", i), "stable");
  for (int i = 0; i < kKeys; i += 8) expected.emplace_back(key("z", i), "value");
  EXPECT_EQ(ranged(*ordered_), expected);
  EXPECT_EQ(ranged(*ordered_, {.reverse = true}), reversed(expected));
}

}  // namespace
}  // namespace holdfast::kv_suites
