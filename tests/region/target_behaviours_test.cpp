// What one expects of a storage target with regions: what is written and made durable is read back, whatever
// its size, its place and its neighbours.

#include <algorithm>
#include <array>
#include <random>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

class TargetBehaviours : public RegionOn {};
class TargetBehavioursReopened : public RegionReopen {};
INSTANTIATE_TEST_SUITE_P(, TargetBehaviours, ::testing::ValuesIn(all_backends()), row_name);
INSTANTIATE_TEST_SUITE_P(, TargetBehavioursReopened,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

// Targets send small payloads another way than large ones; here no size shall be special.
constexpr std::size_t kEagerBytes = 2'048;
constexpr std::array<std::size_t, 7> kPayloads{1,     64, 196, kEagerBytes - 1, kEagerBytes, kEagerBytes + 1,
                                               70'001};

std::string read_back(const Region& region, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  const auto read = region.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  return read ? bytes : read.error().to_string();
}

std::string name_of(std::size_t number) { return "region " + std::to_string(1'000 + number); }

TEST_P(TargetBehaviours, WhatIsWrittenAndPersistedIsReadBack) {
  for (const std::size_t size : kPayloads) {
    SCOPED_TRACE(size);
    Region target = region("of " + std::to_string(size));
    const std::string bytes = noise(size, size);
    ASSERT_TRUE(ok(target.write_at(0, bytes_of_text(bytes))));
    EXPECT_TRUE(holds(target, bytes));
    EXPECT_EQ(target.flush(), true);
    EXPECT_TRUE(holds(target, bytes));
    EXPECT_EQ(text_of(view_of(target, 0, size)), bytes);
    EXPECT_EQ(target.size(), size);
  }
}

TEST_P(TargetBehaviours, AWriteAboveTheEagerThresholdIsReadBack) {
  const std::string bytes = noise(kEagerBytes + 1);
  write(0, bytes, kImmediate);
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_EQ(region_->flush(), false);
}

TEST_P(TargetBehaviours, CreatedWithBytesItIsReadBackAndRemovedItIsAnError) {
  for (const std::size_t size : kPayloads) {
    SCOPED_TRACE(size);
    const std::string bytes = noise(size, size);
    Region target = created("target", bytes);
    EXPECT_TRUE(holds(target, bytes));
    EXPECT_EQ(target.flush(), false);
    ASSERT_TRUE(ok(target.remove()));
    EXPECT_TRUE(fails_with(ErrorCode::not_found, target.size()));
    EXPECT_TRUE(is_absent("target"));
  }
}

TEST_P(TargetBehaviours, WritesAtOffsetsLeaveTheBytesAroundThemAlone) {
  std::string expected = noise(20'000);
  write(0, expected);
  for (const std::size_t size : kPayloads)
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, std::size_t{4'095}, std::size_t{8'192}}) {
      if (offset + size > expected.size()) continue;
      const std::string bytes = noise(size, offset + size);
      write(offset, bytes);
      expected.replace(offset, size, bytes);
      ASSERT_TRUE(holds(*region_, expected)) << size << " at " << offset;
      ASSERT_EQ(read_back(*region_, offset, size), bytes);
    }
}

TEST_P(TargetBehaviours, LargeDataIsReadBackWholeAndInPieces) {
  const std::string bytes = noise(5 * kMiB + 3);
  write(7, bytes);
  EXPECT_EQ(read_back(*region_, 7, bytes.size()), bytes);
  for (std::size_t offset = 0; offset < bytes.size(); offset += 600'011) {
    const std::size_t size = std::min<std::size_t>(600'011, bytes.size() - offset);
    ASSERT_EQ(text_of(view_of(*region_, 7 + offset, size)), bytes.substr(offset, size)) << offset;
  }
}

// In pieces and out of their order: each goes where it belongs, none a piece further.
TEST_P(TargetBehaviours, LargeDataWrittenInPiecesIsOneRun) {
  constexpr std::size_t kPiece = 150'001;
  const std::string bytes = noise(20 * kPiece);
  std::vector<std::size_t> order(20);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::shuffle(order, std::mt19937(7));
  for (const std::size_t i : order) write(i * kPiece, std::string_view(bytes).substr(i * kPiece, kPiece));
  EXPECT_TRUE(holds(*region_, bytes));
}

TEST_P(TargetBehaviours, ListingEchoesWhatWasStored) {
  std::vector<RegionInfo> stored;
  for (std::size_t i = 0; i < 10; ++i) {
    const std::string bytes = noise(i * 1'000);
    const RegionMetadata metadata{.owner = "owner " + std::to_string(i),
                                  .description = noise(100, i),
                                  .expected_size_bytes = i << 20,
                                  .attributes = {{"step", std::to_string(i)}}};
    const std::string name = name_of(i);
    const auto made =
        store_->create_region({.name = name, .bytes = bytes_of_text(bytes), .metadata = metadata});
    ASSERT_TRUE(ok(made));
    stored.push_back(made->info().value());
    EXPECT_EQ(stored.back().metadata, metadata);
  }
  const auto listed = store_->regions("region 1");
  ASSERT_TRUE(ok(listed));
  ASSERT_EQ(listed->size(), stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    EXPECT_EQ((*listed)[i].id, stored[i].id);
    EXPECT_EQ((*listed)[i].name, name_of(i));
    EXPECT_EQ((*listed)[i].size_bytes, i * 1'000);
    EXPECT_EQ((*listed)[i].metadata, stored[i].metadata);
    EXPECT_EQ((*listed)[i].created, stored[i].created);
  }
}

TEST_P(TargetBehaviours, BytesBehindTheEndGrowTheRegionAndOverrunNoNeighbour) {
  Region left = created("left", noise(4'096, 1));
  Region middle = created("middle", noise(4'096, 2));
  Region right = created("right", noise(4'096, 3));
  const std::string more = noise(300'000, 4);
  ASSERT_TRUE(ok(middle.write_at(4'090, bytes_of_text(more))));
  EXPECT_TRUE(holds(left, noise(4'096, 1)));
  EXPECT_TRUE(holds(right, noise(4'096, 3)));
  EXPECT_TRUE(holds(middle, noise(4'096, 2).substr(0, 4'090) + more));
}

TEST_P(TargetBehaviours, NoByteBehindTheEndIsRead) {
  Region target = created("target", noise(100));  // its block has room behind them
  std::string into(101, '?');
  EXPECT_TRUE(
      fails_with(ErrorCode::out_of_bounds, target.read_at(0, std::as_writable_bytes(std::span(into)))));
  EXPECT_EQ(into, std::string(101, '?'));
  EXPECT_TRUE(fails_with(ErrorCode::out_of_bounds, target.view(99, 2)));
  EXPECT_EQ(read_back(target, 99, 1), noise(100).substr(99));
}

TEST_P(TargetBehaviours, ThreadsThatCreateWriteReadAndRemoveDoNotMeet) {
  in_threads(6, [&](unsigned thread) {
    for (unsigned i = 0; i < 15 && !HasFailure(); ++i) {
      const std::string bytes = noise(kPayloads[(thread + i) % kPayloads.size()], thread * 100 + i);
      auto target = store_->create_region({.bytes = bytes_of_text(bytes)});
      ASSERT_TRUE(ok(target));
      ASSERT_TRUE(ok(target->append(bytes_of_text(bytes))));
      ASSERT_TRUE(holds(*target, bytes + bytes));
      ASSERT_TRUE(ok(target->remove()));
    }
  });
  EXPECT_EQ(store_->regions()->size(), 1u);
}

TEST_P(TargetBehavioursReopened, PersistedPayloadsAndTheirIdsAreThere) {
  std::vector<std::pair<RegionId, std::string>> stored;
  for (const std::size_t size : kPayloads) {
    const std::string bytes = noise(size, size);
    stored.emplace_back(store_->create_region({.bytes = bytes_of_text(bytes)})->id(), bytes);
    Region written = region("written " + std::to_string(size));
    ASSERT_TRUE(ok(written.write_at(0, bytes_of_text(bytes), kImmediate)));
    stored.emplace_back(written.id(), bytes);
    Region flushed = region("flushed " + std::to_string(size));
    ASSERT_TRUE(ok(flushed.append(bytes_of_text(bytes))));
    ASSERT_TRUE(ok(flushed.flush()));
    stored.emplace_back(flushed.id(), bytes);
  }
  reopen_after_kill();
  for (const auto& [id, bytes] : stored)
    EXPECT_TRUE(holds(store_->region(id).value(), bytes)) << bytes.size();
  reopen_after_close();
  for (const auto& [id, bytes] : stored)
    EXPECT_TRUE(holds(store_->region(id).value(), bytes)) << bytes.size();
}

TEST_P(TargetBehavioursReopened, HundredsOfRegionsAreAllThere) {
  constexpr std::size_t kCount = 400;
  std::vector<RegionId> ids;
  for (std::size_t i = 0; i < kCount; ++i) ids.push_back(created(name_of(i), noise(196, i)).id());
  const auto all_there = [&] {
    const auto listed = store_->regions("region ");
    if (!listed || listed->size() != kCount) return false;
    for (std::size_t i = 0; i < kCount; ++i)
      if ((*listed)[i].id != ids[i] || !holds(store_->region(ids[i]).value(), noise(196, i))) return false;
    return true;
  };
  EXPECT_TRUE(all_there());
  reopen_after_kill();
  EXPECT_TRUE(all_there());
}

/// Copies every region that has a name; the bytes go from one medium to the other, through no buffer of ours.
void copy_regions(Store& from, Store& to) {
  const auto listed = from.regions("region 1");
  ASSERT_TRUE(ok(listed));
  for (const RegionInfo& info : *listed) {
    const auto source = from.region(info.id);
    ASSERT_TRUE(ok(source));
    const RegionView view = view_of(*source, 0, info.size_bytes);
    ASSERT_EQ(view.spans().size(), 1u);
    ASSERT_TRUE(
        ok(to.create_region({.name = info.name, .bytes = view.spans()[0], .metadata = info.metadata})));
  }
}

TEST_P(TargetBehavioursReopened, SixteenRegionsMoveToAnotherStore) {
  std::vector<RegionId> ids;
  for (std::size_t i = 0; i < 16; ++i) {
    Region source = created(name_of(i), noise(196, i));
    ASSERT_TRUE(ok(source.set_metadata({.owner = std::to_string(i)})));
    ids.push_back(source.id());
  }
  const std::filesystem::path there = directory_.path() / "there";
  {
    auto other = Store::open(there, options_);
    ASSERT_TRUE(ok(other));
    copy_regions(*store_, *other);
    for (const RegionId id : ids) ASSERT_TRUE(ok(store_->region(id)->remove()));
  }  // both die without a close
  reopen_after_kill();
  for (const RegionId id : ids) EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region(id)));
  EXPECT_EQ(store_->regions("region 1")->size(), 0u);
  auto other = Store::open(there, options_);
  ASSERT_TRUE(ok(other));
  for (std::size_t i = 0; i < 16; ++i) {
    const auto copy = other->region(name_of(i), {.mode = OpenMode::existing});
    ASSERT_TRUE(ok(copy));
    EXPECT_TRUE(holds(*copy, noise(196, i)));
    EXPECT_EQ(copy->info()->metadata.owner, std::to_string(i));
  }
  ASSERT_TRUE(ok(other->close()));
}

}  // namespace
}  // namespace holdfast::region_suites
