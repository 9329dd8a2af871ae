// The own proof of power cuts and of the kill loop over all facades: what they would call lost, half or invented,
// the check does see.

#include "lanes/store_check.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "contract/storage_test_support.hpp"
#include "lanes/lane_writer.hpp"

namespace holdfast::lanes {
namespace {

constexpr std::uint64_t kSeed = 4711;
constexpr std::uint64_t kCount = 60;  // operations a lane

class LanesStore : public ::testing::Test {
 protected:
  LanesStore() : directory_(std::filesystem::temp_directory_path()) {
    auto spaces = open_store(OpenMode::open_or_create);
    EXPECT_TRUE(ok(spaces));
    if (spaces) spaces_.emplace(std::move(*spaces));
    acknowledged_.fill(kCount);
  }

  void SetUp() override { ASSERT_TRUE(spaces_); }

  [[nodiscard]] Result<Spaces> open_store(OpenMode mode) const {
    auto store = Store::open(directory_.store(), {.mode = mode, .size_bytes = 8 * kMiB, .segment_size_bytes = kMiB / 4});
    if (!store) return Unexpected(store.error());
    return open_spaces(std::move(*store), mode);
  }

  void write_all() {
    for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) write(lane, 0, kCount);
  }

  void write(std::uint32_t lane, std::uint64_t from, std::uint64_t to) {
    LaneWriter writer(*spaces_, kSeed, lane, from);
    while (writer.number() < to) ASSERT_TRUE(ok(writer.apply()));
  }

  [[nodiscard]] Verdict check() { return check_store(*spaces_, kSeed, acknowledged_); }

  [[nodiscard]] static std::uint32_t lane_of(Facade facade) {
    std::uint32_t lane = 0;
    while (kLanes[lane] != facade) ++lane;
    return lane;
  }

  TestDirectory directory_;
  std::optional<Spaces> spaces_;
  Acknowledged acknowledged_{};
};

std::string joined(const Verdict& verdict) {
  std::string text;
  for (const auto& complaint : verdict.complaints) text += complaint + "\n";
  return text;
}

TEST_F(LanesStore, IsRightAfterItsOperations) {
  write_all();
  const Verdict verdict = check();
  EXPECT_EQ(joined(verdict), "");
  EXPECT_EQ(verdict.settled, acknowledged_);
}

TEST_F(LanesStore, MayHaveTheOperationInFlight) {
  write_all();
  acknowledged_.fill(kCount - 1);
  const Verdict verdict = check();
  EXPECT_EQ(joined(verdict), "");
  EXPECT_EQ(verdict.settled[lane_of(Facade::log)], kCount);
  EXPECT_EQ(verdict.settled[lane_of(Facade::batch)], kCount);
  EXPECT_EQ(verdict.settled[lane_of(Facade::region)], kCount - 1);  // it is written again
}

TEST_F(LanesStore, GoesOnAfterReopening) {
  write_all();
  spaces_.reset();
  auto again = open_store(OpenMode::existing);
  ASSERT_TRUE(ok(again));
  spaces_.emplace(std::move(*again));
  acknowledged_.fill(kCount - 1);
  const Verdict verdict = check();
  ASSERT_EQ(joined(verdict), "");
  for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) write(lane, verdict.settled[lane], 2 * kCount);
  acknowledged_.fill(2 * kCount);
  EXPECT_EQ(joined(check()), "");
}

/// Each lane alone says that it has lost five operations; the others stay silent.
TEST_F(LanesStore, MissesLostOperationsOfEachLane) {
  write_all();
  for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
    acknowledged_[lane] = kCount + 5;
    const Verdict verdict = check();
    for (std::uint32_t other = 0; other < kLanes.size(); ++other)
      EXPECT_EQ(verdict.lost[other] > 0, other == lane) << "lane " << lane << ": " << joined(verdict);
    // The region says only that it is another one.
    EXPECT_EQ(verdict.lost[lane], kLanes[lane] == Facade::region ? 1u : 5u);
    acknowledged_[lane] = kCount;
  }
}

TEST_F(LanesStore, SeesOperationsThatNobodyCanHaveBegun) {
  write_all();
  for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
    acknowledged_[lane] = kCount - 5;
    EXPECT_FALSE(check().complaints.empty()) << "lane " << lane;
    acknowledged_[lane] = kCount;
  }
}

TEST_F(LanesStore, SeesWhatNobodyWrote) {
  write_all();
  ASSERT_TRUE(ok(spaces_->kv.put("somebody else's", "value")));
  EXPECT_NE(joined(check()).find("keys in 'kv'"), std::string::npos);
  ASSERT_TRUE(ok(spaces_->kv.erase("somebody else's")));
  ASSERT_TRUE(ok(spaces_->log.append("nobody's")));
  EXPECT_NE(joined(check()).find("records in 'log'"), std::string::npos);
}

TEST_F(LanesStore, SeesHalfABatch) {
  write_all();
  const auto next = append_of(kSeed, lane_of(Facade::batch), kCount + 1);
  for (const auto& payload : next.payloads) ASSERT_TRUE(ok(spaces_->batch_log.append(payload)));
  EXPECT_NE(joined(check()).find("its stream ends with operation " + std::to_string(kCount + 1)),
            std::string::npos);
}

TEST_F(LanesStore, SeesAByteOfTheRegionThatNobodyWrote) {
  write_all();
  std::byte byte{};
  ASSERT_TRUE(ok(spaces_->region.read_at(100, {&byte, 1})));
  byte ^= std::byte{0x55};
  ASSERT_TRUE(ok(spaces_->region.write_at(100, {&byte, 1})));
  EXPECT_NE(joined(check()).find("another byte at 100"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::lanes
