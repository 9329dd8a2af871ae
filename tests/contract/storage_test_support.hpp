#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/storage.hpp>

#include "contract/storage_backends.hpp"

namespace holdfast {

/// A directory of one test, removed with everything in it.
class TestDirectory {
 public:
  explicit TestDirectory(const std::filesystem::path& root) {
    std::string name = (root / "holdfast-test-XXXXXX").native();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TestDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path store() const { return path_ / "store"; }

 private:
  std::filesystem::path path_;
};

template <class T>
[[nodiscard]] ::testing::AssertionResult ok(const Result<T>& result) {
  if (result) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << name(result.error().code) << ": " << result.error().to_string();
}

template <class T>
[[nodiscard]] ::testing::AssertionResult fails_with(ErrorCode code, const Result<T>& result) {
  if (result) return ::testing::AssertionFailure() << "succeeded instead of " << name(code);
  if (result.error().code == code) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << name(result.error().code) << " instead of " << name(code) << ": " << result.error().to_string();
}

/// For a medium that no format is written to.
inline Result<void> no_format(Storage&) { return {}; }

/// Bytes that differ by seed and place.
[[nodiscard]] inline std::vector<std::byte> pattern(std::size_t size_bytes, unsigned seed) {
  std::vector<std::byte> bytes(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i)
    bytes[i] = static_cast<std::byte>((i * 31 + i / 251 + seed) & 0xFF);
  return bytes;
}

[[nodiscard]] inline ::testing::AssertionResult holds(const Storage& storage, std::uint64_t offset,
                                                      std::span<const std::byte> bytes) {
  if (offset + bytes.size() > storage.size_bytes()) return ::testing::AssertionFailure() << "beyond the end";
  if (std::equal(bytes.begin(), bytes.end(), storage.at(offset))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "other bytes at offset " << offset;
}

/// Every call that would change the medium, each with arguments that are valid on a test storage.
[[nodiscard]] inline std::vector<std::pair<std::string, std::function<Result<void>(Storage&)>>>
changing_calls() {
  static const std::vector<std::byte> bytes = pattern(64, 99);
  static const std::vector<WriteRange> ranges = {{0, bytes}};
  return {
      {"writable",
       [](Storage& s) {
         return s.writable({0, 4096}).map([](std::byte*) {});
       }},
      {"write", [](Storage& s) { return s.write(0, bytes); }},
      {"commit", [](Storage& s) { return s.commit(ranges); }},
      {"flush",
       [](Storage& s) {
         return s.flush({0, 4096});
       }},
      {"drain", [](Storage& s) { return s.drain(); }},
      {"sync",
       [](Storage& s) {
         return s.sync(std::array<ByteRange, 1>{{{0, 4096}}});
       }},
      {"grow", [](Storage& s) { return s.grow(s.size_bytes() + kMiB); }},
      {"punch",
       [](Storage& s) {
         return s.punch({0, 4096});
       }},
      {"reserve",
       [](Storage& s) {
         return s.reserve({0, 4096});
       }},
  };
}

/// The base of the suites: a fresh storage of the row's kind.
class StorageTest : public ::testing::TestWithParam<BackendRow> {
 protected:
  StorageTest() : directory_(GetParam()->root) {}

  void SetUp() override { storage_ = opened(GetParam()->open_fresh(directory_.store())); }

  [[nodiscard]] static std::unique_ptr<Storage> opened(Result<std::unique_ptr<Storage>> storage) {
    EXPECT_TRUE(ok(storage));
    return storage ? std::move(*storage) : nullptr;
  }

  /// Syncs and fences so far: what a durable write costs on either kind of medium.
  [[nodiscard]] std::uint64_t ordering_points() const {
    const StorageCounters counters = storage_->counters();
    return counters.syncs + counters.fences;
  }

  TestDirectory directory_;
  std::unique_ptr<Storage> storage_;
};

[[nodiscard]] inline std::string row_name(const ::testing::TestParamInfo<BackendRow>& info) {
  return std::string(info.param->name);
}

}  // namespace holdfast
