// What the library takes for granted of the machine and its kernel. If one of these fails, no other test
// means anything here.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <holdfast/options.hpp>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "contract/storage_test_support.hpp"

namespace holdfast {
namespace {

static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(void*) == 8 && sizeof(std::size_t) == 8);
static_assert(std::numeric_limits<unsigned char>::digits == 8);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(off_t) == 8);

constexpr std::size_t kFileBytes = 1 << 20;

/// A file on a disk, or in memory where `on_disk` is false.
class TestFile {
 public:
  explicit TestFile(bool on_disk) {
    fd_ = on_disk ? ::open((directory_.path() / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)
                  : ::memfd_create("test", MFD_CLOEXEC);
    EXPECT_GE(fd_, 0);
    EXPECT_EQ(::ftruncate(fd_, kFileBytes), 0);
  }
  ~TestFile() { ::close(fd_); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string path() const { return directory_.path() / "file"; }
  [[nodiscard]] char* map(int protection, void* where = nullptr, int flags = 0) const {
    void* const address = ::mmap(where, kFileBytes, protection, MAP_SHARED | flags, fd_, 0);
    EXPECT_NE(address, MAP_FAILED);
    return static_cast<char*>(address);
  }

 private:
  TestDirectory directory_{"/var/tmp"};
  int fd_ = -1;
};

class FileAssumptions : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, FileAssumptions, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "disk" : "memory"; });

TEST_P(FileAssumptions, AReadOnlyMapShowsEveryWriteAtOnce) {
  const TestFile file(GetParam());
  const char* const map = file.map(PROT_READ);
  for (off_t offset = 0; offset < 100'000; offset += 977) {
    const std::string bytes = "written at " + std::to_string(offset);
    ASSERT_EQ(::pwrite(file.fd(), bytes.data(), bytes.size(), offset), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(std::memcmp(map + offset, bytes.data(), bytes.size()), 0);
  }
  ::munmap(const_cast<char*>(map), kFileBytes);
}

TEST_P(FileAssumptions, AMapCanBePutIntoReservedAddressesAndMadeWritablePartByPart) {
  const TestFile file(GetParam());
  void* const reserved =
      ::mmap(nullptr, 4 * kFileBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(reserved, MAP_FAILED);
  char* const map = file.map(PROT_READ, static_cast<char*>(reserved) + kFileBytes, MAP_FIXED);
  EXPECT_EQ(map, static_cast<char*>(reserved) + kFileBytes);
  ASSERT_EQ(::mprotect(map, 4096, PROT_READ | PROT_WRITE), 0);
  map[17] = 'x';
  char read_back = 0;
  ASSERT_EQ(::pread(file.fd(), &read_back, 1, 17), 1);
  EXPECT_EQ(read_back, 'x');
  ::munmap(reserved, 4 * kFileBytes);
}

TEST_P(FileAssumptions, TheAddressesOfTheLargestStoreCostNothing) {
  const std::size_t reserved_bytes = Options{}.max_size_bytes;
  void* const reserved =
      ::mmap(nullptr, reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(reserved, MAP_FAILED);
  EXPECT_EQ(::munmap(reserved, reserved_bytes), 0);
}

TEST_P(FileAssumptions, ASynchronousVectoredWriteIsTaken) {
  const TestFile file(GetParam());
  char first[] = "one";
  char second[] = "two";
  const iovec parts[] = {{first, 3}, {second, 3}};
  ASSERT_EQ(::pwritev2(file.fd(), parts, 2, 100, RWF_DSYNC), 6);
  char read_back[6];
  ASSERT_EQ(::pread(file.fd(), read_back, 6, 100), 6);
  EXPECT_EQ(std::memcmp(read_back, "onetwo", 6), 0);
}

TEST_P(FileAssumptions, AllocatedBlocksReadAsZeros) {
  const TestFile file(GetParam());
  ASSERT_EQ(::fallocate(file.fd(), 0, 0, 2 * kFileBytes), 0);
  char bytes[4096];
  ASSERT_EQ(::pread(file.fd(), bytes, sizeof bytes, kFileBytes), static_cast<ssize_t>(sizeof bytes));
  EXPECT_EQ(std::count(std::begin(bytes), std::end(bytes), '\0'), 4096);
}

TEST_P(FileAssumptions, APunchedHoleKeepsTheSizeAndReadsAsZeros) {
  const TestFile file(GetParam());
  ASSERT_EQ(::pwrite(file.fd(), "text", 4, 8192), 4);
  ASSERT_EQ(::fallocate(file.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8192, 4096), 0);
  char byte = 'x';
  ASSERT_EQ(::pread(file.fd(), &byte, 1, 8192), 1);
  EXPECT_EQ(byte, '\0');
  EXPECT_EQ(::lseek(file.fd(), 0, SEEK_END), static_cast<off_t>(kFileBytes));
}

TEST(LockAssumptions, ALockBelongsToTheOpenFileNotToTheProcess) {
  const TestFile file(true);
  const int second = ::open(file.path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(second, 0);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(file.fd(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(::fcntl(second, F_OFD_SETLK, &lock), -1);
  ::close(::open(file.path().c_str(), O_RDWR | O_CLOEXEC));  // would drop a lock of the old kind
  EXPECT_EQ(::fcntl(second, F_OFD_SETLK, &lock), -1);
  ::close(second);
}

TEST(ForkAssumptions, APageCanBeWipedInEveryChild) {
  auto* const page =
      static_cast<int*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(static_cast<void*>(page), MAP_FAILED);
  ASSERT_EQ(::madvise(page, 4096, MADV_WIPEONFORK), 0);
  *page = 7;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(*page);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(*page, 7);
  ::munmap(page, 4096);
}

TEST(PageAssumptions, APageIsAMultipleOfOurBlock) {
  const long page = ::sysconf(_SC_PAGESIZE);
  EXPECT_EQ(page % 4096, 0);
}

}  // namespace
}  // namespace holdfast
