// Batches that the catalog decides, where a store cannot show it: a decision that fails although the medium goes on, and
// a catalog without room.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/engine/direct_route.hpp"
#include "common/engine/group_route.hpp"
#include "engine_parts.hpp"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

/// Answers as it is told to, and notes what it was asked.
class Told final : public BatchDecision {
 public:
  [[nodiscard]] Result<void> prepare() override {
    calls.push_back("prepare");
    if (refuses) return Unexpected(Error{.code = ErrorCode::no_space, .message = "refused"});
    return success();
  }
  [[nodiscard]] Result<void> decide() override {
    calls.push_back("decide");
    if (fails) return Unexpected(Error{.code = ErrorCode::io, .message = "not decided"});
    return success();
  }
  void give_up() noexcept override { calls.push_back("give up"); }

  bool refuses = false;
  bool fails = false;
  std::vector<std::string> calls;
};

class Undecided : public ::testing::TestWithParam<bool> {
 protected:
  Undecided() {
    if (GetParam())
      route_ = std::make_unique<GroupRoute>(*parts_.storage, *parts_.segments,
                                            GroupRoute::Limits{.interval = 1h, .interval_bytes = kMiB}, [] {});
    else
      route_ = std::make_unique<DirectRoute>(*parts_.storage);
  }

  [[nodiscard]] Result<void> write(BatchDecision* decision = nullptr) {
    WriteEntry entry{.space = &space_, .draft = {.type = RecordType::put, .version = 1, .batch = 1, .key = "k"}};
    return route_->write({&entry, 1}, Durability::buffered, decision);
  }

  using Calls = std::vector<std::string>;
  EngineParts parts_;
  Space space_{parts_.context(GetParam()), parts_.space_id, SpaceKind::kv, "space"};
  std::unique_ptr<WriteRoute> route_;
};
INSTANTIATE_TEST_SUITE_P(, Undecided, ::testing::Values(false, true),
                         [](const auto& row) { return row.param ? "GroupRoute" : "DirectRoute"; });

TEST_P(Undecided, ADecisionIsPreparedAndMade) {
  Told told;
  ASSERT_TRUE(ok(write(&told)));
  EXPECT_EQ(told.calls, (Calls{"prepare", "decide"}));
  EXPECT_TRUE(ok(write()));
}

TEST_P(Undecided, ARefusedOneHasWrittenNothing) {
  Told told;
  told.refuses = true;
  ASSERT_TRUE(ok(write()));
  const std::uint64_t before = parts_.storage->counters().bytes_written;
  EXPECT_TRUE(fails_with(ErrorCode::no_space, write(&told)));
  EXPECT_EQ(parts_.storage->counters().bytes_written, before);
  EXPECT_EQ(told.calls, (Calls{"prepare"}));
  EXPECT_TRUE(ok(write()));
}

TEST_P(Undecided, BehindOneThatFailedNothingIsWritten) {
  Told told;
  told.fails = true;
  EXPECT_TRUE(fails_with(ErrorCode::io, write(&told)));
  EXPECT_EQ(told.calls, (Calls{"prepare", "decide", "give up"}));
  const std::uint64_t before = parts_.storage->counters().bytes_written;
  const auto later = write();
  ASSERT_TRUE(fails_with(ErrorCode::io, later));
  EXPECT_EQ(later.error().message, "not decided");
  Told another;
  EXPECT_TRUE(fails_with(ErrorCode::io, write(&another)));
  EXPECT_TRUE(another.calls.empty());
  EXPECT_TRUE(fails_with(ErrorCode::io, route_->sync()));  // so close() leaves the store as it is
  EXPECT_EQ(parts_.storage->counters().bytes_written, before);
}

CatalogEntry decided(std::uint64_t batch) {
  return {.type = CatalogEntryType::batch_decided, .epoch = EngineParts::kIdentity.epoch, .batch = batch};
}

