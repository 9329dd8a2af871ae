// What is all or nothing: update(), truncate_write(); and shrink(), which gives back what they and growth have left.

#include <array>
#include <atomic>
#include <thread>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, AnUpdateOfManyRangesIsAsWrites) {
  std::string expected = some_bytes(700'000);
  write(0, expected);
  std::vector<std::string> texts;
  std::vector<RegionWrite> writes;
  texts.reserve(30);
  for (unsigned i = 0; i < 30; ++i) {
    texts.push_back(some_bytes(50 + i * 333, i + 1));
    writes.push_back({(i * 97'003) % 690'000, bytes_of_text(texts.back())});
  }
  ASSERT_TRUE(ok(region_->update(writes)));
  for (unsigned i = 0; i < 30; ++i) expected.replace(writes[i].offset, texts[i].size(), texts[i]);
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_EQ(region_->flush(), false);  // its size was new: all is durable
}

TEST_P(RegionOn, AnUpdateBehindTheEndGrowsOverAGapOfZeros) {
  write(0, "abc");
  const std::array writes{RegionWrite{200'000, bytes_of_text("far")}, RegionWrite{1, bytes_of_text("X")}};
  ASSERT_TRUE(ok(region_->update(writes)));
  std::string expected = "aXc";
  expected.resize(200'000, '\0');
  EXPECT_TRUE(holds(*region_, expected + "far"));
  EXPECT_EQ(region_->append(bytes_of_text("z")), 200'003u);
  EXPECT_TRUE(holds(*region_, expected + "farz"));
}

TEST_P(RegionOn, AnUpdateOfAnEmptyRegionFillsIt) {
  const std::string bytes = some_bytes(5'000);
  const std::array writes{RegionWrite{0, bytes_of_text(bytes)}};
  ASSERT_TRUE(ok(region_->update(writes)));
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_TRUE(ok(region_->update({})));
  EXPECT_TRUE(holds(*region_, bytes));
}

TEST_P(RegionOn, AViewGoesOnShowingWhatWasThereBeforeAnUpdate) {
  const std::string before = some_bytes(300'000);
  write(0, before);
  auto view = region_->view(0, before.size());
  ASSERT_TRUE(ok(view));
  for (unsigned i = 1; i < 30; ++i) {  // so many that freed blocks would be used again
    const std::string bytes = some_bytes(150'000, i);
    const std::array writes{RegionWrite{70'000, bytes_of_text(bytes)}};
    ASSERT_TRUE(ok(region_->update(writes)));
  }
  EXPECT_EQ(text_of(*view), before);
}

TEST_P(RegionOn, WhatAnUpdateReplacesIsUsedAgain) {
  write(0, some_bytes(1'000'000));
  const std::string bytes = some_bytes(500'000, 1);
  const std::array writes{RegionWrite{123'456, bytes_of_text(bytes)}};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(ok(region_->update(writes)));
  const std::uint64_t free = free_bytes();
  const std::uint64_t owned = owned_bytes(*store_, "region");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(ok(region_->update(writes)));
  EXPECT_EQ(free_bytes(), free);
  EXPECT_EQ(owned_bytes(*store_, "region"), owned);
}

TEST_P(RegionOn, AnUpdateBehindTheLimitChangesNothing) {
  Region limited = region("limited", {.size_bytes_max = 1'000});
  const std::array writes{RegionWrite{0, bytes_of_text("begin")}, RegionWrite{998, bytes_of_text("end")}};
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.update(writes)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.truncate_write(UINT64_MAX, bytes_of_text("end"))));
  EXPECT_TRUE(holds(limited, ""));
}

TEST_P(RegionOn, AnUpdateThatDoesNotFitChangesNothing) {
  const std::string half = some_bytes(kRoomBytes * 6 / 10);
  write(0, half);
  const std::string bytes = some_bytes(kRoomBytes * 6 / 10, 1);
  const std::array writes{RegionWrite{0, bytes_of_text(bytes)}};
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->update(writes)));
  EXPECT_TRUE(holds(*region_, half));
  const std::array small{RegionWrite{0, bytes_of_text("it goes on")}};
  EXPECT_TRUE(ok(region_->update(small)));
}

TEST_P(RegionOn, TruncateWriteCutsBehindItsBytes) {
  const std::string bytes = some_bytes(400'000);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->truncate_write(100'000, bytes_of_text("the end"))));
  EXPECT_TRUE(holds(*region_, bytes.substr(0, 100'000) + "the end"));
  EXPECT_LT(owned_bytes(*store_, "region"), 250'000u);
}

TEST_P(RegionOn, TruncateWriteBehindTheEndGrows) {
  write(0, "abc");
  ASSERT_TRUE(ok(region_->truncate_write(70'000, bytes_of_text("the end"))));
  std::string expected = "abc";
  expected.resize(70'000, '\0');
  EXPECT_TRUE(holds(*region_, expected + "the end"));
}

TEST_P(RegionOn, TruncateWriteOfNothingIsTruncate) {
  write(0, some_bytes(10'000));
  ASSERT_TRUE(ok(region_->truncate_write(5'000, {})));
  EXPECT_TRUE(holds(*region_, some_bytes(10'000).substr(0, 5'000)));
}

TEST_P(RegionOn, ShrinkGivesTheRoomBehindTheEndBack) {
  const std::string bytes = some_bytes(5'000);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->reserve(1'000'000)));
  ASSERT_TRUE(ok(region_->shrink()));
  EXPECT_EQ(owned_bytes(*store_, "region"), 8'192u);
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_EQ(region_->append(bytes_of_text(bytes)), 5'000u);
  EXPECT_TRUE(holds(*region_, bytes + bytes));
  ASSERT_TRUE(ok(region_->truncate(0)));
  ASSERT_TRUE(ok(region_->shrink()));
  EXPECT_EQ(owned_bytes(*store_, "region"), 0u);
}

// Writers in place, each on a stretch of its own, beside updates of a stretch between theirs in the same blocks.
TEST_P(RegionOn, UpdatesLoseNoWriteBesideThem) {
  constexpr std::uint64_t kThreads = 3, kStretch = 700, kRounds = 300;
  write(0, std::string((kThreads + 1) * kStretch, '-'));
  std::atomic<bool> failed{false};
  const auto work = [&](std::uint64_t thread) {
    for (std::uint64_t i = 1; i <= kRounds && !failed; ++i) {
      const std::string bytes(kStretch, static_cast<char>('a' + (i + thread) % 26));
      if (thread == 0) {
        const std::array writes{RegionWrite{0, bytes_of_text(bytes)}};
        if (!region_->update(writes)) failed = true;
      } else if (!region_->write_at(thread * kStretch, bytes_of_text(bytes))) {
        failed = true;
      }
      std::string found(kStretch, '?');
      if (!region_->read_at(thread * kStretch, std::as_writable_bytes(std::span(found))) || found != bytes) failed = true;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread <= kThreads; ++thread) threads.emplace_back(work, thread);
  }
  EXPECT_FALSE(failed);
}

TEST_P(RegionReopen, UpdatesAreThereBehindAKill) {
  std::string expected = some_bytes(300'000);
  write(0, expected);
  ASSERT_TRUE(ok(region_->flush()));
  for (unsigned i = 0; i < 20; ++i) {
    const std::string bytes = some_bytes(3'000, i);
    const std::array writes{RegionWrite{i * 14'000, bytes_of_text(bytes)}, RegionWrite{i * 1'000, bytes_of_text(bytes)}};
    ASSERT_TRUE(ok(region_->update(writes)));
    for (const RegionWrite& one : writes) expected.replace(one.offset, bytes.size(), bytes);
  }
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, expected));
  ASSERT_TRUE(ok(region_->truncate_write(150'000, bytes_of_text("end"))));
  reopen_after_close();
  EXPECT_TRUE(holds(*region_, expected.substr(0, 150'000) + "end"));
  EXPECT_TRUE(store_->verify().value().damage.empty());
}

}  // namespace
}  // namespace holdfast::region_suites
