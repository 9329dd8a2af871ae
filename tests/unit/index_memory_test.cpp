// The estimates by which indexes are counted are held against what they really take.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "common/index/hash_index.hpp"
#include "common/index/index_memory.hpp"
#include "counted_allocations.hpp"
#include "kv/expiry_queue.hpp"
#include "kv/index_cost.hpp"
#include "kv/ordered_index.hpp"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

/// What the kernel says of the mapping that `address` lies in (proc(5), VmFlags).
std::string flags_of(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool is_inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2) is_inside = begin <= wanted && wanted < end;
    if (is_inside && line.starts_with("VmFlags:")) return line + ' ';
  }
  return "";
}

TEST(IndexMemory, WhatIsLargeLiesOnHugePages) {
  if (!fs::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has no huge pages to give";
  for (const std::size_t size_bytes : {std::size_t{8} << 20, std::size_t{100'000'000}}) {
    void* const memory = IndexMemory::allocate(size_bytes);
    ASSERT_NE(memory, nullptr);
    const std::byte* const middle = static_cast<std::byte*>(memory) + size_bytes / 2;
    EXPECT_NE(flags_of(middle).find(" hg "), std::string::npos) << flags_of(middle);
    IndexMemory::free(memory);
  }
}

TEST(IndexMemory, WhatNoMemoryCanHoldIsRefused) {
  EXPECT_EQ(IndexMemory::allocate(std::numeric_limits<std::size_t>::max() - 100), nullptr);
  EXPECT_EQ(IndexMemory::allocate(std::size_t{1} << 60), nullptr);
  EXPECT_THROW(static_cast<void>(IndexPoolAllocator<std::uint64_t>().allocate(std::size_t{1} << 62)), std::bad_alloc);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they allocate otherwise

// Right behind a doubling of the buckets it takes most for a key. In one part, as it grows, and in parts that were made large
// enough, as it is built when a store is opened.
TEST(IndexMemory, AHashEntryTakesNoMoreThanItsEstimate) {
  for (const bool lies_in_parts : {false, true}) {
    for (const std::uint64_t count : {(std::uint64_t{1} << 20) + 1'000, std::uint64_t{1'500'000}}) {
      const CountedAllocations allocations;
      HashIndex index;
      if (lies_in_parts) index.reserve(count);
      for (std::uint64_t i = 0; i < count; ++i) {
        IndexSlots seen;
        const std::uint64_t hash = (i + 1) * 0x9E37'79B9'7F4A'7C15;  // spread, and all different
        ASSERT_TRUE(index.replace(hash, seen, std::nullopt, {.location = {1, 1}, .version = i + 1}));
      }
      EXPECT_EQ(index.part_count() > 1, lies_in_parts);
      const auto taken = static_cast<double>(allocations.bytes());
      const double estimate = static_cast<double>(count) * kv::kHashEntryBytes;
      EXPECT_LE(taken, estimate * 1.05);
      EXPECT_GE(taken, estimate * 0.5);
    }
  }
}

TEST(IndexMemory, AnOrderedEntryTakesNoMoreThanItsEstimate) {
  for (const std::size_t size : {std::size_t{8}, std::size_t{100}, std::size_t{1'000}}) {
    kv::OrderedIndex index([] { return std::optional<std::uint64_t>(); });
    const std::uint64_t before = index.size_bytes();
    constexpr std::uint64_t kCount = 10'000;
    for (std::uint64_t i = 0; i < kCount; ++i) {
      std::string key = std::to_string(10'000'000 + i * 7'919 % kCount);
      key.resize(size, 'x');
      index.add(key, i + 1);
    }
    const std::uint64_t taken = index.size_bytes() - before;
    const std::uint64_t estimate = kCount * (kv::kOrderedEntryBytes + size);
    EXPECT_LE(taken, estimate);
    EXPECT_GE(taken, estimate / 2);
  }
}

TEST(IndexMemory, AnExpiryTakesNoMoreThanItsEstimate) {
  constexpr std::uint64_t kCount = 20'000;
  kv::ExpiryQueue queue;
  const std::size_t before = mallinfo2().uordblks;
  for (std::uint64_t i = 0; i < kCount; ++i)
    queue.add(kv::ExpiryQueue::make({.expires_us = i * 7'919 % kCount, .version = i, .hash = i}));
  const std::size_t taken = mallinfo2().uordblks - before;
  EXPECT_LE(taken, kCount * kv::kExpiryEntryBytes * 101 / 100);  // a hole that is a little too large is used as a whole
  EXPECT_GE(taken, kCount * kv::kExpiryEntryBytes / 2);
}

#endif

}  // namespace
}  // namespace holdfast
