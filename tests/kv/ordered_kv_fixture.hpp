#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kv_fixture.hpp"

namespace holdfast {

inline const KvOptions kOrdered{.settings = {.ordered = true}};

/// A small store with one space more, an ordered one.
class OrderedKvTest : public KvTest {
 protected:
  void SetUp() override { open_all(); }

  void open_all() {
    open();
    ordered_.emplace(space("ordered", kOrdered));
  }

  void put_ordered(std::string_view key, std::string_view value) { ASSERT_TRUE(ok(ordered_->put(key, value, kBuffered))); }
  void erase_ordered(std::string_view key) { ASSERT_TRUE(says(true, ordered_->erase(key, kBuffered))); }

  std::optional<Kv> ordered_;
};

using Entries = std::vector<std::pair<std::string, std::string>>;

/// What a whole walk of `cursor` shows, in its order.
[[nodiscard]] inline Entries walked(KvCursor& cursor) {
  Entries found;
  auto stands = cursor.seek_first();
  for (; stands && *stands; stands = cursor.next()) {
    const auto value = cursor.value();
    EXPECT_TRUE(ok(value));
    found.emplace_back(cursor.key(), value.value_or("(an error)"));
  }
  EXPECT_TRUE(ok(stands));
  return found;
}

/// The same from its end.
[[nodiscard]] inline Entries walked_back(KvCursor& cursor) {
  Entries found;
  auto stands = cursor.seek_last();
  for (; stands && *stands; stands = cursor.previous()) found.emplace_back(cursor.key(), cursor.value().value());
  EXPECT_TRUE(ok(stands));
  return found;
}

/// What Kv::range or KvSnapshot::range shows, in its order.
template <class Source>
[[nodiscard]] Entries ranged(const Source& source, const KvRange& range = {}) {
  Entries found;
  EXPECT_TRUE(ok(source.range(range, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  })));
  return found;
}

[[nodiscard]] inline Entries reversed(Entries entries) { return {entries.rbegin(), entries.rend()}; }

}  // namespace holdfast
