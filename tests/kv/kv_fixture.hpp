#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include <holdfast/holdfast.hpp>

#include "kv_assertions.hpp"

namespace holdfast {

inline constexpr WriteOptions kBuffered{.durability = Durability::buffered};

/// How Store::open is asked for the medium of a row.
[[nodiscard]] inline Backend backend_of(BackendRow row) {
  if (row->name == "memory") return Backend::memory;
  return row->name == "pmem" ? Backend::pmem : Backend::file;
}

/// A value of `size` bytes that differs by seed and place; its first byte is the seed.
[[nodiscard]] inline std::string some_value(std::size_t size, unsigned seed = 0) {
  std::string value;
  for (std::size_t block = 0; value.size() < size; ++block) {
    value.push_back(static_cast<char>(seed));
    value.append(std::to_string(seed * std::size_t{7'919} + block));
    value.append(1'000, static_cast<char>('a' + (seed + block) % 26));
  }
  value.resize(size);
  return value;
}

/// A small store on the row's medium with one space.
class KvTest : public ::testing::TestWithParam<BackendRow> {
 protected:
  KvTest() : directory_(GetParam()->root) {
    options_.backend = backend_of(GetParam());
    options_.emulate_pmem = true;
    options_.size_bytes = kTestSizeBytes;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 2;
  }

  void SetUp() override { open(); }

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    if (options_.mode != OpenMode::read_only) space_.emplace(space("space"));
  }

  [[nodiscard]] Kv space(std::string_view name, KvOptions options = {}) {
    auto opened = store_->kv(name, options);
    if (!opened) throw std::runtime_error(opened.error().to_string());  // ends the test
    return std::move(*opened);
  }

  void close() {
    ASSERT_TRUE(ok(store_->close()));
    store_.reset();
  }

  /// As if the process had ended here.
  void kill() { store_.reset(); }

  void put(std::string_view key, std::string_view value) {
    ASSERT_TRUE(ok(space_->put(key, value, kBuffered)));
  }

  TestDirectory directory_;
  Options options_;
  std::optional<Store> store_;
  std::optional<Kv> space_;
};

}  // namespace holdfast
