#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"

namespace holdfast::region_suites {

inline constexpr std::uint64_t kRoomBytes = 16 * kMiB;  ///< What the store may grow to.
inline constexpr WriteOptions kImmediate{.durability = Durability::immediate};

[[nodiscard]] inline std::span<const std::byte> bytes_of_text(std::string_view text) noexcept {
  return std::as_bytes(std::span(text));
}

/// `size` bytes that differ by seed and place.
[[nodiscard]] inline std::string some_bytes(std::size_t size, unsigned seed = 0) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i / 7 + i + seed * 11) % 26);
  return bytes;
}

/// `size` bytes that nowhere repeat, so that none of them can stand for another: for what is longer than a few pages.
[[nodiscard]] inline std::string noise(std::size_t size, std::uint64_t seed = 0) {
  std::string bytes(size, '\0');
  std::uint64_t state = seed + 1;
  for (char& byte : bytes) {
    state = state * 0x5851'F42D'4C95'7F2Dull + 0x1405'7B7E'F767'814Full;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

[[nodiscard]] inline std::string read_all(const Region& region) {
  const auto size = region.size();
  std::string bytes(size ? *size : 0, '?');
  const auto read = region.read_at(0, std::as_writable_bytes(std::span(bytes)));
  return size && read ? bytes : "error";
}

[[nodiscard]] inline std::string text_of(const RegionView& view) {
  std::string text;
  for (const auto& span : view.spans()) text.append(reinterpret_cast<const char*>(span.data()), span.size());
  return text;
}

[[nodiscard]] inline RegionView view_of(const Region& region, std::uint64_t offset, std::uint64_t size_bytes) {
  auto view = region.view(offset, size_bytes);
  if (!view) throw std::runtime_error(view.error().to_string());  // ends the test
  return std::move(*view);
}

/// Whether the region holds exactly `expected`; large contents are not printed.
[[nodiscard]] inline ::testing::AssertionResult holds(const Region& region, std::string_view expected) {
  const std::string found = read_all(region);
  if (found == expected) return ::testing::AssertionSuccess();
  std::size_t at = 0;
  while (at < found.size() && at < expected.size() && found[at] == expected[at]) ++at;
  return ::testing::AssertionFailure() << found.size() << " bytes instead of " << expected.size()
                                       << ", first difference at " << at;
}

/// What the region owns of the medium.
[[nodiscard]] inline std::uint64_t owned_bytes(const Store& store, std::string_view name) {
  const auto spaces = store.spaces();
  for (const SpaceInfo& space : spaces.value())
    if (space.name == name) return space.size_bytes;
  return 0;
}

/// What the store has asked of its medium since.
class Spent {
 public:
  explicit Spent(const Store& store) : store_(store), before_(store.info()->counters) {}
  [[nodiscard]] std::uint64_t syncs() const { return store_.info()->counters.syncs - before_.syncs; }
  [[nodiscard]] std::uint64_t fences() const { return store_.info()->counters.fences - before_.fences; }

 private:
  const Store& store_;
  StorageCounters before_;
};

template <class Work>
void in_threads(unsigned count, Work work) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

/// A small store on the row's medium with one region.
class RegionTest : public ::testing::TestWithParam<BackendRow> {
 protected:
  RegionTest() : directory_(GetParam()->root) {
    const std::string_view medium = GetParam()->name;
    options_.backend = medium == "memory" ? Backend::memory : medium == "pmem" ? Backend::pmem : Backend::file;
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kRoomBytes;
    options_.segment_size_bytes = 64 << 10;
  }

  void SetUp() override { open(); }

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    if (options_.mode != OpenMode::read_only) region_.emplace(region("region"));
  }

  [[nodiscard]] Region region(std::string_view name, RegionOptions options = {}) {
    auto opened = store_->region(name, options);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    return std::move(*opened);
  }

  [[nodiscard]] Region created(std::string_view name, std::string_view bytes) {
    auto made = store_->create_region({.name = name, .bytes = bytes_of_text(bytes)});
    if (!made) throw std::runtime_error(made.error().to_string());  // ends the test
    return std::move(*made);
  }

  [[nodiscard]] ::testing::AssertionResult is_absent(std::string_view name) {
    return fails_with(ErrorCode::not_found, store_->region(name, {.mode = OpenMode::existing}));
  }

  void write(std::uint64_t offset, std::string_view bytes, WriteOptions options = {}) {
    ASSERT_TRUE(ok(region_->write_at(offset, bytes_of_text(bytes), options)));
  }

  void close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// As if the process had ended here.
  void kill() { store_.reset(); }

  [[nodiscard]] std::uint64_t free_bytes() const { return store_->info()->free_bytes; }
  [[nodiscard]] StorageCounters counters() const { return store_->info()->counters; }

  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Region> region_;
};

/// What a region does on every medium.
class RegionOn : public RegionTest {};

/// What it does when its store is opened again; for media that are still there.
class RegionReopen : public RegionTest {
 protected:
  void reopen_after_close() {
    close();
    open();
  }
  void reopen_after_kill() {
    kill();
    open();
  }
};

}  // namespace holdfast::region_suites