TEST(CatalogPrepared, IsOneRecordAndOneSyncAlsoWhereTheSegmentIsFull) {
  EngineParts parts;
  for (std::uint64_t batch = 1; batch < 1'000; ++batch) {
    auto prepared = parts.catalog->prepare({decided(batch)});
    ASSERT_TRUE(ok(prepared));
    const std::uint64_t before = parts.storage->counters().syncs;
    ASSERT_TRUE(ok((*prepared)->commit()));
    EXPECT_EQ(parts.storage->counters().syncs, before + 1);
    if (batch % 7 == 0) {
      ASSERT_TRUE(ok(parts.catalog->prepare({decided(1'000'000)})));  // given up at once
    }
    EXPECT_TRUE(parts.catalog->state().is_decided(EngineParts::kIdentity.epoch, batch));
    EXPECT_FALSE(parts.catalog->state().is_decided(EngineParts::kIdentity.epoch, batch + 1));
  }
  EXPECT_TRUE(parts.catalog->verify().empty());
}

TEST(CatalogPrepared, WithoutRoomNothingHasChanged) {
  EngineParts parts(32768, 32768);
  const auto segment = [](SegmentId id) {
    return CatalogEntry{.type = CatalogEntryType::add_segment,
                        .segment_id = id,
                        .space_id = 1,
                        .offset = id * kBlockSizeBytes,
                        .size_bytes = kBlockSizeBytes};
  };
  SegmentId id = 100;
  for (;; ++id) {
    auto prepared = parts.catalog->prepare({segment(id), decided(id)});
    if (!prepared) {
      EXPECT_TRUE(fails_with(ErrorCode::no_space, prepared));
      break;
    }
    ASSERT_TRUE(ok((*prepared)->commit()));
  }
  EXPECT_EQ(parts.catalog->state().segments().size(), id - 100);
  EXPECT_FALSE(parts.catalog->state().is_decided(EngineParts::kIdentity.epoch, id));
  EXPECT_TRUE(ok(parts.catalog->commit({{.type = CatalogEntryType::free_segment, .segment_id = 100}})));
}

TEST(DecidedBatches, AreForgottenWhenSettledButForEpochsNamedAgain) {
  CatalogState state;
  const auto apply = [&](const CatalogEntry& entry) { ASSERT_TRUE(ok(state.apply(entry))); };
  const auto decide = [&](std::uint32_t epoch, std::uint64_t batch) {
    apply({.type = CatalogEntryType::batch_decided, .epoch = epoch, .batch = batch});
  };
  EXPECT_FALSE(state.is_decided(1, 1));
  decide(1, 4);
  decide(2, 9);
  EXPECT_TRUE(state.is_decided(1, 4));
  EXPECT_FALSE(state.is_decided(1, 5));  // whatever a later epoch has decided
  apply({.type = CatalogEntryType::batches_settled, .epoch = 2});
  decide(1, 4);  // epoch 1 has left one undecided
  EXPECT_TRUE(state.is_decided(2, 100));
  decide(3, 12);
  apply({.type = CatalogEntryType::batches_settled, .epoch = 3});
  EXPECT_EQ(state.decided_batches().size(), 1u);
  CatalogState again;
  std::uint64_t size_bytes = 0;
  for (const CatalogEntry& entry : state.snapshot()) {
    ASSERT_TRUE(ok(again.apply(entry)));
    size_bytes += catalog_entry_size_bytes(entry);
  }
  EXPECT_EQ(state.snapshot_size_bytes(), size_bytes);
  for (const CatalogState* const one : {&state, &again}) {
    EXPECT_TRUE(one->is_decided(1, 4));
    EXPECT_FALSE(one->is_decided(1, 5));
    EXPECT_TRUE(one->is_decided(3, 13));
    EXPECT_FALSE(one->is_decided(4, 1));
  }
}

}  // namespace
}  // namespace holdfast
