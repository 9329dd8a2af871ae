#include "kv_suites.hpp"

#include <map>
#include <vector>

namespace holdfast::kv_suites {
namespace {

std::vector<std::string> possible_names() {
  std::string every_byte;
  for (int byte = 1; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  return {"a",
          "A",
          "a/b",
          "a_b",
          "a b",
          "..",
          "/",
          "a\nb",
          "\xFF",
          "ä",
          "$catalog",
          std::string(1, '\0'),
          std::string("a\0b", 3),
          std::string("a\0", 2),
          every_byte,
          std::string(255, 'n'),
          std::string(254, 'n')};
}

TEST_P(Kv, SpaceNamesAreAny1To255Bytes) {
  for (const std::string& name : possible_names()) {
    auto named = space(name);
    EXPECT_EQ(named.name(), name);
    ASSERT_TRUE(ok(named.put("key", name)));
  }
  for (const std::string& name : possible_names()) EXPECT_TRUE(holds(space(name), "key", name));
}

TEST_P(Kv, NamesThatCannotBeAreInvalidArguments) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{256}, std::size_t{65'536}, std::size_t{70'000}}) {
    const auto opened = store_->kv(std::string(size, 'n'));
    ASSERT_TRUE(fails_with(ErrorCode::invalid_argument, opened)) << size;
    EXPECT_EQ(opened.error().expected, "1 to 255 bytes");
    EXPECT_EQ(opened.error().found, std::to_string(size));
  }
}

TEST_P(Kv, ExpectedKeysAreAHintThatChangesNoAnswer) {
  auto expecting = space("expecting", {.expected_keys = 100});
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(ok(expecting.put("key" + std::to_string(i), "value")));
  EXPECT_TRUE(has_size(space("expecting", {.expected_keys = 5}), 300));
  EXPECT_TRUE(holds(expecting, "key299", "value"));
}

TEST_P(Kv, MoreExpectedKeysThanAnIndexCanHoldAreAnInvalidArgument) {
  const auto opened = store_->kv("new", {.expected_keys = kExpectedKeysMax + 1});
  ASSERT_TRUE(fails_with(ErrorCode::invalid_argument, opened));
  EXPECT_EQ(opened.error().found, std::to_string(kExpectedKeysMax + 1));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("new", {.mode = OpenMode::existing})));
}

TEST_P(Kv, SpacesListsThemByName) {
  for (const char* name : {"zebra", "ant", "mole"}) static_cast<void>(space(name));
  const auto spaces = store_->spaces();
  ASSERT_TRUE(ok(spaces));
  std::vector<std::string> names;
  for (const SpaceInfo& info : *spaces) {
    names.push_back(info.name);
    EXPECT_EQ(info.kind, SpaceKind::kv);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"ant", "mole", "space", "zebra"}));
}

TEST_P(Kv, SpacesTellWhatTheyOwn) {
  put("key", "value");
  put("large", some_value(100'000));
  const auto spaces = store_->spaces();
  ASSERT_TRUE(ok(spaces));
  EXPECT_GE(spaces->front().segment_count, 2u);  // one of records, and the value's
  EXPECT_GE(spaces->front().size_bytes, 65'536u + 100'000u);
  EXPECT_NE(spaces->front().id, 0u);
}

TEST_P(KvReopen, SpaceNamesSurvive) {
  for (const std::string& name : possible_names()) ASSERT_TRUE(ok(space(name).put("key", name)));
  reopen_after_kill();
  for (const std::string& name : possible_names())
    EXPECT_TRUE(holds(space(name, {.mode = OpenMode::existing}), "key", name));
  reopen_after_close();
  EXPECT_EQ(store_->spaces()->size(), possible_names().size() + 1);
}

TEST_P(KvReopen, ANewSpaceIsThereAfterAKillEvenIfNothingWasPut) {
  static_cast<void>(space("empty"));
  reopen_after_kill();
  EXPECT_TRUE(ok(store_->kv("empty", {.mode = OpenMode::existing})));
}

TEST_P(KvReopen, ManySpacesSurvive) {
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(ok(space("space " + std::to_string(i)).put("key", std::to_string(i), kBuffered)));
  reopen_after_close();
  for (int i = 0; i < 60; ++i)
    EXPECT_TRUE(holds(space("space " + std::to_string(i)), "key", std::to_string(i)));
}

}  // namespace
}  // namespace holdfast::kv_suites
