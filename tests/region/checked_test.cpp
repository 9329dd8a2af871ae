// Regions whose blocks have checksums: what is written, and what is said of bytes that the medium has changed.

#include <random>

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr std::uint32_t kSmallBlock = 4 << 10;
constexpr std::uint32_t kLargeBlock = 64 << 10;

class RegionChecked : public RegionOn {};
INSTANTIATE_TEST_SUITE_P(, RegionChecked, ::testing::ValuesIn(all_backends()), row_name);

class RegionCheckedDamage : public RegionReopen {
 protected:
  void make(std::uint32_t block_bytes, std::size_t size_bytes) {
    bytes_ = noise(size_bytes);
    region_ = formed(*store_, "checked", bytes_, {.checked_block_bytes = block_bytes});
  }
  /// Flips a bit of that byte, behind the store's back.
  void damage(std::size_t at) {
    close();
    // What is behind the byte tells its place, whatever the byte is now.
    const std::string_view behind = std::string_view(bytes_).substr(at + 1, 60);
    ASSERT_EQ(flip_on_medium(directory_.path(), behind), 1u);
    open();
    region_ = region("checked");
  }

  std::string bytes_;
};
INSTANTIATE_TEST_SUITE_P(, RegionCheckedDamage, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(RegionChecked, FormsThatCannotBeAreRefused) {
  const auto create = [&](const RegionForm& form) { return store_->create_region({.name = "formed", .form = form}); };
  for (const std::uint32_t block : {1u, 512u, 2'048u, 4'097u, 5'000u, 12'288u, 128u << 20, 1u << 31})
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, create({.checked_block_bytes = block}))) << block;
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, create({.is_mirrored = true})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->region("formed", {.mode = OpenMode::existing})));
  EXPECT_TRUE(ok(create({.checked_block_bytes = 64 << 20, .is_mirrored = true})));
}

TEST_P(RegionChecked, TheFormIsTold) {
  const RegionForm form{.checked_block_bytes = kLargeBlock, .is_mirrored = true, .versions_kept = 3, .compresses_versions = true};
  EXPECT_EQ(formed(*store_, "formed", "bytes", form).info()->form, form);
  EXPECT_EQ(region_->info()->form, RegionForm{});
}

