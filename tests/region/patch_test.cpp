// Writes that overlap, byte by byte beside a string.

#include "region/patch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace holdfast::region {
namespace {

constexpr char kNothing = '.';

std::string drawn(const Patch& patch, std::size_t size) {
  std::string text(size, kNothing);
  for (const auto& [offset, piece] : patch.pieces())
    for (std::uint64_t i = 0; i < piece.size_bytes; ++i) {
      EXPECT_EQ(text.at(offset + i), kNothing) << "twice: " << offset + i;
      text[offset + i] = piece.bytes == nullptr ? '0' : static_cast<char>(piece.bytes[i]);
    }
  return text;
}

TEST(Patch, TheLaterWriteCounts) {
  constexpr std::size_t kSize = 60;
  std::mt19937 random(4);
  for (int round = 0; round < 400; ++round) {
    Patch patch;
    std::string expected(kSize, kNothing);
    std::vector<std::string> kept(12);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t offset = random() % kSize;
      kept[i].assign(random() % (kSize - offset + 1), static_cast<char>('a' + i));
      patch.add(offset, std::as_bytes(std::span(kept[i])));
      expected.replace(offset, kept[i].size(), kept[i]);
    }
    ASSERT_EQ(drawn(patch, kSize), expected);
    const std::size_t begin = random() % kSize;
    patch.fill_gaps_from(begin);
    for (std::size_t i = begin; i < patch.end(); ++i)
      if (expected[i] == kNothing) expected[i] = '0';
    ASSERT_EQ(drawn(patch, kSize), expected);
  }
}

TEST(Patch, WithoutBytesIsEmpty) {
  Patch patch;
  patch.add(7, {});
  patch.fill_gaps_from(0);
  EXPECT_TRUE(patch.pieces().empty());
  EXPECT_EQ(patch.end(), 0u);
}

}  // namespace
}  // namespace holdfast::region
