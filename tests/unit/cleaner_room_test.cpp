// A writer that found no room waits for readers of what is free already, and for nothing else.

#include "common/engine/cleaner.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/success.hpp"
#include "engine_parts.hpp"

namespace holdfast {
namespace {

/// Nothing is written through it.
class IdleRoute final : public WriteRoute {
 public:
  using WriteRoute::write;
  [[nodiscard]] Result<void> write(std::span<WriteEntry>, Durability, BatchDecision*) override { return success(); }
  [[nodiscard]] Result<void> sync() override { return success(); }
  [[nodiscard]] Result<void> stand_still(std::span<Space* const>, const Call& call) override { return call(); }
  void write_async(std::unique_ptr<AsyncWrite>) override {}
  [[nodiscard]] bool note_interval(std::uint64_t) noexcept override { return true; }
  void stop() noexcept override {}
};

class NoRecords final : public RecordOwner {
 public:
  [[nodiscard]] Need need_of(Location, const RecordView&) override { return Need::none; }
  [[nodiscard]] bool move(Location, Location, const RecordView&) override { return false; }
  void forget_tombstone(Location, const RecordView&) override {}
  [[nodiscard]] std::uint64_t lowest_pending_version() override { return 1; }
  [[nodiscard]] std::optional<std::uint64_t> oldest_snapshot() const override { return std::nullopt; }
};

/// A full store without garbage, and a large value in it that may go.
class CleanerRoom : public ::testing::Test {
 protected:
  void SetUp() override {
    cleaner_.add(space_, owner_);
    const auto value = parts_.segments->add_value(parts_.space_id, std::string(3 * EngineParts::kSegmentSize, 'v'));
    ASSERT_TRUE(ok(value));
    for (const ValuePartDisk& part : *value) value_.push_back(part.segment_id);
    while (parts_.segments->add_records(parts_.space_id, 1'000)) {
    }
  }

  void retire_value() {
    parts_.segments->retire(value_, false);
    reclaim();
  }
  [[nodiscard]] bool makes_room() {
    const auto made = cleaner_.make_room(1'000);
    EXPECT_TRUE(ok(made));
    return made.value_or(false);
  }
  void reclaim() { ASSERT_TRUE(ok(parts_.segments->reclaim())); }

  /// Called in the middle of each pass, behind its own look for what is free; told how many there were.
  std::function<void(int pass)> in_pass_ = [](int) {};
  int passes_ = 0;

  EngineParts parts_{kMiB, kMiB};
  Space space_{parts_.context(), parts_.space_id, SpaceKind::kv, "space"};
  IdleRoute route_;
  std::shared_ptr<NoRecords> owner_ = std::make_shared<NoRecords>();
  std::vector<SegmentId> value_;
  Cleaner cleaner_{{.storage = *parts_.storage,
                    .catalog = *parts_.catalog,
                    .extents = *parts_.extents,
                    .segments = *parts_.segments,
                    .slices = parts_.slices,
                    .guards = parts_.guards,
                    .route = route_,
                    .next_version =
                        [this] {
                          in_pass_(++passes_);
                          return std::uint64_t{1};
                        },
                    .whole_batches = [] { return std::uint64_t{0}; }},
                   {.is_automatic = false}};
};

TEST_F(CleanerRoom, IsRefusedAtOnceWhereNothingIsFreeAndNobodyHoldsAnythingBack) {
  EXPECT_FALSE(makes_room());
  EXPECT_LE(passes_, 2);
}

TEST_F(CleanerRoom, IsThereWhenReadersHaveLetGoOfIt) {
  std::optional<ReadGuards::Guard> reader(parts_.guards.enter());
  retire_value();
  in_pass_ = [&](int pass) {
    if (pass == 3) reader.reset();
  };
  EXPECT_TRUE(makes_room());
  EXPECT_EQ(passes_, 3);
}

// Then nobody holds anything back any more when the writer looks, though its own pass had found no room.
TEST_F(CleanerRoom, IsThereWhenReadersLetGoWhileAPassIsAtWorkAndSomebodyElseTakesItBack) {
  std::optional<ReadGuards::Guard> reader(parts_.guards.enter());
  retire_value();
  ASSERT_GT(parts_.segments->waiting_bytes(), 0u);
  in_pass_ = [&](int pass) {
    if (pass != 2) return;  // the first is followed by a sync, and not by a look
    reader.reset();
    reclaim();
    EXPECT_EQ(parts_.segments->waiting_bytes(), 0u);
  };
  EXPECT_TRUE(makes_room());
  EXPECT_EQ(passes_, 2);
}

}  // namespace
}  // namespace holdfast
