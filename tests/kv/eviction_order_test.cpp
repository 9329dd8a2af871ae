// Spaces that keep to a bound: which keys stay.

#include <atomic>
#include <thread>
#include <vector>

#include "eviction_fixture.hpp"

namespace holdfast::kv_suites {
namespace {

class EvictionOrder : public EvictionTest {};
INSTANTIATE_TEST_SUITE_P(, EvictionOrder, ::testing::ValuesIn(all_backends()), row_name);

// Each way to read a value counts.
TEST_P(EvictionOrder, KeysThatAreReadAgainStayWhileOthersGo) {
  constexpr std::uint64_t kHot = 80;
  put_numbers(0, kHot);
  for (std::uint64_t i = kHot; i < 8'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(put_number(i));
    if (i % 40 != 0) continue;
    for (std::uint64_t hot = 0; hot < kHot; ++hot) {
      char buffer[8];
      const std::string name = name_of(hot);
      switch (hot % 4) {
        case 0: ASSERT_TRUE(ok(space_->get(name))); break;
        case 1: ASSERT_TRUE(ok(space_->get_into(name, buffer))); break;
        case 2: ASSERT_TRUE(ok(space_->view(name))); break;
        default: ASSERT_TRUE(ok(space_->multi_get(std::vector<std::string_view>{name, "absent"}))); break;
      }
    }
  }
  EXPECT_EQ(count_there(0, kHot), kHot);
  EXPECT_GT(statistics().evicted_keys, 7'000u);
  // Those that nobody reads any more go as well.
  ASSERT_NO_FATAL_FAILURE(put_numbers(8'000, 8'000 + 4 * kBound));
  EXPECT_EQ(count_there(0, kHot), 0u);
}

TEST_P(EvictionOrder, LooksThatReadNoValueKeepNothing) {
  put_numbers(0, 20);
  for (std::uint64_t i = 20; i < 3'000; ++i) {
    ASSERT_NO_FATAL_FAILURE(put_number(i));
    if (i % 100 != 0) continue;
    ASSERT_TRUE(ok(space_->scan("", [](std::string_view, std::string_view) { return true; })));
    static_cast<void>(count_there(0, 20));
  }
  EXPECT_EQ(count_there(0, 20), 0u);
}

TEST_P(EvictionOrder, WhereEverythingIsReadTheBoundHoldsAllTheSame) {
  std::atomic<std::uint64_t> end{0};
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop)
      for (std::uint64_t i = end > 1'000 ? end - 1'000 : 0; i < end && !stop; ++i) ASSERT_TRUE(ok(space_->get(name_of(i))));
  });
  for (std::uint64_t i = 0; i < 3'000; ++i) {
    put_number(i);
    EXPECT_LE(statistics().keys, kBound + kBoundSlack);
    end = i + 1;
  }
  stop = true;
  reader.join();
  EXPECT_GT(statistics().evicted_keys, 2'000u);
}

}  // namespace
}  // namespace holdfast::kv_suites
