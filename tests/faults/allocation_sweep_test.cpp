// A whole life of a store, with the n-th allocation of memory failing, once and from then on: no call lets an
// exception out or waits for ever, what was acknowledged stays, and the store opens afterwards.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "faults/allocation_faults.hpp"
#include "faults/facades.hpp"
#include "faults/store_life.hpp"

namespace holdfast {
namespace {

constexpr std::uint64_t kSeed = 1;

/// How many allocations are tried: HOLDFAST_FAULT_POINTS_MAX, 0 for all.
std::uint64_t points_max() {
  const char* const text = std::getenv("HOLDFAST_FAULT_POINTS_MAX");
  return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

/// One of each of so many parts of 1 to `count`, drawn by kSeed.
std::vector<std::uint64_t> points(std::uint64_t count) {
  const std::uint64_t wanted = points_max() == 0 ? count : std::min(count, points_max());
  std::mt19937_64 random(kSeed);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t part = 0; part < wanted; ++part) {
    const std::uint64_t begin = count * part / wanted;
    const std::uint64_t end = count * (part + 1) / wanted;
    numbers.push_back(1 + begin + random() % (end - begin));
  }
  return numbers;
}

struct Row {
  BackendRow backend;
  bool from_then_on;
};

std::vector<Row> rows() {
  std::vector<Row> all;
  for (const BackendRow backend : backends_where(&StorageCapabilities::has_path))
    for (const bool from_then_on : {false, true}) all.push_back({backend, from_then_on});
  return all;
}

class AllocationSweep : public ::testing::TestWithParam<Row> {
 protected:
  /// One life in which that allocation fails; what must hold afterwards, with memory there again.
  void run(std::uint64_t number) {
    directory_.emplace("/dev/shm");
    StoreLife life(directory_->store(), backend_of(GetParam().backend));
    {
      const AllocationFaults active(number, GetParam().from_then_on);
      life.live();
      made_ = AllocationFaults::made();
    }
    const auto is_allowed = [](const Error& error) {
      return error.code == ErrorCode::no_memory || error.code == ErrorCode::io;
    };
    for (const Error& error : life.errors())
      ASSERT_TRUE(is_allowed(error)) << name(error.code) << ": " << error.to_string();
    for (const Error& error : life.read_errors())
      ASSERT_TRUE(is_allowed(error)) << name(error.code) << ": " << error.to_string();
    failed_ += life.errors().empty() && life.read_errors().empty() ? 0 : 1;
    ASSERT_NO_FATAL_FAILURE(life.check_after());
  }

  std::optional<TestDirectory> directory_;
  std::uint64_t made_ = 0;
  std::uint64_t failed_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, AllocationSweep, ::testing::ValuesIn(rows()), [](const auto& row) {
  return std::string(row.param.backend->name) + (row.param.from_then_on ? "FromThenOn" : "Once");
});

TEST_P(AllocationSweep, EveryAllocationMayFail) {
  ASSERT_NO_FATAL_FAILURE(run(0));
  ASSERT_EQ(failed_, 0u);
  const std::uint64_t made = made_;
  const auto numbers = points(made);
  for (const std::uint64_t number : numbers) {
    SCOPED_TRACE("allocation " + std::to_string(number) + " of " + std::to_string(made));
    ASSERT_NO_FATAL_FAILURE(run(number));
  }
  std::cout << "faults: allocations=" << made << ", tried=" << numbers.size() << ", seed=" << kSeed
            << ", lives with a failed call=" << failed_ << '\n';
  EXPECT_GT(failed_, numbers.size() / 2);
}

}  // namespace
}  // namespace holdfast
