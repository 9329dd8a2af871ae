#pragma once

#include <map>
#include <string>

#include "fake_clock.hpp"
#include "kv_fixture.hpp"

namespace holdfast {

/// A small store whose time the test makes, and whose expired keys nobody sweeps away unless the test says so.
class TtlTest : public KvTest {
 protected:
  TtlTest() {
    options_.clock = clock_.function();
    options_.sweep_interval_ms = 0;
  }

  void put_for(std::string_view key, std::string_view value, std::uint64_t ttl_ms) {
    ASSERT_TRUE(ok(space_->put(key, value, {.durability = Durability::buffered, .ttl_ms = ttl_ms})));
  }

  /// Absent for every call that looks at one key.
  void expect_gone(std::string_view key) {
    EXPECT_TRUE(is_absent(*space_, key));
    EXPECT_TRUE(says(false, space_->contains(key)));
    const auto viewed = space_->view(key);
    ASSERT_TRUE(ok(viewed));
    EXPECT_FALSE(viewed->has_value());
    char buffer[8];
    const auto size = space_->get_into(key, buffer);
    ASSERT_TRUE(ok(size));
    EXPECT_FALSE(size->has_value());
    const auto many = space_->multi_get(std::vector<std::string_view>{key});
    ASSERT_TRUE(ok(many));
    EXPECT_FALSE(many->front().has_value());
    const auto time = space_->expires_at_us(key);
    ASSERT_TRUE(ok(time));
    EXPECT_FALSE(time->has_value());
  }

  [[nodiscard]] std::map<std::string, std::string> scanned() const {
    std::map<std::string, std::string> found;
    EXPECT_TRUE(ok(space_->scan("", [&](std::string_view key, std::string_view value) {
      EXPECT_TRUE(found.emplace(key, value).second);
      return true;
    })));
    return found;
  }

  FakeClock clock_;
};

}  // namespace holdfast
