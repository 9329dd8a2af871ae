// A page of the store goes missing while it is mapped: with the guard on, every call answers where and why,
// the process and its other stores live on, and the restored file opens; with the guard off the process ends.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

#include "common/format/superblock.hpp"
#include "contract/forked_child.hpp"
#include "contract/small_file_system.hpp"
#include "faults/facades.hpp"
#include "file/file_storage.hpp"
#include "pmem/pmem_storage.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRegionBytes = kMiB;

class SigbusGuard : public ::testing::TestWithParam<BackendRow> {
 protected:
  SigbusGuard() : directory_("/dev/shm"), path_(directory_.store()) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;  // children are forked, where no other thread exists
    options_.sigbus_guard = true;
  }

  struct Opened {
    Store store;
    Kv keys;
    Log log;
    Region region;
  };

  [[nodiscard]] std::unique_ptr<Opened> open(const fs::path& path) const {
    auto store = Store::open(path, options_);
    if (!store) throw std::runtime_error(store.error().to_string());  // ends the test
    Kv keys = store->kv("keys").value();
    Log log = store->log("log").value();
    Region region = store->region("bytes").value();
    return std::make_unique<Opened>(
        Opened{std::move(*store), std::move(keys), std::move(log), std::move(region)});
  }

  void fill(const fs::path& path) {
    const auto opened = open(path);
    for (unsigned i = 0; i < 200; ++i) {
      const std::string key = "key " + std::to_string(i);
      ASSERT_TRUE(ok(opened->keys.put(key, text_of(3'000, i), {Durability::buffered})));
      expected_.put(key, text_of(3'000, i), true);
      const auto id = opened->log.append(text_of(2'000, i), {Durability::buffered});
      ASSERT_TRUE(ok(id));
      expected_.append(*id, text_of(2'000, i));
    }
    const std::string bytes = text_of(kRegionBytes, 7);
    ASSERT_TRUE(ok(opened->region.write_at(0, std::as_bytes(std::span(bytes)))));
    expected_.write_region(0, bytes, true);
    ASSERT_TRUE(ok(opened->store.close()));
    fs::copy_file(path, backup(), fs::copy_options::overwrite_existing);
    first_slot_ = find_first_slot(path);
  }

  [[nodiscard]] fs::path backup() const { return directory_.path() / "backup"; }

  /// Somebody cuts the file: of the store the first page stays, and what the medium puts in front.
  void cut() const { fs::resize_file(path_, first_slot_ + 4'096); }

  /// Where in the file the store begins.
  [[nodiscard]] std::uint64_t find_first_slot(const fs::path& path) const {
    std::ifstream file(path, std::ios::binary);
    SuperblockDisk superblock;
    for (std::uint64_t at = 0; file.seekg(static_cast<std::streamoff>(at)); at += kSuperblockSlotSizeBytes)
      if (file.read(reinterpret_cast<char*>(&superblock), sizeof superblock) && validate(superblock))
        return at;
    ADD_FAILURE() << "no store in the file";
    return 0;
  }

  void restore() const { fs::copy_file(backup(), path_, fs::copy_options::overwrite_existing); }

  /// Puts back what cut() has taken, below a store that is open.
  void restore_in_place() const {
    std::ifstream from(backup(), std::ios::binary);
    std::fstream to(path_, std::ios::binary | std::ios::in | std::ios::out);
    from.seekg(static_cast<std::streamoff>(first_slot_ + 4'096));
    to.seekp(static_cast<std::streamoff>(first_slot_ + 4'096));
    to << from.rdbuf();
  }

  [[nodiscard]] ::testing::AssertionResult tells_fault(const Error& error) const {
    const bool told = error.code == ErrorCode::io && error.path == path_.native() && error.offset >= 4'096 &&
                      error.message.find("went missing") != std::string::npos;
    return (told ? ::testing::AssertionSuccess() : ::testing::AssertionFailure())
           << name(error.code) << ": " << error.to_string();
  }

  template <class T>
  [[nodiscard]] ::testing::AssertionResult tells_fault(const Result<T>& result) const {
    if (result) return ::testing::AssertionFailure() << "succeeded";
    return tells_fault(result.error());
  }

  /// All calls that look at the map, or change what lies there.
  using Call = std::function<std::optional<Error>(Opened&)>;
  [[nodiscard]] static std::vector<std::pair<std::string, Call>> calls() {
    const auto error_of = [](const auto& result) {
      return result ? std::nullopt : std::optional(result.error());
    };
    return {
        {"get", [=](Opened& o) { return error_of(o.keys.get("key 3")); }},
        {"get_into", [=](Opened& o) { return error_of(o.keys.get_into("key 3", {})); }},
        {"view", [=](Opened& o) { return error_of(o.keys.view("key 3")); }},
        {"multi_get", [=](Opened& o) { return error_of(o.keys.multi_get(std::vector<std::string_view>{"key 3"})); }},
        {"exchange", [=](Opened& o) { return error_of(o.keys.exchange("key 3", "new")); }},
        {"contains", [=](Opened& o) { return error_of(o.keys.contains("key 3")); }},
        {"compare_and_set",
         [=](Opened& o) { return error_of(o.keys.compare_and_set("key 3", "old", "new")); }},
        {"erase", [=](Opened& o) { return error_of(o.keys.erase("key 3")); }},
        {"scan", [=](Opened& o) { return error_of(o.keys.scan("", [](auto, auto) { return true; })); }},
        {"log read", [=](Opened& o) { return error_of(o.log.read(5)); }},
        {"log scan", [=](Opened& o) { return error_of(o.log.scan(1, [](const auto&) { return true; })); }},
        {"region read",
         [=](Opened& o) {
           std::array<std::byte, 9'000> bytes{};
           return error_of(o.region.read_at(1'000, bytes));
         }},
        {"verify", [=](Opened& o) { return error_of(o.store.verify()); }},
    };
  }

  TestDirectory directory_;
  const fs::path path_;
  Options options_;
  Expected expected_;
  std::uint64_t first_slot_ = 0;
};
INSTANTIATE_TEST_SUITE_P(, SigbusGuard, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(SigbusGuard, EveryCallAnswersWhereAndWhy) {
  fill(path_);
  for (const auto& [first_name, first] : calls()) {
    SCOPED_TRACE(first_name + " meets the missing page");
    auto opened = open(path_);
    cut();
    const auto error = first(*opened);
    ASSERT_TRUE(error.has_value());
    EXPECT_TRUE(tells_fault(*error));
    for (const auto& [name, call] : calls()) {
      const auto later = call(*opened);
      ASSERT_TRUE(later.has_value()) << name;
      EXPECT_EQ(later->to_string(), error->to_string()) << name;
    }
    EXPECT_TRUE(tells_fault(opened->keys.put("another key", "value")));
    EXPECT_TRUE(tells_fault(opened->keys.put_async("another key", "value")));
    EXPECT_TRUE(tells_fault(opened->log.append("record")));
    EXPECT_TRUE(tells_fault(opened->region.append(std::as_bytes(std::span("x")))));
    EXPECT_TRUE(tells_fault(opened->store.kv("new space")));
    EXPECT_TRUE(tells_fault(opened->store.sync()));
    EXPECT_TRUE(tells_fault(opened->store.close()));
    opened.reset();
    restore();
    auto again = open(path_);
    expected_.check(again->store);
  }
}

TEST_P(SigbusGuard, NothingMayBeLeftOfTheFile) {
#ifdef __SANITIZE_ADDRESS__
  const __lsan::ScopedDisabler a_pool_without_its_metadata_stays_open_in_pmdk;
#endif
  fill(path_);
  auto opened = open(path_);
  fs::resize_file(path_, 0);
  EXPECT_TRUE(fails_with(ErrorCode::io, opened->keys.get("key 1")));
  EXPECT_TRUE(fails_with(ErrorCode::io, opened->keys.put("key 1", "new")));
  EXPECT_TRUE(fails_with(ErrorCode::io, opened->store.close()));
}

TEST_P(SigbusGuard, AViewSaysWhetherItsBytesCanBeTrusted) {
  fill(path_);
  auto opened = open(path_);
  {
    const auto view = opened->region.view(0, kRegionBytes);
    ASSERT_TRUE(ok(view));
    EXPECT_TRUE(view->ok());
    cut();
    std::size_t zeros = 0;
    for (const auto& span : view->spans())
      zeros += static_cast<std::size_t>(std::ranges::count(span, std::byte{0}));
    EXPECT_EQ(zeros, kRegionBytes);
    EXPECT_FALSE(view->ok());
    EXPECT_TRUE(tells_fault(opened->region.view(0, 1)));
  }
  EXPECT_TRUE(tells_fault(opened->store.close()));
}

TEST_P(SigbusGuard, AViewOfAValueSaysSoToo) {
  fill(path_);
  auto opened = open(path_);
  {
    const auto view = opened->keys.view("key 3");
    ASSERT_TRUE(ok(view));
    EXPECT_TRUE((**view).ok());
    cut();
    EXPECT_EQ((**view).value(), std::string(3'000, '\0'));
    EXPECT_FALSE((**view).ok());
    EXPECT_TRUE(tells_fault(opened->keys.view("key 4")));
  }
  EXPECT_TRUE(tells_fault(opened->store.close()));
}

TEST_P(SigbusGuard, OtherStoresGoOn) {
  fill(path_);
  const fs::path other_path = directory_.path() / "other";
  auto opened = open(path_);
  auto other = open(other_path);
  ASSERT_TRUE(ok(other->keys.put("key", "value")));
  cut();
  EXPECT_TRUE(tells_fault(opened->keys.get("key 1")));
  EXPECT_EQ(other->keys.get("key").value(), "value");
  EXPECT_TRUE(ok(other->keys.put("key", "another")));
  opened.reset();
  EXPECT_EQ(other->keys.get("key").value(), "another");
  EXPECT_TRUE(ok(other->store.close()));
}

TEST_P(SigbusGuard, ThreadsThatFaultAtOnceAreAllTold) {
  fill(path_);
  auto opened = open(path_);
  std::atomic<bool> is_cut{false};
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = t;; ++i) {
        const bool was_cut = is_cut.load();
        const auto value = opened->keys.get("key " + std::to_string(i % 200));
        if (value) {
          EXPECT_EQ(*value, text_of(3'000, i % 200));
        } else {
          EXPECT_TRUE(tells_fault(value));
        }
        if (!was_cut) continue;
        told += value ? 0 : 1;
        return;
      }
    });
  }
  cut();
  is_cut = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(told, 4);
}

TEST_P(SigbusGuard, AFileThatIsCutWhileItIsRecoveredGivesAnError) {
  fill(path_);
  const auto open_storage = [&]() {
    return options_.backend == Backend::pmem
               ? pmem::open(path_,
                            {.max_size_bytes = kTestMaxSizeBytes, .emulate = true, .sigbus_guard = true})
               : file::open(path_, {.max_size_bytes = kTestMaxSizeBytes, .sigbus_guard = true});
  };
  auto storage = open_storage();
  ASSERT_TRUE(ok(storage));
  cut();
  EXPECT_TRUE(tells_fault(Store::open(std::move(*storage), options_)));
  restore();
  expected_.check(open(path_)->store);
}

TEST_P(SigbusGuard, AForkedChildOutlivesItToo) {
  fill(path_);
  auto opened = open(path_);
  cut();
  EXPECT_EQ(in_forked_child([&] { return tells_fault(opened->keys.get("key 1")) ? 0 : 1; }), 0);
  restore_in_place();  // this process has met no missing page
  EXPECT_EQ(opened->keys.get("key 1").value(), text_of(3'000, 1));
  EXPECT_TRUE(ok(opened->store.close()));
}

TEST_P(SigbusGuard, WithoutItTheProcessEnds) {
  fill(path_);
  options_.sigbus_guard = false;
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGBUS, SIG_DFL);  // a sanitizer may have another idea
    auto opened = open(path_);
    cut();
    static_cast<void>(opened->keys.get("key 1"));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) << status;
}

class SigbusGuardOfAPool : public SigbusGuard {};
// Not there in a build without PMDK, and where this process may not mount a file system.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(SigbusGuardOfAPool);

std::vector<BackendRow> pools_on_a_small_file_system() {
  if (!SmallFileSystem::permitted()) return {};
  std::vector<BackendRow> rows = backends_where(&StorageCapabilities::has_path);
  std::erase_if(rows, [](const BackendRow& row) { return backend_of(row) != Backend::pmem; });
  return rows;
}

INSTANTIATE_TEST_SUITE_P(, SigbusGuardOfAPool, ::testing::ValuesIn(pools_on_a_small_file_system()), row_name);

// In a pool a hole is filled inside a store instruction: where the medium is full, that is a fault as well. (A file is
// written by calls, which answer no_space.)
TEST_P(SigbusGuardOfAPool, AHoleThatAFullMediumCannotFillIsNotAcknowledged) {
  const SmallFileSystem medium(64 * kMiB);
  const fs::path path = medium.path() / "store";
  auto opened = open(path);
  ASSERT_TRUE(ok(opened->keys.put("key", "value")));
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  const auto begin = static_cast<off_t>(find_first_slot(path) + kSuperblockAreaSizeBytes);
  const auto size = static_cast<off_t>(fs::file_size(path)) - begin;
  ASSERT_EQ(::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, size), 0);
  ::close(fd);
  ASSERT_TRUE(medium.fill());
  const auto put = opened->keys.put("key", "another");
  ASSERT_TRUE(fails_with(ErrorCode::io, put));
  EXPECT_EQ(put.error().path, path.native());
  EXPECT_TRUE(fails_with(ErrorCode::io, opened->store.close()));
}

}  // namespace
}  // namespace holdfast
