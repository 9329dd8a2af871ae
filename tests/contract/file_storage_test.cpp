// What the file backend promises beyond the seam's contract.

#include "file/file_storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "contract/storage_test_support.hpp"
#include "contract/system_call_faults.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class FileStorage : public ::testing::Test {
 protected:
  [[nodiscard]] static file::FileOptions options(bool read_only = false) {
    return {.size_bytes = kTestSizeBytes, .max_size_bytes = kTestMaxSizeBytes, .read_only = read_only};
  }

  [[nodiscard]] std::unique_ptr<Storage> fresh() {
    EXPECT_TRUE(ok(file::create(path_, options(), no_format)));
    return reopened();
  }

  [[nodiscard]] std::unique_ptr<Storage> reopened() {
    auto storage = file::open(path_, options());
    EXPECT_TRUE(ok(storage));
    return storage ? std::move(*storage) : nullptr;
  }

  [[nodiscard]] struct stat status() const {
    struct stat status {};
    EXPECT_EQ(::stat(path_.c_str(), &status), 0);
    return status;
  }

  [[nodiscard]] std::uint64_t allocated_bytes() const {
    return static_cast<std::uint64_t>(status().st_blocks) * 512;
  }

  const TestDirectory directory_{"/var/tmp"};
  const fs::path path_ = directory_.store();
  const std::vector<std::byte> bytes_ = pattern(1'000, 1);
};

TEST_F(FileStorage, IsNeverSparseAndOfMode0600) {
  const auto storage = fresh();
  EXPECT_GE(allocated_bytes(), kTestSizeBytes);
  EXPECT_EQ(status().st_mode & 0777u, 0600u);
  ASSERT_TRUE(ok(storage->grow(2 * kTestSizeBytes)));
  EXPECT_GE(allocated_bytes(), 2 * kTestSizeBytes);
  ASSERT_TRUE(ok(storage->punch({kMiB, 4 * kMiB})));
  EXPECT_LE(allocated_bytes(), 2 * kTestSizeBytes - 3 * kMiB);
  ASSERT_TRUE(ok(storage->reserve({kMiB, 4 * kMiB})));
  EXPECT_GE(allocated_bytes(), 2 * kTestSizeBytes);
}

TEST_F(FileStorage, RoundsItsSizesToTheStep) {
  ASSERT_TRUE(ok(file::create(path_, {.size_bytes = 5'000, .max_size_bytes = kMiB + 17}, no_format)));
  auto storage = file::open(path_, {.max_size_bytes = kMiB + 17});
  ASSERT_TRUE(ok(storage));
  EXPECT_EQ((*storage)->size_bytes(), 8'192u);
  ASSERT_TRUE(ok((*storage)->grow(8'193)));
  EXPECT_EQ((*storage)->size_bytes(), 12'288u);
  EXPECT_EQ(status().st_size, 12'288);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, (*storage)->grow(kMiB + 1)));
  EXPECT_TRUE(ok((*storage)->grow(kMiB)));
}

TEST_F(FileStorage, AFileOfAnOddSizeOpensRoundedDown) {
  for (const std::uint64_t size : {1u, 4'095u, 10'000u}) {
    std::ofstream(path_) << std::string(size, 'x');
    const auto storage = reopened();
    ASSERT_NE(storage, nullptr);
    EXPECT_EQ(storage->size_bytes(), size / 4'096 * 4'096);
    {
      const SystemCallFaults full(SystemCallFaults::fail("fallocate", ENOSPC));
      EXPECT_TRUE(fails_with(ErrorCode::no_space, storage->grow(kMiB)));
    }
    EXPECT_EQ(fs::file_size(path_), size) << "no_space changes nothing";
    EXPECT_TRUE(ok(storage->grow(kMiB)));
    EXPECT_EQ(fs::file_size(path_), kMiB);
  }
}

TEST_F(FileStorage, AFileLargerThanTheMaximumOpensAndGrowsNoMore) {
  fresh().reset();
  const auto storage = file::open(path_, {.max_size_bytes = kMiB});
  ASSERT_TRUE(ok(storage));
  EXPECT_EQ((*storage)->size_bytes(), kTestSizeBytes);
  EXPECT_TRUE(fails_with(ErrorCode::no_space, (*storage)->grow(kTestSizeBytes + 1)));
}

TEST_F(FileStorage, CreateRefusesSizesThatCannotBe) {
  for (const auto& [size, max] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, kMiB}, {kMiB + 1, kMiB}, {4'096, 4'095}, {~std::uint64_t{0}, ~std::uint64_t{0}}}) {
    const auto created = file::create(path_, {.size_bytes = size, .max_size_bytes = max}, no_format);
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, created)) << size;
  }
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, file::create(path_ / "", options(), no_format)));
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(FileStorage, ALongNameIsNoObstacle) {
  const fs::path path = directory_.path() / std::string(255, 'n');
  EXPECT_TRUE(ok(file::create(path, options(), no_format)));
  EXPECT_TRUE(ok(file::open(path, options())));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument,
                         file::create(directory_.path() / std::string(256, 'n'), options(), no_format)));
}

TEST_F(FileStorage, CreateMakesBytesDurableBeforeTheNameAndTheNameBeforeItReturns) {
  const SystemCallFaults calls([](std::string_view, int) { return std::nullopt; });
  ASSERT_TRUE(ok(file::create(path_, options(), [&](Storage& storage) { return storage.write(0, bytes_); })));
  std::string order;
  for (const std::string& call : calls.sequence()) {
    if (call == "fallocate") order += 'a';
    if (call == "pwrite") order += 'w';
    if (call == "fdatasync") order += 's';
    if (call == "renameat2") order += 'r';
    if (call == "fsync") order += 'd';
    if (call == "unlink" || call == "link") order += '!';
  }
  EXPECT_EQ(order, "awsrd");
}

TEST_F(FileStorage, CreateLosesToWhoeverTakesTheNameMeanwhile) {
  const auto created = file::create(path_, options(), [&](Storage&) -> Result<void> {
    std::ofstream(path_) << "theirs";
    return {};
  });
  EXPECT_TRUE(fails_with(ErrorCode::exists, created));
  EXPECT_EQ(fs::file_size(path_), 6u);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1) << "the temporary file is gone";
}

TEST_F(FileStorage, CreateWorksWithoutRenameNoReplace) {
  const SystemCallFaults faults(SystemCallFaults::fail("renameat2", EINVAL));
  EXPECT_TRUE(ok(file::create(path_, options(), no_format)));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_.path()), {}), 1);
  EXPECT_TRUE(fails_with(ErrorCode::exists, file::create(path_, options(), no_format)));
}