TEST_P(RegionChecked, RoomIsNotReserved) {
  Region checked = formed(*store_, "checked", "", {.checked_block_bytes = kSmallBlock});
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, checked.reserve(100'000)));
}

TEST_P(RegionChecked, AWriteIsDurableWhenItReturnsWhateverItsLevel) {
  Region checked = formed(*store_, "checked", "", {.checked_block_bytes = kSmallBlock});
  for (const Durability level : {Durability::immediate, Durability::interval, Durability::buffered}) {
    ASSERT_TRUE(ok(checked.append(bytes_of_text(some_bytes(5'000)), {.durability = level})));
    EXPECT_EQ(checked.flush(), false);
    ASSERT_TRUE(ok(write_to(checked, 3, "inside", {.durability = level})));
    EXPECT_EQ(checked.flush(), false);
  }
}

TEST_P(RegionChecked, RandomWritesAgreeWithAString) {
  for (const std::uint32_t block : {kSmallBlock, kLargeBlock}) {
    SCOPED_TRACE(block);
    const std::string name = "checked" + std::to_string(block);
    std::string expected = noise(10'000, block);
    Region checked = formed(*store_, name, expected, {.checked_block_bytes = block});
    std::mt19937 random(block);
    for (unsigned i = 0; i < 150; ++i) {
      const std::size_t offset = random() % 300'000;
      const std::string bytes = noise(random() % 20'000 + 1, i);
      const std::size_t cut = random() % 300'000;
      switch (random() % 8) {
        case 0:
        case 1:
          ASSERT_TRUE(ok(write_to(checked, offset, bytes)));
          put(expected, offset, bytes);
          break;
        case 2:
          ASSERT_EQ(checked.append(bytes_of_text(bytes)), expected.size());
          expected += bytes;
          break;
        case 3:
          ASSERT_TRUE(ok(checked.truncate(cut)));
          expected.resize(cut, '\0');
          break;
        case 4:
          ASSERT_TRUE(ok(checked.truncate_write(offset, bytes_of_text(bytes))));
          expected.resize(offset, '\0');
          expected += bytes;
          break;
        case 5: {
          const std::vector<RegionWrite> writes{{offset, bytes_of_text(bytes)}, {cut, bytes_of_text(bytes)}};
          ASSERT_TRUE(ok(checked.update(writes)));
          for (const RegionWrite& one : writes) put(expected, one.offset, bytes);
          break;
        }
        case 6: {
          const std::size_t begin = std::min(offset, expected.size());
          const std::size_t size = std::min(bytes.size() * 4, expected.size() - begin);
          ASSERT_TRUE(ok(checked.punch(begin, size)));
          expected.replace(begin, size, size, '\0');
          break;
        }
        default:
          ASSERT_TRUE(ok(checked.shrink()));
      }
      ASSERT_TRUE(holds(checked, expected)) << "behind step " << i;
    }
    EXPECT_EQ(damage_in(*store_).size(), 0u);
    ASSERT_TRUE(ok(checked.remove()));
  }
}

TEST_P(RegionChecked, ManyWritesLeakNoRoom) {
  Region checked = formed(*store_, "checked", noise(200'000), {.checked_block_bytes = kLargeBlock});
  const auto round = [&](unsigned seed) {
    ASSERT_TRUE(ok(write_to(checked, 1'000, noise(3'000, seed))));
    ASSERT_TRUE(ok(checked.truncate(70'000)));
    ASSERT_TRUE(ok(checked.truncate_write(50'000, bytes_of_text(noise(150'000, seed)))));
    ASSERT_TRUE(ok(checked.punch(0, 140'000)));
    ASSERT_TRUE(ok(write_to(checked, 0, noise(200'000, seed))));
  };
  round(1);
  const std::uint64_t free = free_bytes();
  for (unsigned i = 0; i < 10; ++i) round(i);
  EXPECT_EQ(free_bytes(), free);
}

TEST_P(RegionCheckedDamage, IsThereAgainBehindTheNextOpen) {
  make(kLargeBlock, 200'000);
  ASSERT_TRUE(ok(region_->append(bytes_of_text("appended"))));
  kill();
  open();
  EXPECT_TRUE(holds(region("checked"), bytes_ + "appended"));
  EXPECT_EQ(region("checked").info()->form.checked_block_bytes, kLargeBlock);
}

TEST_P(RegionCheckedDamage, EachFlippedByteIsFoundWithItsPlace) {
  for (const std::uint32_t block : {kSmallBlock, kLargeBlock}) {
    make(block, 150'000);
    for (const std::size_t at : {std::size_t{0}, std::size_t{70'000}, std::size_t{149'900}}) {
      SCOPED_TRACE(at);
      damage(at);
      std::byte one{};
      const auto read = region_->read_at(at + 1, {&one, 1});  // any byte of the block
      ASSERT_TRUE(fails_with(ErrorCode::corruption, read));
      EXPECT_EQ(read.error().path, store_->info()->path);
      EXPECT_GT(read.error().offset, 0u);
      EXPECT_FALSE(read.error().expected.empty());
      EXPECT_FALSE(read.error().found.empty());
      EXPECT_NE(read.error().expected, read.error().found);
      EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->view(at, 1)));
      EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->view(0, 150'000)));
      const RegionRead list{at, {&one, 1}};
      EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->read_each({&list, 1})));
      const auto found = damage_in(*store_);
      ASSERT_EQ(found.size(), 1u);
      EXPECT_EQ(found.front().space, "checked");
      EXPECT_LE(found.front().range.offset, read.error().offset);
      EXPECT_LE(found.front().range.size_bytes, block);
      damage(at);  // the same bit once more
      EXPECT_TRUE(holds(*region_, bytes_));
    }
    ASSERT_TRUE(ok(region_->remove()));
  }
}

TEST_P(RegionCheckedDamage, OtherBlocksStayReadable) {
  make(kSmallBlock, 60'000);
  damage(20'000);
  const std::size_t block = 20'000 / kSmallBlock * kSmallBlock;
  EXPECT_EQ(read_of(*region_, block, 1), "corruption");
  EXPECT_EQ(read_of(*region_, 0, block), bytes_.substr(0, block));
  EXPECT_EQ(read_of(*region_, block + kSmallBlock, 60'000 - block - kSmallBlock), bytes_.substr(block + kSmallBlock));
}

TEST_P(RegionCheckedDamage, WritesToADamagedBlockDoNotMakeItWhole) {
  make(kSmallBlock, 60'000);
  damage(20'000);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, write_to(*region_, 20'100, "part of the block")));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, update_to(*region_, 18'000, noise(3'000))));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->punch(20'100, 10)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->truncate(20'300)));
  EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->truncate_write(20'300, bytes_of_text("end"))));
  EXPECT_EQ(read_of(*region_, 20'000, 10), "corruption");
  EXPECT_EQ(damage_in(*store_).size(), 1u);
  EXPECT_EQ(region_->size(), 60'000u);
  reopen_after_close();
  EXPECT_EQ(read_of(region("checked"), 20'000, 10), "corruption");
}

TEST_P(RegionCheckedDamage, NeitherDoSealingAndVersions) {
  bytes_ = noise(60'000);
  region_ = formed(*store_, "checked", bytes_, {.checked_block_bytes = kSmallBlock, .versions_kept = 2});
  damage(20'000);
  EXPECT_TRUE(fails_with(ErrorCode::corruption, region_->keep_version()));
  const auto replaced = region_->replace(bytes_of_text("new"));
  if (replaced) {
    EXPECT_EQ(read_of(region_->version(replaced->number).value(), 20'000, 10), "corruption");
  } else {
    EXPECT_TRUE(fails_with(ErrorCode::corruption, replaced));
    if (region_->seal()) {
      EXPECT_EQ(read_of(*region_, 20'000, 10), "corruption");
    }
  }
  EXPECT_EQ(damage_in(*store_).size(), 1u);
}

TEST_P(RegionCheckedDamage, AWriteOverTheWholeBlockHealsIt) {
  make(kSmallBlock, 60'000);
  damage(20'000);
  const std::size_t block = 20'000 / kSmallBlock * kSmallBlock;
  const std::string fresh = noise(kSmallBlock, 9);
  ASSERT_TRUE(ok(write_to(*region_, block, fresh)));
  put(bytes_, block, fresh);
  EXPECT_TRUE(holds(*region_, bytes_));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionCheckedDamage, CuttingItOffOrPunchingItEndsTheDamage) {
  make(kSmallBlock, 60'000);
  damage(20'000);
  ASSERT_TRUE(ok(region_->punch(16'384, 4'096)));
  put(bytes_, 16'384, std::string(4'096, '\0'));
  EXPECT_TRUE(holds(*region_, bytes_));
  damage(50'000);
  ASSERT_TRUE(ok(region_->truncate(40'000)));
  EXPECT_TRUE(holds(*region_, bytes_.substr(0, 40'000)));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionCheckedDamage, WritesToBlocksOnEitherSideGoOn) {
  make(kSmallBlock, 60'000);
  damage(20'000);
  ASSERT_TRUE(ok(write_to(*region_, 16'000, "in front")));
  ASSERT_TRUE(ok(write_to(*region_, 20'500, "behind")));
  const std::vector<RegionWrite> writes{{12'000, bytes_of_text("in front")}, {30'000, bytes_of_text("behind")}};
  EXPECT_TRUE(ok(region_->update(writes)));
  EXPECT_EQ(read_of(*region_, 20'000, 1), "corruption");
}

}  // namespace
}  // namespace holdfast::region_suites
