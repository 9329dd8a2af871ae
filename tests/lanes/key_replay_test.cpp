// The kill loop's own proof: what it would call torn, lost or half a batch, it does see.

#include <gtest/gtest.h>

#include <set>

#include "key_operations.hpp"
#include "key_replay.hpp"

namespace holdfast::lanes {
namespace {

constexpr std::uint64_t kSeed = 42;

ThreadState state_after(std::uint64_t count) {
  ThreadState state;
  for (std::uint64_t number = 1; number <= count; ++number) {
    for (const Change& change : operation_of(kSeed, 0, number).changes) {
      if (change.erases) {
        state.erase(change.key);
      } else {
        state[change.key] = {number, change.value_size_bytes};
      }
    }
  }
  return state;
}

/// A batch, at or after `from`, of which two keys or more would be seen to change.
std::uint64_t batch_number(std::uint64_t from) {
  for (std::uint64_t number = from;; ++number) {
    const Operation operation = operation_of(kSeed, 0, number);
    int puts = 0;
    for (const Change& change : operation.changes) puts += !change.erases;
    if (operation.is_batch && puts >= 2) return number;
  }
}

TEST(KillReplay, OperationsFollowFromTheirNumberAndNameKeysOnce) {
  bool batches = false;
  bool erases = false;
  bool large = false;
  for (std::uint64_t number = 1; number <= 2000; ++number) {
    const Operation operation = operation_of(kSeed, 1, number);
    const Operation again = operation_of(kSeed, 1, number);
    std::set<std::string> keys;
    ASSERT_EQ(operation.changes.size(), again.changes.size());
    for (std::size_t i = 0; i < operation.changes.size(); ++i) {
      EXPECT_EQ(operation.changes[i].key, again.changes[i].key);
      EXPECT_EQ(operation.changes[i].value_size_bytes, again.changes[i].value_size_bytes);
      EXPECT_TRUE(keys.insert(operation.changes[i].key).second) << "operation " << number;
      erases |= operation.changes[i].erases;
      large |= operation.changes[i].value_size_bytes > 65'536;
    }
    batches |= operation.is_batch;
  }
  EXPECT_TRUE(batches && erases && large);
}

TEST(KillReplay, EveryChangedByteOfAValueIsSeen) {
  const std::string key = key_of(2, 6);
  std::string value = make_value(key, 77, value_size_bytes_min(key) + 100);
  EXPECT_EQ(number_in(key, value), 77u);
  EXPECT_FALSE(number_in(key_of(2, 7), value));
  EXPECT_FALSE(number_in(key, value.substr(0, value.size() - 1)));
  EXPECT_FALSE(number_in(key, ""));
  for (char& byte : value) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_FALSE(number_in(key, value));
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(KillReplay, TheOperationInFlightMayBeThereOrNot) {
  for (const bool there : {false, true}) {
    Replay replay(kSeed, 0);
    const std::uint64_t last = batch_number(500);
    replay.died(last - 1, last);
    EXPECT_TRUE(replay.settle(state_after(there ? last : last - 1)));
    EXPECT_EQ(replay.begun(), last);
  }
}

TEST(KillReplay, ALostOperationIsSeen) {
  Replay replay(kSeed, 0);
  const std::uint64_t last = batch_number(500);
  replay.died(last, last);
  EXPECT_FALSE(replay.settle(state_after(last - 1)));
  EXPECT_NE(replay.explain(state_after(last - 1)).find("should be from operation " + std::to_string(last)),
            std::string::npos);
}

TEST(KillReplay, HalfABatchIsSeen) {
  Replay replay(kSeed, 0);
  const std::uint64_t last = batch_number(500);
  replay.died(last - 1, last);
  ThreadState half = state_after(last - 1);
  for (const Change& change : operation_of(kSeed, 0, last).changes) {
    if (change.erases) continue;
    half[change.key] = {last, change.value_size_bytes};
    break;
  }
  EXPECT_FALSE(replay.settle(half));
}

TEST(KillReplay, AKeyThatNobodyWroteIsSeen) {
  Replay replay(kSeed, 0);
  replay.died(10, 10);
  ThreadState more = state_after(10);
  more["somebody else's"] = {3, 100};
  EXPECT_FALSE(replay.settle(more));
}

TEST(KillReplay, OperationsStayOpenUntilSomebodyLooks) {
  const std::uint64_t first = batch_number(100);
  const std::uint64_t second = batch_number(first + 50);
  Replay replay(kSeed, 0);
  replay.died(first - 1, first);
  replay.died(second - 1, second);

  ThreadState found = state_after(first - 1);  // the first was lost, the second is there
  for (std::uint64_t number = first + 1; number <= second; ++number) {
    for (const Change& change : operation_of(kSeed, 0, number).changes) {
      if (change.erases) {
        found.erase(change.key);
      } else {
        found[change.key] = {number, change.value_size_bytes};
      }
    }
  }
  EXPECT_TRUE(replay.settle(found));
}

}  // namespace
}  // namespace holdfast::lanes
