#include "common/engine/write_stage.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "property.hpp"

namespace holdfast {
namespace {

std::span<const std::byte> bytes_of_text(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(const WriteRange& range) {
  return {reinterpret_cast<const char*>(range.bytes.data()), range.bytes.size()};
}

TEST(WriteStage, IsEmptyUntilSomethingIsStaged) {
  WriteStage stage;
  EXPECT_TRUE(stage.empty());
  EXPECT_TRUE(stage.ranges().empty());
  stage.copy(0, bytes_of_text("a"));
  EXPECT_FALSE(stage.empty());
}

TEST(WriteStage, MergesCopiesThatTouch) {
  WriteStage stage;
  stage.copy(100, bytes_of_text("abc"));
  stage.copy(103, bytes_of_text("def"));
  ASSERT_EQ(stage.ranges().size(), 1u);
  EXPECT_EQ(stage.ranges()[0].offset, 100u);
  EXPECT_EQ(text_of(stage.ranges()[0]), "abcdef");
}

TEST(WriteStage, KeepsApartWhatDoesNotTouch) {
  WriteStage stage;
  stage.copy(100, bytes_of_text("abc"));
  stage.copy(104, bytes_of_text("def"));
  stage.copy(90, bytes_of_text("0123456789"));  // touches the first, but comes later
  ASSERT_EQ(stage.ranges().size(), 3u);
  EXPECT_EQ(text_of(stage.ranges()[1]), "def");
  EXPECT_EQ(stage.ranges()[2].offset, 90u);
}

TEST(WriteStage, BorrowsWithoutCopying) {
  WriteStage stage;
  const std::string mine(100, 'm');
  stage.copy(0, bytes_of_text("head"));
  stage.borrow(4, bytes_of_text(mine));
  stage.copy(104, bytes_of_text("tail"));
  const auto ranges = stage.ranges();
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(static_cast<const void*>(ranges[1].bytes.data()), static_cast<const void*>(mine.data()));
  EXPECT_EQ(text_of(ranges[0]), "head");
  EXPECT_EQ(text_of(ranges[2]), "tail");
}

TEST(WriteStage, WhatWasStagedStaysRightWhileItsMemoryGrows) {
  WriteStage stage;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    stage.copy(i * 100, bytes_of_text(std::string(50, static_cast<char>('a' + i % 26))));
  const auto ranges = stage.ranges();
  ASSERT_EQ(ranges.size(), 1'000u);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    EXPECT_EQ(text_of(ranges[i]), std::string(50, static_cast<char>('a' + i % 26)));
}

TEST(WriteStage, ForgetsWhenCleared) {
  WriteStage stage;
  stage.copy(0, bytes_of_text(std::string(10 << 20, 'x')));
  stage.clear();
  EXPECT_TRUE(stage.empty());
  stage.copy(7, bytes_of_text("new"));
  ASSERT_EQ(stage.ranges().size(), 1u);
  EXPECT_EQ(stage.ranges()[0].offset, 7u);
  EXPECT_EQ(text_of(stage.ranges()[0]), "new");
}

TEST(WriteStage, WritesWhatWasStagedInOrder) {
  check_property(200, [] {
    const auto pieces = *rc::gen::container<std::vector<std::pair<std::uint8_t, std::string>>>(
        rc::gen::pair(rc::gen::arbitrary<std::uint8_t>(), rc::gen::arbitrary<std::string>()));
    WriteStage stage;
    std::map<std::uint64_t, char> expected;
    std::uint64_t next = 0;
    for (const auto& [gap, text] : pieces) {
      const std::uint64_t offset = next + gap % 3;
      gap % 2 == 0 ? stage.copy(offset, bytes_of_text(text)) : stage.borrow(offset, bytes_of_text(text));
      for (std::size_t i = 0; i < text.size(); ++i) expected[offset + i] = text[i];
      next = offset + text.size();
    }
    std::map<std::uint64_t, char> written;
    for (const WriteRange& range : stage.ranges())
      for (std::size_t i = 0; i < range.bytes.size(); ++i)
        written[range.offset + i] = static_cast<char>(range.bytes[i]);
    RC_ASSERT(written == expected);
  });
}

}  // namespace
}  // namespace holdfast