TEST_F(FileStorage, AStoreIsLockedUntilItsNameIsDurable) {
  bool locked = false;
  const SystemCallFaults calls([&](std::string_view name, int) -> std::optional<int> {
    if (name == "fsync") locked = fails_with(ErrorCode::locked, file::open(path_, options()));
    return std::nullopt;
  });
  EXPECT_TRUE(ok(file::create(path_, options(), no_format)));
  EXPECT_TRUE(locked);
}

TEST_F(FileStorage, WithoutFallocateZerosAreWritten) {
  const SystemCallFaults faults(SystemCallFaults::fail("fallocate", EOPNOTSUPP));
  const auto storage = fresh();
  ASSERT_NE(storage, nullptr);
  EXPECT_GE(allocated_bytes(), kTestSizeBytes);
  ASSERT_TRUE(ok(storage->grow(2 * kTestSizeBytes)));
  EXPECT_GE(allocated_bytes(), 2 * kTestSizeBytes);
  EXPECT_TRUE(ok(storage->punch({0, kMiB}))) << "a medium that cannot punch does nothing";
  EXPECT_TRUE(ok(storage->reserve({0, kMiB})));
}

TEST_F(FileStorage, WithoutSynchronousWritesCommitSyncs) {
  for (const int error : {EOPNOTSUPP, ENOSYS, EINVAL}) {
    const auto storage = file::open_memory(options());
    ASSERT_TRUE(ok(storage));
    const SystemCallFaults faults(SystemCallFaults::fail("pwritev2", error));
    for (int round = 1; round <= 2; ++round) {
      ASSERT_TRUE(ok((*storage)->commit(std::array<WriteRange, 1>{{{77, bytes_}}})));
      EXPECT_TRUE(holds(**storage, 77, bytes_));
      EXPECT_EQ(faults.count("fdatasync"), round);
      EXPECT_EQ(faults.count("pwritev2"), 1) << "asked once, then never again";
    }
  }
}

TEST_F(FileStorage, CommitOfAdjoiningRangesIsOneSystemCall) {
  const auto storage = fresh();
  const SystemCallFaults calls([](std::string_view, int) { return std::nullopt; });
  const std::array<WriteRange, 2> ranges = {{{0, bytes_}, {bytes_.size(), bytes_}}};
  ASSERT_TRUE(ok(storage->commit(ranges)));
  EXPECT_EQ(calls.sequence(), std::vector<std::string>{"pwritev2"});
}

