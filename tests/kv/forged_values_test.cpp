// Records that prove themselves and whose values contradict themselves: corruption of their keys, and of nothing else.

#include <cstring>

#include "common/base/compression.hpp"
#include "kv/kv_space.hpp"
#include "common/engine/stored_value.hpp"
#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

class KvForged : public KvReopen {
 protected:
  KvForged() { options_.sweep_interval_ms = 0; }

  /// Leaves a record with those flags and that payload as the present one of "key" behind a kill.
  void forge(std::uint8_t flags, std::string_view payload) {
    {
      const auto engine = kv::space_of(*space_).gate()->enter();
      WriteEntry entry{.space = engine->find_space("space"),
                       .draft = {.type = RecordType::put,
                                 .flags = flags,
                                 .version = engine->next_versions(1),
                                 .key = "key",
                                 .payload = payload}};
      ASSERT_TRUE(ok(engine->write({&entry, 1}, Durability::immediate)));
    }
    space_.reset();
    reopen_after_kill();
  }

  void expect_corruption_of_the_value() {
    const ByteRange record = kv::space_of(*space_).placements("key").empty()
                                 ? ByteRange{}
                                 : kv::space_of(*space_).placements("key").front();
    const auto found = space_->get("key");
    ASSERT_TRUE(fails_with(ErrorCode::corruption, found));
    if (record.size_bytes != 0) {
      EXPECT_EQ(found.error().offset, record.offset);
    }
    EXPECT_FALSE(found.error().expected.empty());
    EXPECT_FALSE(found.error().found.empty());
    char buffer[100];
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->get_into("key", buffer)));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->view("key")));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->multi_get(std::vector<std::string_view>{"other", "key"})));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->scan("", [](auto, auto) { return true; })));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->snapshot()->get("key")));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->exchange("key", "new")));
    EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->set_ttl("key", 1)));
    EXPECT_TRUE(holds(*space_, "other", "stays"));
    EXPECT_TRUE(has_size(*space_, 2));
    put("key", "repaired");
    EXPECT_TRUE(holds(*space_, "key", "repaired"));
    EXPECT_TRUE(has_size(*space_, 2));
  }
};
INSTANTIATE_TEST_SUITE_P(, KvForged, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

std::string number(std::uint64_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

std::string packed(std::string_view value) {
  std::vector<std::byte> bytes;
  EXPECT_TRUE(compress({reinterpret_cast<const std::byte*>(value.data()), value.size()}, bytes));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST_P(KvForged, SizesOfCompressedValuesAreNotBelieved) {
  const std::string value(5'000, 'v');
  const std::string block = packed(value);
  put("other", "stays");
  forge(kRecordFlagCompressed, number(value.size()) + block);
  EXPECT_TRUE(holds(*space_, "key", value));  // the forger's hand is steady
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{4'999}, std::uint64_t{5'001}, std::uint64_t{0xFFFF'FFFF},
                                   std::uint64_t{1} << 32, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    SCOPED_TRACE(size);
    forge(kRecordFlagCompressed, number(size) + block);
    expect_corruption_of_the_value();
  }
}

TEST_P(KvForged, CompressedValuesThatAreNoBlockAreRefused) {
  put("other", "stays");
  const std::string block = packed(std::string(5'000, 'v'));
  for (const std::string& payload :
       {std::string(), std::string("short"), number(5'000), number(5'000) + block.substr(0, block.size() - 1),
        number(5'000) + std::string(block.size(), '\xFF'), number(30'000) + std::string(30'000, 'x')}) {
    SCOPED_TRACE(payload.size());
    forge(kRecordFlagCompressed, payload);
    expect_corruption_of_the_value();
  }
}

TEST_P(KvForged, TimesOfExpiryThatAreTooShortOrTooLateAreRefused) {
  put("other", "stays");
  for (const std::string& payload : {std::string(), std::string("7 bytes"), number(kTimeUsMax + 1) + "value",
                                     number(~std::uint64_t{0}) + "value"}) {
    for (const std::uint8_t more : {std::uint8_t{0}, kRecordFlagCompressed, kRecordFlagValueParts}) {
      SCOPED_TRACE(payload.size());
      forge(static_cast<std::uint8_t>(kRecordFlagExpires | more), payload);
      EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->contains("key")));
      EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->erase("key")));
      EXPECT_TRUE(fails_with(ErrorCode::corruption, space_->expires_at_us("key")));
      expect_corruption_of_the_value();
    }
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
