#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "acts.hpp"
#include "pmem/pmem_create.hpp"
#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

class CreateTest : public PmemTest {
 protected:
  Error create_error(const PmemOptions& options) {
    const auto created = create(store_, options, greet);
    if (!created) return created.error();
    ADD_FAILURE() << "the store is created";
    return {};
  }
};

TEST_F(CreateTest, MakesOneFileOfMode0600) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  EXPECT_EQ(names(), std::vector<std::string>{"store.hf"});
  struct stat status {};
  ASSERT_EQ(::stat(store_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_GE(static_cast<std::uint64_t>(status.st_blocks) * 512, static_cast<std::uint64_t>(status.st_size))
      << "the file is sparse";
  EXPECT_TRUE(is_pool(store_));
}

TEST_F(CreateTest, IsOfTheSizeAskedForRoundedUpAndZeroed) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, 2 * kMiB, 8 * kMiB, 8 * kMiB + 1, 62 * kMiB, 130 * kMiB}) {
    PmemOptions options = small_store();
    options.size_bytes = size;
    bool zeroed = true;
    const auto created = create(store_, options, [&](Storage& storage) -> Result<void> {
      for (std::uint64_t i = 0; i < storage.size_bytes(); i += 509)
        zeroed = zeroed && *storage.at(i) == std::byte{0};
      return storage.write(storage.size_bytes() - 4, as_bytes("last"));
    });
    ASSERT_TRUE(created) << created.error().to_string();
    EXPECT_TRUE(zeroed);
    auto storage = open_store();
    ASSERT_NE(storage, nullptr);
    EXPECT_EQ(storage->size_bytes(), (size + 2 * kMiB - 1) / (2 * kMiB) * (2 * kMiB));
    EXPECT_EQ(text_at(*storage, storage->size_bytes() - 4, 4), "last");
    ASSERT_TRUE(storage->close());
    storage.reset();
    std::filesystem::remove(store_);
  }
}

TEST_F(CreateTest, TakenNameIsRefusedAndKept) {
  std::ofstream(store_) << "mine";
  EXPECT_EQ(create_error(small_store()).code, ErrorCode::exists);
  EXPECT_EQ(std::filesystem::file_size(store_), 4U);
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(CreateTest, NameTakenMeanwhileIsRefusedAndKept) {
  const auto created = create(store_, small_store(), [&](Storage&) -> Result<void> {
    std::ofstream(store_) << "mine";
    return {};
  });
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::exists);
  EXPECT_EQ(std::filesystem::file_size(store_), 4U);
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(CreateTest, ImpossibleSizesAreRefused) {
  PmemOptions options = small_store();
  options.size_bytes = 0;
  EXPECT_EQ(create_error(options).code, ErrorCode::invalid_argument);
  options.size_bytes = options.max_size_bytes + 1;
  EXPECT_EQ(create_error(options).code, ErrorCode::invalid_argument);
  EXPECT_TRUE(names().empty());
}

TEST_F(CreateTest, FormatsFailureIsHandedOnAndNothingStays) {
  const auto created = create(store_, small_store(), [](Storage&) -> Result<void> {
    return Unexpected(Error{.code = ErrorCode::too_large, .message = "no"});
  });
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::too_large);
  EXPECT_TRUE(names().empty());
}

TEST_F(CreateTest, MissingDirectoryIsNotFound) {
  store_ = directory_ / "none" / "store.hf";
  EXPECT_EQ(create_error(small_store()).code, ErrorCode::not_found);
}

TEST_F(CreateTest, MediumDecidesWithoutEmulation) {
  PmemOptions options = small_store();
  options.emulate = false;
  const auto byte_access = has_byte_access(store_);
  ASSERT_TRUE(byte_access) << byte_access.error().to_string();
  const auto created = create(store_, options, greet);
  EXPECT_EQ(created.has_value(), *byte_access);
  if (!created) {
    EXPECT_EQ(created.error().code, ErrorCode::not_supported);
    EXPECT_NE(created.error().message.find("emulate_pmem"), std::string::npos);
    EXPECT_TRUE(names().empty());
    ASSERT_NO_FATAL_FAILURE(create_store());
    EXPECT_EQ(open_error(options).code, ErrorCode::not_supported);
  }
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(storage->capabilities().durable, *byte_access);
  EXPECT_NE(storage->capabilities().granularity, Granularity::page);
}

TEST_F(CreateTest, SeveralPoolsAtOnceMakeOneStore) {
  PmemOptions options = small_store();
  options.size_bytes = 10 * kMiB;
  std::string text = "across the border of two pools";
  const auto created =
      create_with_arenas_of(4 * kMiB, store_, options, [&](Storage& storage) -> Result<void> {
        EXPECT_EQ(storage.size_bytes(), 10 * kMiB);
        const auto beyond = storage.grow(12 * kMiB);
        EXPECT_FALSE(beyond);
        return storage.write(4 * kMiB - 10, as_bytes(text));
      });
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(names(), (std::vector<std::string>{"store.hf", "store.hf.1", "store.hf.2"}));
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(storage->size_bytes(), 10 * kMiB);
  EXPECT_EQ(text_at(*storage, 4 * kMiB - 10, text.size()), text);
}

TEST_F(CreateTest, GrowthThatDoesNotFitFallsBackToWhatIsAsked) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  EXPECT_EQ(run_act("grow-limited", store_, 0), 0);
  EXPECT_EQ(names(), (std::vector<std::string>{"store.hf", "store.hf.1"}));
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(storage->size_bytes(), 10 * kMiB);
}

}  // namespace
}  // namespace holdfast::pmem
