#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pmem/pmem_storage.hpp"

namespace holdfast::pmem {
namespace {

void expect_packages_named(const Error& error) {
  EXPECT_EQ(error.code, ErrorCode::not_supported);
  EXPECT_NE(error.message.find("libpmem2-dev"), std::string::npos);
  EXPECT_NE(error.message.find("libpmemobj-dev"), std::string::npos);
}

TEST(NoPmem, EveryCallNamesThePackages) {
  const auto access = has_byte_access("p");
  ASSERT_FALSE(access);
  expect_packages_named(access.error());
  const auto created = create("p", {}, [](Storage&) { return Result<void>(); });
  ASSERT_FALSE(created);
  expect_packages_named(created.error());
  EXPECT_FALSE(std::filesystem::exists("p"));
  const auto opened = open("p", {});
  ASSERT_FALSE(opened);
  expect_packages_named(opened.error());
}

TEST(NoPmem, PoolsAreStillRecognized) {
  std::string name = (std::filesystem::temp_directory_path() / "holdfast-no-pmem-XXXXXX").string();
  ASSERT_NE(::mkdtemp(name.data()), nullptr);
  const std::filesystem::path file = std::filesystem::path(name) / "pool";
  EXPECT_FALSE(is_pool(file));
  std::ofstream(file, std::ios::binary) << "PMEMOBJ" << '\0' << "rest";
  EXPECT_TRUE(is_pool(file));
  std::ofstream(file, std::ios::binary) << "PMEMOBJX";
  EXPECT_FALSE(is_pool(file));
  std::filesystem::remove_all(name);
}

}  // namespace
}  // namespace holdfast::pmem
