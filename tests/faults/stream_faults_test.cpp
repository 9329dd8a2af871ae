// Exports of a key-value space to a file, with each system call failing in turn: a typed error, no half file
// under any name, what was there before stays, and the next export is as good as ever.

#include <cerrno>
#include <fstream>
#include <map>

#include "contract/storage_test_support.hpp"
#include "contract/system_call_faults.hpp"

#include <holdfast/holdfast.hpp>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class StreamFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store =
        Store::open("", {.backend = Backend::memory, .size_bytes = 8 * kMiB, .segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(store));
    store_.emplace(std::move(*store));
    space_.emplace(store_->kv("space").value());
    for (int i = 0; i < 200; ++i) {
      expected_["key " + std::to_string(i)] = std::string(static_cast<std::size_t>(i) * 3, 'v');
      ASSERT_TRUE(ok(space_->put("key " + std::to_string(i), expected_["key " + std::to_string(i)])));
    }
  }

  [[nodiscard]] fs::path path() const { return directory_.path() / "stream"; }
  [[nodiscard]] fs::path partial() const { return directory_.path() / "stream.partial"; }

  void expect_whole(const fs::path& file) {
    auto copy = store_->kv("copy " + std::to_string(++copies_)).value();
    ASSERT_TRUE(ok(import_kv(*store_, copy, file)));
    std::map<std::string, std::string> found;
    ASSERT_TRUE(ok(copy.scan("", [&](std::string_view key, std::string_view value) {
      found.emplace(key, value);
      return true;
    })));
    EXPECT_EQ(found, expected_);
  }

  /// Exports with the first, second, ... call of `name` failing, until there are fewer; how many there were.
  int sweep(const std::string& name, int error, const KvExportOptions& options,
            const std::function<void(const Result<KvExportReport>&)>& check) {
    for (int number = 1;; ++number) {
      SCOPED_TRACE(name + " " + std::to_string(number));
      Result<KvExportReport> report;
      int made = 0;
      {
        const SystemCallFaults faults(SystemCallFaults::fail(name, error, number));
        report = export_kv(*space_, path(), options);
        made = faults.count(name);
      }
      check(report);
      if (made < number || HasFailure()) return number - 1;
    }
  }

  TestDirectory directory_{"/var/tmp"};
  std::optional<Store> store_;
  std::optional<Kv> space_;
  std::map<std::string, std::string> expected_;
  int copies_ = 0;
};

struct StreamFault {
  const char* call;
  int error;  ///< 0: only a part of it is done.
  ErrorCode code;
};

const std::vector<StreamFault>& stream_faults() {
  static const std::vector<StreamFault> all{{"open", EIO, ErrorCode::io},
                                      {"lock", EIO, ErrorCode::io},
                                      {"lock", EAGAIN, ErrorCode::busy},
                                      {"ftruncate", EIO, ErrorCode::io},
                                      {"pwrite", EIO, ErrorCode::io},
                                      {"pwrite", ENOSPC, ErrorCode::no_space},
                                      {"pwrite", EDQUOT, ErrorCode::no_space},
                                      {"fsync", EIO, ErrorCode::io},
                                      {"fsync", ENOSPC, ErrorCode::no_space},
                                      {"renameat2", EIO, ErrorCode::io},
                                      {"renameat2", ENOSPC, ErrorCode::no_space}};
  return all;
}

TEST_F(StreamFaults, ANewFileIsWholeOrNotThere) {
  for (const StreamFault& fault : stream_faults()) {
    SCOPED_TRACE(fault.error);
    const int failed = sweep(
        fault.call, fault.error, {.block_size_bytes = 20'000, .resumes = true}, [&](const auto& report) {
          if (report) {
            expect_whole(path());
          } else {
            const bool is_of_directory = std::string(fault.call) == "fsync";  // always io, of a medium
            EXPECT_TRUE(report.error().code == fault.code ||
                        (is_of_directory && report.error().code == ErrorCode::io))
                << report.error().to_string();
            EXPECT_FALSE(fs::exists(path()));
          }
          fs::remove(path());
          fs::remove(partial());  // where it could not be locked, nobody may remove it
        });
    EXPECT_GT(failed, 0) << fault.call << " is not called";
  }
}

TEST_F(StreamFaults, WhatIsReplacedStaysUntilTheNewOneIsWhole) {
  ASSERT_TRUE(ok(export_kv(*space_, path())));
  for (const StreamFault& fault : stream_faults()) {
    SCOPED_TRACE(fault.error);
    const int failed =
        sweep(fault.call, fault.error, {.block_size_bytes = 20'000, .replaces = true, .resumes = true},
              [&](const auto&) { expect_whole(path()); });
    EXPECT_GT(failed, 0) << fault.call << " is not called";
  }
}

TEST_F(StreamFaults, WritesThatAreInterruptedOrShortGoOn) {
  for (const int error : {EINTR, 0}) {
    const int failed = sweep("pwrite", error, {.replaces = true}, [&](const auto& report) {
      ASSERT_TRUE(ok(report));
      expect_whole(path());
    });
    EXPECT_GT(failed, 0);
  }
}

TEST_F(StreamFaults, AFileSystemWithoutSuchARenameGetsASecondName) {
  const SystemCallFaults faults(SystemCallFaults::fail("renameat2", EINVAL));
  ASSERT_TRUE(ok(export_kv(*space_, path())));
  EXPECT_EQ(faults.count("link"), 1);
  expect_whole(path());
  EXPECT_FALSE(fs::exists(partial()));
}

}  // namespace
}  // namespace holdfast
