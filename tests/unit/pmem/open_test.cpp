#include <gtest/gtest.h>
#include <libpmemobj.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "pmem_fixture.hpp"

namespace holdfast::pmem {
namespace {

class OpenTest : public PmemTest {
 protected:
  void make_foreign_pool(const char* layout) {
    PMEMobjpool* const pool = pmemobj_create(store_.c_str(), layout, 2 * PMEMOBJ_MIN_POOL, 0600);
    ASSERT_NE(pool, nullptr) << pmemobj_errormsg();
    pmemobj_close(pool);
  }

  /// Both kinds of open give this code, and the file stays as it is.
  Error refused_by_both(ErrorCode code) {
    const std::uint64_t size =
        std::filesystem::is_regular_file(store_) ? std::filesystem::file_size(store_) : 0;
    const std::vector<std::byte> before = size > 0 ? read_bytes(store_, 0, size) : std::vector<std::byte>();
    EXPECT_EQ(open_error(read_only_store()).code, code);
    Error error = open_error();
    EXPECT_EQ(error.code, code) << error.to_string();
    EXPECT_EQ(error.path, store_);
    if (size > 0) {
      EXPECT_EQ(read_bytes(store_, 0, size), before);
    }
    return error;
  }
};

TEST_F(OpenTest, MissingStoreIsNotFound) {
  EXPECT_EQ(refused_by_both(ErrorCode::not_found).code, ErrorCode::not_found);
  EXPECT_FALSE(is_pool(store_));
}

TEST_F(OpenTest, DirectoryAndFifoAreRefused) {
  std::filesystem::create_directory(store_);
  EXPECT_NE(refused_by_both(ErrorCode::invalid_argument).message.find("directory"), std::string::npos);
  EXPECT_FALSE(is_pool(store_));
  std::filesystem::remove(store_);
  ASSERT_EQ(::mkfifo(store_.c_str(), 0600), 0);
  EXPECT_EQ(open_error().code, ErrorCode::invalid_argument);
  EXPECT_FALSE(is_pool(store_));
}

TEST_F(OpenTest, ForeignAndEmptyFilesAreNoPools) {
  for (const std::string& content :
       {std::string(), std::string("short"), std::string(20000, 'x'), std::string(9 << 20, 'x')}) {
    std::ofstream(store_, std::ios::binary) << content;
    EXPECT_EQ(refused_by_both(ErrorCode::invalid_argument).message, "not a PMDK pool");
    EXPECT_FALSE(is_pool(store_));
  }
}

TEST_F(OpenTest, PoolOfAnotherLayoutIsAMismatchNamingBoth) {
  ASSERT_NO_FATAL_FAILURE(make_foreign_pool("photo\nalbum"));
  EXPECT_TRUE(is_pool(store_));
  const Error error = refused_by_both(ErrorCode::version_mismatch);
  EXPECT_EQ(error.expected, "holdfast");
  EXPECT_EQ(error.found, "photo?album");
}

TEST_F(OpenTest, PoolOfAnotherKindIsAMismatch) {
  ASSERT_NO_FATAL_FAILURE(make_foreign_pool("x"));
  write_bytes(store_, 0, as_bytes("PMEMLOG"));
  EXPECT_TRUE(is_pool(store_));
  EXPECT_EQ(refused_by_both(ErrorCode::version_mismatch).found, "PMEMLOG");
}

TEST_F(OpenTest, PoolOfOurLayoutWithoutAnArenaIsCorruption) {
  ASSERT_NO_FATAL_FAILURE(make_foreign_pool("holdfast"));
  refused_by_both(ErrorCode::corruption);
}

TEST_F(OpenTest, SecondWriterAndReaderAreLockedOut) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(open_error().code, ErrorCode::locked);
  EXPECT_EQ(open_error(read_only_store()).code, ErrorCode::locked);
  EXPECT_EQ(open_error().path, store_);
  ASSERT_TRUE(storage->close());
  EXPECT_NE(open_store(), nullptr);
}

TEST_F(OpenTest, LockOfPmdkIsRespected) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  PMEMobjpool* const other = pmemobj_open(store_.c_str(), "holdfast");
  ASSERT_NE(other, nullptr) << pmemobj_errormsg();
  EXPECT_EQ(open_error().code, ErrorCode::locked);
  pmemobj_close(other);
  EXPECT_NE(open_store(), nullptr);
}

TEST_F(OpenTest, PmdkItselfFindsThePoolSound) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(pmemobj_check(pool(i).c_str(), "holdfast"), 1) << pmemobj_errormsg();
  }
}

TEST_F(OpenTest, CopyOfAnOpenStoreIsRefusedAndOpensLater) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  auto original = open_store();
  ASSERT_NE(original, nullptr);
  const std::filesystem::path copy = directory_ / "copy.hf";
  std::filesystem::copy_file(store_, copy);
  const auto refused = open(copy, small_store());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::locked) << refused.error().to_string();
  original.reset();
  const auto opened = open(copy, small_store());
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_EQ(text_at(**opened, 0, kGreeting.size()), kGreeting);
}

TEST_F(OpenTest, ForkedChildNeitherWritesNorReleasesTheStore) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  auto storage = open_store();
  ASSERT_NE(storage, nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto written = storage->write(0, as_bytes("child"));
    const bool refused = !written && written.error().code == ErrorCode::locked && !storage->drain() &&
                         !storage->grow(16 * kMiB) && !storage->close();
    storage.reset();
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(open_error().code, ErrorCode::locked);
  EXPECT_TRUE(storage->write(0, as_bytes("owner")));
  EXPECT_TRUE(storage->close());
}

// libpmem2 1.12 loses a thread-specific key with each map it is handed and forgets; a process has 1024.
TEST_F(OpenTest, OpeningOftenUsesUpNoKeys) {
  ASSERT_NO_FATAL_FAILURE(create_store());
  const auto first_free_key = [] {
    pthread_key_t key = 0;
    EXPECT_EQ(::pthread_key_create(&key, nullptr), 0);
    ::pthread_key_delete(key);
    return key;
  };
  ASSERT_NE(open_store(), nullptr);
  const pthread_key_t before = first_free_key();
  for (int i = 0; i < 5; ++i) {
    ASSERT_NE(open_store(), nullptr);
    ASSERT_NE(open_store(read_only_store()), nullptr);
  }
  EXPECT_EQ(first_free_key(), before);
}

TEST_F(OpenTest, LinkToAStoreFindsAllItsPools) {
  ASSERT_NO_FATAL_FAILURE(create_store_of_three_pools());
  const std::filesystem::path link = directory_ / "link";
  std::filesystem::create_symlink(store_, link);
  const auto storage = open(link, small_store());
  ASSERT_TRUE(storage) << storage.error().to_string();
  EXPECT_EQ((*storage)->size_bytes(), 24 * kMiB);
  EXPECT_EQ((*storage)->path(), link.string());
}

}  // namespace
}  // namespace holdfast::pmem
