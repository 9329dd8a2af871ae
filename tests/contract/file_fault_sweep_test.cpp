// Every system call of the file backend fails once, with each errno that matters: no crash, a typed
// error or a success that holds, and the medium opens afterwards.

#include <algorithm>
#include <array>
#include <cerrno>

#include "contract/storage_test_support.hpp"
#include "contract/system_call_faults.hpp"
#include "file/file_storage.hpp"

namespace holdfast {
namespace {

constexpr std::array kErrors = {EIO, ENOSPC, ENOMEM, EINTR, EOPNOTSUPP};

file::FileOptions options(bool read_only = false) {
  return {.size_bytes = kMiB, .max_size_bytes = 16 * kMiB, .read_only = read_only};
}

/// Makes the call that is number `number` in the whole run fail, once.
SystemCallFaults::Rule fail_call(int number, int error, std::shared_ptr<int> made) {
  return [=](std::string_view, int) -> std::optional<int> {
    return ++*made == number ? std::optional(error) : std::nullopt;
  };
}

/// Runs `act` with its first, second, ... call failing, until it makes fewer calls than that. `check`
/// follows each run, without faults. Returns how many calls were failed.
int sweep(int error, const std::function<void()>& prepare, const std::function<void()>& act,
          const std::function<void()>& check) {
  for (int number = 1;; ++number) {
    SCOPED_TRACE("call " + std::to_string(number) + " fails with errno " + std::to_string(error));
    prepare();
    const auto made = std::make_shared<int>(0);
    {
      const SystemCallFaults faults(fail_call(number, error, made));
      act();
    }
    check();
    if (*made < number) return number - 1;
  }
}

class FileFaultSweep : public ::testing::TestWithParam<int> {
 protected:
  const TestDirectory directory_{"/var/tmp"};
  const std::filesystem::path path_ = directory_.store();
  const std::vector<std::byte> bytes_ = pattern(9'000, 1);

  Result<void> create() {
    return file::create(path_, options(), [&](Storage& storage) { return storage.write(100, bytes_); });
  }

  void clear() { std::filesystem::remove(path_); }

  void fresh() {
    clear();
    ASSERT_TRUE(ok(create()));
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      found.push_back(entry.path().filename());
    }
    return found;
  }

  void expect_whole() {
    const auto storage = file::open(path_, options());
    ASSERT_TRUE(ok(storage));
    EXPECT_GE((*storage)->size_bytes(), kMiB);
    EXPECT_TRUE(holds(**storage, 100, bytes_));
    EXPECT_TRUE(ok((*storage)->close()));
  }
};
INSTANTIATE_TEST_SUITE_P(, FileFaultSweep, ::testing::ValuesIn(kErrors),
                         [](const auto& row) { return std::string(::strerrorname_np(row.param)); });

TEST_P(FileFaultSweep, CreateIsWholeOrAbsent) {
  bool created = false;
  const int failed = sweep(
      GetParam(), [&] { clear(); }, [&] { created = create().has_value(); },
      [&] {
        EXPECT_EQ(std::filesystem::exists(path_), created);
        if (created) expect_whole();
        EXPECT_EQ(names().size(), created ? 1u : 0u);
      });
  EXPECT_GE(failed, 15);
}

TEST_P(FileFaultSweep, OpenFailsOrWorks) {
  for (const bool read_only : {false, true}) {
    fresh();
    const int failed = sweep(
        GetParam(), [] {},
        [&] {
          const auto storage = file::open(path_, options(read_only));
          EXPECT_TRUE(!storage || holds(**storage, 100, bytes_));
        },
        [&] { expect_whole(); });
    EXPECT_GE(failed, 8);
  }
}

TEST_P(FileFaultSweep, GrowthIsDoneOrNotDone) {
  std::unique_ptr<Storage> storage;
  bool grown = false;
  const int failed = sweep(
      GetParam(),
      [&] {
        storage.reset();
        fresh();
        auto opened = file::open(path_, options());
        ASSERT_TRUE(ok(opened));
        storage = std::move(*opened);
      },
      [&] { grown = storage->grow(3 * kMiB).has_value(); },
      [&] {
        EXPECT_EQ(storage->size_bytes(), grown ? 3 * kMiB : kMiB);
        EXPECT_EQ(std::filesystem::file_size(path_), storage->size_bytes());
        EXPECT_TRUE(holds(*storage, 100, bytes_));
        EXPECT_TRUE(!grown || ok(storage->commit(std::array<WriteRange, 1>{{{2 * kMiB, bytes_}}})));
        storage.reset();
        expect_whole();
      });
  EXPECT_GE(failed, 3);
}

TEST_P(FileFaultSweep, WorkSucceedsOrLatchesOrChangesNothing) {
  std::unique_ptr<Storage> storage;
  const auto calls = changing_calls();
  std::vector<Error> errors;
  const int failed = sweep(
      GetParam(),
      [&] {
        storage.reset();
        fresh();
        auto opened = file::open(path_, options());
        ASSERT_TRUE(ok(opened));
        storage = std::move(*opened);
        errors.clear();
      },
      [&] {
        for (const auto& [name, call] : calls) {
          const auto result = call(*storage);
          if (!result) errors.push_back(result.error());
        }
        if (const auto space = storage->space(); !space) errors.push_back(space.error());
      },
      [&] {
        for (const Error& error : errors) {
          EXPECT_TRUE(error.code == ErrorCode::io || error.code == ErrorCode::no_space) << error.to_string();
          EXPECT_EQ(error.path, path_.native());
        }
        const bool latched = !storage->drain().has_value();
        if (latched) {
          EXPECT_EQ(storage->drain().error().message, errors.front().message);
        }
        EXPECT_EQ(storage->close().has_value(), !latched);
        EXPECT_TRUE(ok(file::open(path_, options())));
      });
  EXPECT_GE(failed, 8);
}

}  // namespace
}  // namespace holdfast
