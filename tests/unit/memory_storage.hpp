#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "contract/storage_test_support.hpp"
#include "file/file_storage.hpp"

namespace holdfast {

/// A storage of zeros in memory, whose bytes a test may look at and damage.
[[nodiscard]] inline std::unique_ptr<Storage> memory_storage(std::uint64_t size_bytes = kMiB,
                                                             std::uint64_t max_size_bytes = 16 * kMiB) {
  auto storage = file::open_memory({.size_bytes = size_bytes, .max_size_bytes = max_size_bytes});
  EXPECT_TRUE(ok(storage));
  return storage ? std::move(*storage) : nullptr;
}

inline void flip_bit(Storage& storage, std::uint64_t offset, unsigned bit = 0) {
  const std::byte flipped = *storage.at(offset) ^ std::byte{static_cast<unsigned char>(1u << bit)};
  ASSERT_TRUE(ok(storage.write(offset, {&flipped, 1})));
}

template <class T>
[[nodiscard]] T read_object(const Storage& storage, std::uint64_t offset) {
  T object;
  std::memcpy(&object, storage.at(offset), sizeof object);
  return object;
}

template <class T>
void write_object(Storage& storage, std::uint64_t offset, const T& object) {
  ASSERT_TRUE(ok(storage.write(offset, std::as_bytes(std::span<const T, 1>(&object, 1)))));
}

}  // namespace holdfast
