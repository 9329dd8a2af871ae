// Duties of media that have a path: create, open, locks, read-only.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "contract/storage_test_support.hpp"
#include "contract/worker_process.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class StoragePathContract : public StorageTest {
 protected:
  [[nodiscard]] int exit_code_of_other_process() const {
    return run_worker({"open", std::string(GetParam()->name), directory_.store().native()}).exit_code;
  }

  [[nodiscard]] std::vector<std::string> names_in_directory() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      names.push_back(entry.path().filename());
    return names;
  }

  const fs::path other_ = directory_.path() / "other";
};
INSTANTIATE_TEST_SUITE_P(, StoragePathContract,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(StoragePathContract, ReopeningShowsTheBytes) {
  const auto bytes = pattern(kMiB, 1);
  ASSERT_TRUE(ok(storage_->write(7, bytes)));
  ASSERT_TRUE(ok(storage_->grow(20 * kMiB)));
  const std::uint64_t size = storage_->size_bytes();
  ASSERT_TRUE(ok(storage_->write(size - bytes.size(), bytes)));
  ASSERT_TRUE(ok(storage_->close()));
  storage_ = opened(GetParam()->open(directory_.store()));
  ASSERT_NE(storage_, nullptr);
  EXPECT_EQ(storage_->size_bytes(), size);
  EXPECT_TRUE(holds(*storage_, 7, bytes));
  EXPECT_TRUE(holds(*storage_, size - bytes.size(), bytes));
}

TEST_P(StoragePathContract, StoresInPlaceReachTheMediumAndMixWithWrites) {
  const auto bytes = pattern(6'000, 4);
  const auto address = storage_->writable({kMiB, bytes.size()});
  ASSERT_TRUE(ok(address));
  std::memcpy(*address, bytes.data(), bytes.size());
  ASSERT_TRUE(ok(storage_->flush({kMiB, bytes.size()})));
  const auto later = pattern(100, 5);
  ASSERT_TRUE(ok(storage_->write(kMiB + 200, later)));
  EXPECT_TRUE(holds(*storage_, kMiB + 200, later)) << "a write shows in a page that was stored to";
  ASSERT_TRUE(ok(storage_->close()));
  storage_ = opened(GetParam()->open(directory_.store()));
  ASSERT_NE(storage_, nullptr);
  EXPECT_TRUE(holds(*storage_, kMiB, std::span(bytes).first(200)));
  EXPECT_TRUE(holds(*storage_, kMiB + 200, later));
  EXPECT_TRUE(holds(*storage_, kMiB + 300, std::span(bytes).subspan(300)));
}

TEST_P(StoragePathContract, CreateShowsTheFormatterTheWholeStorageZeroed) {
  const auto bytes = pattern(9'000, 2);
  const auto format = [&](Storage& storage) -> Result<void> {
    EXPECT_GE(storage.size_bytes(), kTestSizeBytes);
    const std::byte* const begin = storage.at(0);
    EXPECT_TRUE(
        std::all_of(begin, begin + storage.size_bytes(), [](std::byte b) { return b == std::byte{0}; }));
    return storage.write(storage.size_bytes() - bytes.size(), bytes);
  };
  ASSERT_TRUE(ok(GetParam()->create(other_, format)));
  const auto storage = opened(GetParam()->open(other_));
  ASSERT_NE(storage, nullptr);
  EXPECT_TRUE(holds(*storage, storage->size_bytes() - bytes.size(), bytes));
}

TEST_P(StoragePathContract, CreateRefusesAPathThatIsTaken) {
  EXPECT_TRUE(fails_with(ErrorCode::exists, GetParam()->create(directory_.store(), no_format)));
  fs::create_directory(directory_.path() / "directory");
  EXPECT_TRUE(fails_with(ErrorCode::exists, GetParam()->create(directory_.path() / "directory", no_format)));
  fs::create_symlink("nowhere", directory_.path() / "dangling");
  EXPECT_TRUE(fails_with(ErrorCode::exists, GetParam()->create(directory_.path() / "dangling", no_format)));
  EXPECT_TRUE(ok(storage_->drain())) << "the storage that is there goes on";
}

TEST_P(StoragePathContract, CreateThatFailsLeavesNothing) {
  const auto names = names_in_directory();
  const auto format = [](Storage&) -> Result<void> {
    return Unexpected(Error{.code = ErrorCode::too_large, .message = "as the test wants it"});
  };
  EXPECT_TRUE(fails_with(ErrorCode::too_large, GetParam()->create(other_, format)));
  EXPECT_EQ(names_in_directory(), names);
}

TEST_P(StoragePathContract, CreateInADirectoryThatIsNotThereFails) {
  EXPECT_TRUE(
      fails_with(ErrorCode::not_found, GetParam()->create(directory_.path() / "no" / "x", no_format)));
}

TEST_P(StoragePathContract, OpenRefusesWhatCanBeNoStorage) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, GetParam()->open(other_)));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, GetParam()->open(directory_.path())));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, GetParam()->open_read_only(directory_.path())));
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, GetParam()->open("/dev/null")));
  ASSERT_EQ(::mkfifo((directory_.path() / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(
      fails_with(ErrorCode::invalid_argument, GetParam()->open_read_only(directory_.path() / "pipe")));
  std::ofstream(other_).close();
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, GetParam()->open(other_)));
  EXPECT_EQ(fs::file_size(other_), 0u);
}

