// The command line's text forms, apart from any store.

#include <gtest/gtest.h>

#include "cli/base64.hpp"
#include "cli/durations.hpp"
#include "cli/escape.hpp"
#include "cli/kv_stream.hpp"
#include "cli/sizes.hpp"
#include "cli/utf8.hpp"

namespace holdfast::cli {
namespace {

TEST(Sizes, LettersArePowersOf1024) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("12B"), 12u);
  EXPECT_EQ(parse_size("64K"), 64u << 10);
  EXPECT_EQ(parse_size("64k"), 64u << 10);
  EXPECT_EQ(parse_size("64MiB"), 64u << 20);
  EXPECT_EQ(parse_size("1GiB"), 1u << 30);
  EXPECT_EQ(parse_size("16777215T"), 0xFFFFFFull << 40);
}

TEST(Sizes, EverythingElseIsNone) {
  for (const char* text : {"", "12Q", "-1", "+1", " 1", "1 ", "1.5G", "MiB", "64MB", "64Mi", "64MiBs", "0x10",
                           "16777216T", "18446744073709551616"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Sizes, FormatTakesTheLargestUnit) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(64u << 20), "64 MiB");
  EXPECT_EQ(format_size(3u << 29), "1.5 GiB");
}

TEST(Durations, ABareNumberIsSeconds) {
  EXPECT_EQ(parse_duration("0"), std::chrono::seconds(0));
  EXPECT_EQ(parse_duration("200ms"), std::chrono::milliseconds(200));
  EXPECT_EQ(parse_duration("10"), std::chrono::seconds(10));
  EXPECT_EQ(parse_duration("10s"), std::chrono::seconds(10));
  EXPECT_EQ(parse_duration("5min"), std::chrono::minutes(5));
  EXPECT_EQ(parse_duration("12h"), std::chrono::hours(12));
  EXPECT_EQ(parse_duration("7d"), std::chrono::hours(7 * 24));
}

TEST(Durations, EverythingElseIsNone) {
  for (const char* text :
       {"", "s", "-1", "+1", " 1", "1 s", "1.5s", "2x", "2m", "99999999999", "18446744073709551616"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Utf8, OnlyWhatTheStandardAllows) {
  for (const char* text : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text)) << text;
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  for (const char* text : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xFF", "\xF0\x9F\x98", "ok\xC3(", "\xF0\x80\x80\x80"})
    EXPECT_FALSE(is_utf8(text)) << text;
}

TEST(Escape, OneLineThatCannotBeFaked) {
  EXPECT_EQ(escape("plain \xE2\x82\xAC"), "plain \xE2\x82\xAC");
  EXPECT_EQ(escape("a\\x41"), "a\\\\x41");
  EXPECT_EQ(escape(std::string_view("\0\n\t\x7f\x1b", 5)), "\\x00\\x0a\\x09\\x7f\\x1b");
  EXPECT_EQ(escape("\xFF\xC3"), "\\xff\\xc3");
  EXPECT_EQ(escape("\xC2\x85"), "\\xc2\\x85");           // a C1 control
  EXPECT_EQ(escape("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // turns the text around
  EXPECT_EQ(escape("a\nb\x1b", Keep::line_breaks), "a\nb\\x1b");
}

TEST(Base64, ThereAndBack) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  std::string bytes;
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << i;
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Base64, OneTextForEachBytes) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v!", "Z=9v", "====", "Zm9vZg=a", "Zm9v\n"})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

TEST(KvStream, ALineKeepsAnyBytes) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& key :
       {std::string("k"), std::string("\xE2\x82\xAC\"\n"), std::string("\0", 1), bytes}) {
    const std::string line = format_entry(key, bytes + key);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto entry = parse_entry(line);
    ASSERT_TRUE(entry.has_value()) << line;
    EXPECT_EQ(entry->key, key);
    EXPECT_EQ(entry->value, bytes + key);
  }
}

}  // namespace
}  // namespace holdfast::cli
