// A file system that is really full, and one that is really read-only. Instantiated where this process
// may mount a small one; StorageSyncContract shows the full one by a failing call everywhere.

#include "contract/small_file_system.hpp"
#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

std::vector<BackendRow> backends_on_a_small_file_system() {
  if (!SmallFileSystem::permitted()) return {};
  return backends_where(&StorageCapabilities::has_path);
}

class StorageFullContract : public ::testing::TestWithParam<BackendRow> {
 protected:
  void SetUp() override {
    ASSERT_FALSE(small_.path().empty());
    auto fresh = GetParam()->open_fresh(path_);
    ASSERT_TRUE(ok(fresh));
    storage_ = std::move(*fresh);
    ASSERT_TRUE(ok(storage_->write(kMiB, bytes_)));
    ASSERT_TRUE(ok(storage_->drain()));
  }

  const SmallFileSystem small_{64 * kMiB};
  const std::filesystem::path path_ = small_.path() / "store";
  const std::vector<std::byte> bytes_ = pattern(kMiB, 1);
  std::unique_ptr<Storage> storage_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StorageFullContract);
INSTANTIATE_TEST_SUITE_P(, StorageFullContract, ::testing::ValuesIn(backends_on_a_small_file_system()),
                         row_name);

TEST_P(StorageFullContract, AFullMediumIsNoSpaceAndTheStorageGoesOn) {
  const std::uint64_t size = storage_->size_bytes();
  ASSERT_TRUE(small_.fill());
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(fails_with(ErrorCode::no_space, storage_->grow(size + 16 * kMiB)));
    EXPECT_EQ(storage_->size_bytes(), size);
    EXPECT_TRUE(ok(storage_->write(2 * kMiB, bytes_)));
    EXPECT_TRUE(ok(storage_->drain()));
  }
  small_.make_room();
  ASSERT_TRUE(ok(storage_->grow(size + 16 * kMiB)));
  ASSERT_TRUE(ok(storage_->write(size + 15 * kMiB, bytes_)));
  ASSERT_TRUE(ok(storage_->close()));
  const auto reopened = GetParam()->open(path_);
  ASSERT_TRUE(ok(reopened));
  for (const std::uint64_t offset : {kMiB, 2 * kMiB, size + 15 * kMiB}) {
    EXPECT_TRUE(holds(**reopened, offset, bytes_));
  }
}

TEST_P(StorageFullContract, CreateOnAFullMediumIsNoSpaceAndLeavesNothing) {
  ASSERT_TRUE(small_.fill());
  const auto other = small_.path() / "other";
  const auto no_format = [](Storage&) { return Result<void>(); };
  EXPECT_TRUE(fails_with(ErrorCode::no_space, GetParam()->create(other, no_format)));
  small_.make_room();
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(small_.path()), {}), 1)
      << "only the first store";
  EXPECT_TRUE(ok(GetParam()->create(other, no_format)));
}

TEST_P(StorageFullContract, AReadOnlyMountOpensReadOnly) {
  storage_.reset();
  ASSERT_TRUE(small_.make_read_only());
  EXPECT_TRUE(fails_with(ErrorCode::io, GetParam()->open(path_)));
  const auto storage = GetParam()->open_read_only(path_);
  ASSERT_TRUE(ok(storage));
  EXPECT_TRUE(holds(**storage, kMiB, bytes_));
}

}  // namespace
}  // namespace holdfast