TEST_P(StoragePathContract, ErrorsNameThePath) {
  const auto storage = GetParam()->open(other_);
  ASSERT_FALSE(storage);
  EXPECT_EQ(storage.error().path, other_.native());
  EXPECT_EQ(storage.error().message.find('\n'), std::string::npos);
  EXPECT_EQ(storage.error().message.find(other_.native()), std::string::npos);
}

TEST_P(StoragePathContract, ASecondOpenIsRefused) {
  EXPECT_TRUE(fails_with(ErrorCode::locked, GetParam()->open(directory_.store())));
  EXPECT_TRUE(fails_with(ErrorCode::locked, GetParam()->open_read_only(directory_.store())));
  EXPECT_EQ(exit_code_of_other_process(), static_cast<int>(ErrorCode::locked));
  EXPECT_TRUE(ok(storage_->drain())) << "a refused open takes nothing away";
  EXPECT_EQ(exit_code_of_other_process(), static_cast<int>(ErrorCode::locked)) << "nor the lock";
  ASSERT_TRUE(ok(storage_->close()));
  EXPECT_EQ(exit_code_of_other_process(), 0);
}

TEST_P(StoragePathContract, AWriterIsRefusedWhileAReaderIsThere) {
  storage_.reset();
  const auto reader = opened(GetParam()->open_read_only(directory_.store()));
  EXPECT_TRUE(fails_with(ErrorCode::locked, GetParam()->open(directory_.store())));
}

TEST_P(StoragePathContract, DestructionReleasesWithoutClose) {
  storage_.reset();
  EXPECT_EQ(exit_code_of_other_process(), 0);
}

TEST_P(StoragePathContract, AForkedChildCannotGiveTheLockAway) {
  const pid_t child = ::fork();
  if (child == 0) {
    storage_.reset();
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(exit_code_of_other_process(), static_cast<int>(ErrorCode::locked));
  EXPECT_TRUE(ok(storage_->write(0, pattern(10, 1))));
  EXPECT_TRUE(ok(storage_->close()));
}

TEST_P(StoragePathContract, ReadOnlyReadsAndChangesNoByte) {
  const auto bytes = pattern(5'000, 3);
  ASSERT_TRUE(ok(storage_->write(kMiB, bytes)));
  storage_.reset();  // not closed: as a killed process leaves it
  const std::string before = content(directory_.store());
  const auto time_before = fs::last_write_time(directory_.store());
  storage_ = opened(GetParam()->open_read_only(directory_.store()));
  ASSERT_NE(storage_, nullptr);
  EXPECT_TRUE(holds(*storage_, kMiB, bytes));
  EXPECT_TRUE(ok(storage_->space()));
  storage_->advise({0, kMiB}, Access::sequential);
  for (const auto& [name, call] : changing_calls()) {
    EXPECT_TRUE(fails_with(ErrorCode::read_only, call(*storage_))) << name;
  }
  EXPECT_TRUE(ok(storage_->close()));
  EXPECT_EQ(fs::last_write_time(directory_.store()), time_before);
  EXPECT_EQ(content(directory_.store()), before);
}

}  // namespace
}  // namespace holdfast