TEST_F(FileStorage, InterruptedAndShortWritesFinish) {
  const auto storage = fresh();
  file::SystemCalls slow = file::system_calls();
  int turn = 0;
  const auto hindered = [&turn] { return ++turn % 2 == 0 ? false : (errno = EINTR, true); };
  slow.pwrite = [&](int fd, const void* bytes, size_t size, off_t offset) -> ssize_t {
    return hindered() ? -1 : ::pwrite(fd, bytes, std::min<size_t>(size, 7), offset);
  };
  slow.pwritev2 = [&](int fd, const iovec* parts, int, off_t offset, int flags) -> ssize_t {
    const iovec part{parts[0].iov_base, std::min<size_t>(parts[0].iov_len, 7)};
    return hindered() ? -1 : ::pwritev2(fd, &part, 1, offset, flags);
  };
  const file::ScopedSystemCalls scope(slow);
  ASSERT_TRUE(ok(storage->write(10, bytes_)));
  EXPECT_TRUE(holds(*storage, 10, bytes_));
  const std::array<WriteRange, 2> ranges = {{{5'000, bytes_}, {6'000, bytes_}}};
  ASSERT_TRUE(ok(storage->commit(ranges)));
  EXPECT_TRUE(holds(*storage, 5'000, bytes_));
  EXPECT_TRUE(holds(*storage, 6'000, bytes_));
}

TEST_F(FileStorage, AWriteThatMakesNoProgressFails) {
  const auto storage = fresh();
  file::SystemCalls stuck = file::system_calls();
  stuck.pwrite = [](int, const void*, size_t, off_t) -> ssize_t { return 0; };
  const file::ScopedSystemCalls scope(stuck);
  EXPECT_TRUE(fails_with(ErrorCode::io, storage->write(0, bytes_)));
}

TEST_F(FileStorage, ReadersShareAndKeepWritersOut) {
  fresh().reset();
  const auto first = file::open(path_, options(true));
  const auto second = file::open(path_, options(true));
  EXPECT_TRUE(ok(first));
  EXPECT_TRUE(ok(second));
  EXPECT_TRUE(fails_with(ErrorCode::locked, file::open(path_, options())));
}

TEST_F(FileStorage, AForkedChildThatLivesOnDoesNotKeepTheLock) {
  for (const bool closes : {true, false}) {
    fs::remove(path_);
    auto storage = fresh();
    int end[2];
    ASSERT_EQ(::pipe2(end, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(end[1]);
      char byte;
      const ssize_t count = ::read(end[0], &byte, 1);  // until the parent closes its end
      ::_exit(static_cast<int>(count));
    }
    EXPECT_GT(child, 0);
    EXPECT_TRUE(!closes || ok(storage->close()));
    storage.reset();
    EXPECT_TRUE(ok(file::open(path_, options())));
    ::close(end[1]);
    ::close(end[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(FileStorage, AFileOnMemoryIsNotDurable) {
  const TestDirectory memory("/dev/shm");
  ASSERT_TRUE(ok(file::create(memory.store(), options(), no_format)));
  const auto storage = file::open(memory.store(), options());
  ASSERT_TRUE(ok(storage));
  EXPECT_FALSE((*storage)->capabilities().durable);
}

TEST_F(FileStorage, NoPermissionIsSaid) {
  fresh().reset();
  const SystemCallFaults faults(SystemCallFaults::fail("open", EACCES));
  const auto storage = file::open(path_, options());
  ASSERT_TRUE(fails_with(ErrorCode::io, storage));
  EXPECT_NE(storage.error().message.find("permission denied"), std::string::npos);
}

TEST_F(FileStorage, AFileThatMayOnlyBeReadOpensReadOnly) {
  fresh().reset();
  fs::permissions(path_, fs::perms::owner_read);
  const auto storage = file::open(path_, options(true));
  ASSERT_TRUE(ok(storage));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, (*storage)->drain()));
}

TEST_F(FileStorage, IsNotInheritedByAnotherProgram) {
  const auto storage = fresh();
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone) != path_) continue;
    EXPECT_NE(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST_F(FileStorage, AClosedStorageAnswersClosed) {
  const auto storage = fresh();
  ASSERT_TRUE(ok(storage->close()));
  for (const auto& [name, call] : changing_calls()) {
    EXPECT_TRUE(fails_with(ErrorCode::closed, call(*storage))) << name;
  }
  EXPECT_TRUE(fails_with(ErrorCode::closed, storage->space()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, storage->close()));
  storage->advise({0, 4096}, Access::normal);
}

}  // namespace
}  // namespace holdfast
