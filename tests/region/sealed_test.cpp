// Regions that are read-only for good.

#include <array>
#include <atomic>

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

class RegionSealed : public RegionOn {};
INSTANTIATE_TEST_SUITE_P(, RegionSealed, ::testing::ValuesIn(all_backends()), row_name);

class RegionSealedReopen : public RegionReopen {};
INSTANTIATE_TEST_SUITE_P(, RegionSealedReopen, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(RegionSealed, EveryCallThatWouldChangeItIsRefused) {
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(region_->set_versions_kept(2, false)));
  EXPECT_FALSE(region_->info()->is_sealed);
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_TRUE(region_->info()->is_sealed);
  const RegionWrite list{5, bytes_of_text("list")};
  EXPECT_TRUE(fails_with(ErrorCode::read_only, write_to(*region_, 0, "write")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, write_to(*region_, 30'000, "write")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->append(bytes_of_text("append"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->write_each({&list, 1})));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->update({&list, 1})));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->truncate_write(5, bytes_of_text("end"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->truncate_write(5, {})));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->mutable_view(0, 10)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->reserve(500'000)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->truncate(10)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->truncate(500'000)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->shrink()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->punch(0, 8'192)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->replace(bytes_of_text("new"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->keep_version()));
  EXPECT_TRUE(holds(*region_, some_bytes(20'000)));
}

TEST_P(RegionSealed, TheSameOfCheckedRegions) {
  Region checked = formed(*store_, "checked", some_bytes(20'000), {.checked_block_bytes = 4096, .is_mirrored = true});
  ASSERT_TRUE(ok(checked.seal()));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, write_to(checked, 0, "write")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, checked.append(bytes_of_text("append"))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, checked.truncate(30'000)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, checked.truncate(3)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, checked.punch(0, 20'000)));
  EXPECT_TRUE(holds(checked, some_bytes(20'000)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionSealed, ItCanBeReadRenamedDescribedAndRemoved) {
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_EQ(text_of(view_of(*region_, 100, 10'000)), some_bytes(20'000).substr(100, 10'000));
  EXPECT_EQ(region_->flush(), false);
  ASSERT_TRUE(ok(region_->rename("renamed")));
  ASSERT_TRUE(ok(region_->set_metadata({.owner = "owner"})));
  EXPECT_EQ(region("renamed").info()->metadata.owner, "owner");
  EXPECT_TRUE(region("renamed").info()->is_sealed);
  const std::uint64_t free = free_bytes();
  ASSERT_TRUE(ok(region_->remove()));
  EXPECT_GE(free_bytes(), free + 20'480);
}

TEST_P(RegionSealed, SealedTwiceNothingHappens) {
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(region_->seal()));
  const Spent spent(*store_);
  EXPECT_TRUE(ok(region_->seal()));
  EXPECT_EQ(spent.syncs() + spent.fences(), 0u);
}

TEST_P(RegionSealed, AnEmptyRegionCanBeSealed) {
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_EQ(region_->size(), 0u);
  EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->append(bytes_of_text("x"))));
  EXPECT_TRUE(holds(*region_, ""));
}

TEST_P(RegionSealed, ViewsFromBeforeGoOn) {
  write(0, some_bytes(20'001));
  const RegionView view = view_of(*region_, 0, 20'001);
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_EQ(text_of(view), some_bytes(20'001));
}

TEST_P(RegionSealed, RoomBehindTheEndGoesBack) {
  ASSERT_TRUE(ok(region_->reserve(1'000'000)));
  write(0, some_bytes(20'000));
  const std::uint64_t behind = owned_bytes(*store_, "region") - 20'480;
  const std::uint64_t free = free_bytes();
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_EQ(free_bytes(), free + behind);
}

TEST_P(RegionSealed, BesideWritersInThreadsItHoldsWhatTheyWereToldIsWritten) {
  constexpr unsigned kAppendsMax = 100'000;  // who is to seal it may be late, and the room shall last
  for (unsigned round = 0; round < 10; ++round) {
    Region racing = region("racing " + std::to_string(round));
    ASSERT_TRUE(ok(racing.append(bytes_of_text(std::string(4'000, '\0')))));
    std::array<std::atomic<unsigned>, 3> written{};
    in_threads(4, [&](unsigned i) {
      if (i == 3) {
        while (written[0] < 20) std::this_thread::yield();
        EXPECT_TRUE(ok(racing.seal()));
        return;
      }
      for (unsigned number = 1;; ++number) {
        const std::string_view text(reinterpret_cast<const char*>(&number), 4);
        const bool appends = i == 2 && number <= kAppendsMax;
        const auto done = appends  ? racing.append(bytes_of_text("12345678")).map([](std::uint64_t) {})
                          : i == 1 ? update_to(racing, 100, text)
                                   : write_to(racing, i * 100, text);
        if (!done) {
          EXPECT_TRUE(fails_with(ErrorCode::read_only, done));
          return;
        }
        if (appends || i != 2) written[i] = number;
      }
    });
    const std::string bytes = read_all(racing);
    const auto number_at = [&](std::size_t at) {
      unsigned number = 0;
      std::copy_n(bytes.data() + at, 4, reinterpret_cast<char*>(&number));
      return number;
    };
    EXPECT_EQ(number_at(0), written[0]);
    EXPECT_EQ(number_at(100), written[1]);
    EXPECT_EQ(bytes.size(), 4'000 + 8 * written[2]);
    EXPECT_EQ(damage_in(*store_).size(), 0u);
  }
}

TEST_P(RegionSealedReopen, ItStaysSealedAndHoldsEverything) {
  write(0, some_bytes(20'000));
  ASSERT_TRUE(ok(region_->append(bytes_of_text("never flushed"))));
  ASSERT_TRUE(ok(region_->seal()));
  for (const bool closes : {false, true}) {
    closes ? reopen_after_close() : reopen_after_kill();
    EXPECT_TRUE(region_->info()->is_sealed);
    EXPECT_TRUE(holds(*region_, some_bytes(20'000) + "never flushed"));
    EXPECT_TRUE(fails_with(ErrorCode::read_only, region_->append(bytes_of_text("x"))));
    EXPECT_EQ(damage_in(*store_).size(), 0u);
  }
}

TEST_P(RegionSealedReopen, DamageIsFoundByReadsAndVerify) {
  const std::string bytes = noise(200'000);
  write(0, bytes);
  Region other = region("other");
  ASSERT_TRUE(ok(other.append(bytes_of_text(noise(1'000, 3)))));
  ASSERT_TRUE(ok(region_->seal()));
  close();
  ASSERT_EQ(flip_on_medium(directory_.path(), std::string_view(bytes).substr(150'000, 60)), 1u);
  open();
  const auto read = region_->view(150'000, 10);
  ASSERT_TRUE(fails_with(ErrorCode::corruption, read));
  EXPECT_EQ(read.error().path, store_->info()->path);
  EXPECT_EQ(read_of(*region_, 149'999, 1), "corruption");
  const auto found = damage_in(*store_);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().space, "region");
  close();
  ASSERT_EQ(flip_on_medium(directory_.path(), std::string_view(bytes).substr(150'000, 60)), 1u);
  open();
  EXPECT_TRUE(holds(*region_, bytes));
}

// Also of the bytes between the end and the end of its block: nothing there is unknown to the check.
TEST_P(RegionSealedReopen, OfSeveralExtentsWithHolesEachIsChecked) {
  Region other = region("other");
  std::string expected;
  for (unsigned i = 0; i < 30; ++i) {
    expected += noise(30'001, i);
    ASSERT_TRUE(ok(region_->append(bytes_of_text(noise(30'001, i)))));
    ASSERT_TRUE(ok(other.append(bytes_of_text(noise(30'001, i + 100)))));
  }
  ASSERT_TRUE(ok(region_->punch(100'000, 300'000)));
  expected.replace(100'000, 300'000, 300'000, '\0');
  ASSERT_TRUE(ok(update_to(*region_, 600'000, noise(5'000, 77))));
  put(expected, 600'000, noise(5'000, 77));
  ASSERT_TRUE(ok(region_->truncate(890'001)));
  expected.resize(890'001);
  const std::uint64_t holes = region_->info()->hole_bytes;
  ASSERT_TRUE(ok(region_->seal()));
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_EQ(region_->info()->hole_bytes, holes);
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, expected));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
  close();
  ASSERT_EQ(flip_on_medium(directory_.path(), std::string_view(expected).substr(889'900, 60)), 1u);
  ASSERT_EQ(flip_on_medium(directory_.path(), std::string_view(expected).substr(600'000, 60)), 1u);
  open();
  EXPECT_EQ(damage_in(*store_).size(), 2u);
  EXPECT_EQ(read_of(*region_, 890'000, 1), "corruption");
  EXPECT_EQ(read_of(*region_, 100'000, 300'000), std::string(300'000, '\0'));
  EXPECT_EQ(read_of(*region_, 0, 10'000), expected.substr(0, 10'000));
}

TEST_P(RegionSealedReopen, BehindACutInsideABlockAndAKillItsChecksHold) {
  write(0, noise(50'000));
  ASSERT_TRUE(ok(region_->flush()));
  ASSERT_TRUE(ok(region_->truncate(10'000)));
  reopen_after_kill();
  ASSERT_TRUE(ok(region_->seal()));
  reopen_after_kill();
  EXPECT_TRUE(holds(*region_, noise(50'000).substr(0, 10'000)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

}  // namespace
}  // namespace holdfast::region_suites
