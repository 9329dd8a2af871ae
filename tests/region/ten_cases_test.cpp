// The three of the ten cases that are about regions: those in which other engines lose, resurrect or
// overwrite bytes.

#include <algorithm>
#include <array>
#include <cstring>

#include "contract/forked_child.hpp"
#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

class TenCases : public RegionOn {};
class TenCasesReopened : public RegionReopen {};
INSTANTIATE_TEST_SUITE_P(, TenCases, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, TenCasesReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

/// Bytes that say whose they are, how many they are and which of their writer's.
std::string block_of(std::uint32_t writer, std::uint32_t number) {
  const std::string tail = noise(20 + (writer * 31 + number * 7) % 150, writer * 10'000 + number);
  const std::array<std::uint32_t, 3> head{writer, number, static_cast<std::uint32_t>(tail.size())};
  return std::string(reinterpret_cast<const char*>(head.data()), sizeof head) + tail;
}

/// How many blocks of each writer lie in `bytes`, side by side; nothing if they are anything else, or out of
/// a writer's order.
std::optional<std::vector<std::uint32_t>> blocks_in(std::string_view bytes, std::uint32_t writers) {
  std::vector<std::uint32_t> counts(writers);
  while (!bytes.empty()) {
    std::array<std::uint32_t, 3> head{};
    if (bytes.size() < sizeof head) return std::nullopt;
    std::memcpy(head.data(), bytes.data(), sizeof head);
    if (head[0] >= writers || head[1] != counts[head[0]]) return std::nullopt;
    const std::string expected = block_of(head[0], counts[head[0]]++);
    if (!bytes.starts_with(expected)) return std::nullopt;
    bytes.remove_prefix(expected.size());
  }
  return counts;
}

// --- Case 7: two writers of one region; writes behind the limit.

TEST_P(TenCases, TwoWritersOfOneRegionOverwriteNothing) {
  in_threads(2, [&](unsigned writer) {
    Region own_handle = region("region");
    for (std::uint32_t i = 0; i < 2'000; ++i)
      ASSERT_TRUE(ok(own_handle.append(bytes_of_text(block_of(writer, i)))));
  });
  EXPECT_EQ(blocks_in(read_all(*region_), 2), (std::vector<std::uint32_t>{2'000, 2'000}));
}

TEST_P(TenCases, TenThreadsOfAThousandAppendsLoseNothing) {
  in_threads(10, [&](unsigned writer) {
    for (std::uint32_t i = 0; i < 1'000; ++i) {
      const std::string block = block_of(writer, i);
      const auto offset = region_->append(bytes_of_text(block));
      ASSERT_TRUE(ok(offset));
      ASSERT_EQ(text_of(view_of(*region_, *offset, block.size())), block);
    }
  });
  EXPECT_EQ(blocks_in(read_all(*region_), 10), std::vector<std::uint32_t>(10, 1'000));
}

TEST_P(TenCases, WritersOfDifferentPlacesOfOneRegionKeepEachOthersBytes) {
  constexpr std::size_t kPiece = 333;  // so that blocks and cache lines are shared
  in_threads(4, [&](unsigned writer) {
    for (unsigned i = 0; i < 200; ++i)
      ASSERT_TRUE(
          ok(region_->write_at((i * 4 + writer) * kPiece, bytes_of_text(noise(kPiece, i * 4 + writer)))));
  });
  std::string expected;
  for (unsigned i = 0; i < 800; ++i) expected += noise(kPiece, i);
  EXPECT_TRUE(holds(*region_, expected));
}

TEST_P(TenCases, BeyondTheLimitIsTooLargeAndUpToItItGrowsOverZeros) {
  constexpr std::uint64_t kLimit = 500'000;
  Region neighbour = created("neighbour", noise(100'000, 1));
  Region limited = region("limited", {.size_bytes_max = kLimit});
  ASSERT_TRUE(ok(limited.append(bytes_of_text(noise(1'000)))));
  const std::uint64_t free = free_bytes();
  const std::array inside_and_out{RegionWrite{0, bytes_of_text("xx")},
                                  RegionWrite{kLimit - 1, bytes_of_text("xx")}};
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_at(kLimit - 1, bytes_of_text("xx"))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.append(bytes_of_text(noise(kLimit - 999)))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.write_each(inside_and_out)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.update(inside_and_out)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.truncate_write(kLimit, bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.truncate(kLimit + 1)));
  EXPECT_TRUE(fails_with(ErrorCode::too_large, limited.reserve(kLimit + 1)));
  EXPECT_TRUE(holds(limited, noise(1'000)));
  EXPECT_EQ(free_bytes(), free);
  ASSERT_TRUE(ok(limited.write_at(kLimit - 2, bytes_of_text("xx"))));
  EXPECT_TRUE(holds(limited, noise(1'000) + std::string(kLimit - 1'002, '\0') + "xx"));
  EXPECT_TRUE(holds(neighbour, noise(100'000, 1)));
}

// --- Case 8: closed and opened again; 1 MiB at once.

TEST_P(TenCasesReopened, WhatWasWrittenIsThereAfterClosingAndOpening) {
  const std::string bytes = noise(3 * kMiB);
  write(0, bytes);
  for (int i = 0; i < 3; ++i) {
    reopen_after_close();
    ASSERT_TRUE(holds(*region_, bytes)) << i;
  }
}

TEST_P(TenCasesReopened, AnImmediateWriteOfOneMebibyteIsThereAfterAKill) {
  write(0, noise(kMiB), kImmediate);
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, noise(kMiB)));
}

TEST_P(TenCases, AnImmediateWriteOfOneMebibyteIsSyncedBeforeItReturns) {
  write(0, noise(kMiB));
  ASSERT_TRUE(ok(region_->flush()));
  const bool shares_syncs = store_->info()->capabilities.shares_syncs;
  const Spent spent(*store_);
  write(0, noise(kMiB, 1), kImmediate);
  EXPECT_GE(shares_syncs ? spent.syncs() : spent.fences(), 1u);
  EXPECT_EQ(region_->flush(), false);  // nothing is left to do
}

// --- Case 10: removed, and its room used again.

/// "victim" is removed and what another region writes takes its room; whether it did is seen by the free
/// bytes.
TEST_P(TenCasesReopened, ARemovedRegionIsNotResurrectedOverReusedRoom) {
  constexpr std::size_t kVictim = kRoomBytes / 2;
  Region victim = created("victim", noise(kVictim));
  const RegionId id = victim.id();
  ASSERT_TRUE(ok(victim.remove()));
  Region reuser = created("reuser", noise(kRoomBytes - 5 * kMiB, 1));  // fits into that room alone
  ASSERT_TRUE(ok(reuser.flush()));
  for (int i = 0; i < 2; ++i) {
    reopen_after_kill();
    EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id)));
    EXPECT_TRUE(is_absent("victim"));
    EXPECT_EQ(store_->regions()->size(), 2u);
    EXPECT_TRUE(holds(region("reuser"), noise(kRoomBytes - 5 * kMiB, 1)));
  }
}

TEST_P(TenCasesReopened, ARemovedRegionIsNotFoundAfterAKillWithNothingElseDirty) {
  const RegionId id = created("victim", noise(100'000)).id();
  ASSERT_TRUE(ok(store_->sync()));
  ASSERT_TRUE(ok(region("victim").remove()));
  EXPECT_EQ(region_->flush(), false);
  reopen_after_kill();
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id)));
  EXPECT_TRUE(holds(created("victim", "new"), "new"));
}

/// Asks others for so much room that they would get that of "region", had a refused removal given it away.
void expect_its_room_is_its_own(Store& store, const Region& region, const std::string& bytes) {
  for (unsigned i = 0;; ++i)
    if (!store.create_region({.bytes = bytes_of_text(noise(kMiB, 100 + i))})) break;
  EXPECT_TRUE(holds(region, bytes));
}

TEST_P(TenCases, ARefusedRemoveInAForkedChildChangesNothing) {
  const std::string bytes = noise(kMiB);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->flush()));
  const std::uint64_t free = free_bytes();
  EXPECT_EQ(
      in_forked_child([&] { return is_locked_out(region_->remove()) && holds(*region_, bytes) ? 1 : 0; }), 1);
  EXPECT_EQ(region_->flush(), false);
  EXPECT_EQ(free_bytes(), free);
  expect_its_room_is_its_own(*store_, *region_, bytes);
}

TEST_P(TenCases, ASecondRemoveGivesNoRoomAwayOnceMore) {
  Region victim = created("victim", noise(kMiB));
  ASSERT_TRUE(ok(victim.remove()));
  const std::string bytes = noise(kMiB, 1);
  Region next = created("next", bytes);
  const std::uint64_t free = free_bytes();
  EXPECT_TRUE(fails_with(ErrorCode::not_found, victim.remove()));
  EXPECT_EQ(free_bytes(), free);
  expect_its_room_is_its_own(*store_, next, bytes);
}

TEST_P(TenCasesReopened, ARefusedRemoveOfAReadOnlyStoreChangesNothing) {
  const std::string bytes = noise(kMiB);
  write(0, bytes);
  close();
  options_.mode = OpenMode::read_only;
  open();
  Region seen = store_->region("region").value();
  EXPECT_TRUE(fails_with(ErrorCode::read_only, seen.remove()));
  EXPECT_TRUE(holds(seen, bytes));
  options_.mode = OpenMode::existing;
  reopen_after_kill();
  expect_its_room_is_its_own(*store_, *region_, bytes);
}

// A region that is still in use is removed all the same: what keeps its room is the view, and only as long as
// it lives.
TEST_P(TenCases, ARemoveUnderAViewGivesTheRoomAwayWithTheViewAlone) {
  const std::string bytes = noise(kMiB);
  write(0, bytes);
  std::optional<RegionView> view = view_of(*region_, 0, kMiB);
  const std::uint64_t free = free_bytes();
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_EQ(free_bytes(), free);
  for (unsigned i = 0;; ++i)
    if (!store_->create_region({.bytes = bytes_of_text(noise(kMiB, 100 + i))})) break;
  EXPECT_EQ(text_of(*view), bytes);
  view.reset();
  EXPECT_TRUE(holds(created("next", noise(kMiB, 1)), noise(kMiB, 1)));
}

}  // namespace
}  // namespace holdfast::region_suites
