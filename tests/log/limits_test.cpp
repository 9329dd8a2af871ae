#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

/// Bytes that claim a size and are not there: whoever reads them dies.
std::string_view unreadable(std::uint64_t size_bytes) {
  return {reinterpret_cast<const char*>(std::uintptr_t{64}), size_bytes};
}

TEST_P(Log, APayloadBeyondFourGibibytesIsTooLargeAndNotRead) {
  for (const std::uint64_t size : {std::uint64_t{1} << 32, ~std::uint64_t{0} >> 1}) {
    const auto appended = stream_->append(unreadable(size));
    ASSERT_TRUE(fails_with(ErrorCode::too_large, appended));
    EXPECT_EQ(appended.error().expected, "at most 4294967295 bytes");
    EXPECT_EQ(appended.error().found, std::to_string(size));
    EXPECT_TRUE(fails_with(ErrorCode::too_large, stream_->append_async(unreadable(size))));
    const std::vector<std::string_view> payloads{"fits", unreadable(size)};
    EXPECT_TRUE(fails_with(ErrorCode::too_large, stream_->append_batch(payloads)));
  }
  EXPECT_TRUE(is_id(1, stream_->next_id()));
}

TEST_P(Log, StreamNamesAreAny1To255Bytes) {
  const std::vector<std::string> names{"a",
                                       "a/b",
                                       "a_b",
                                       "..",
                                       "/",
                                       "\xFF",
                                       std::string(1, '\0'),
                                       std::string("a\0b", 3),
                                       std::string(255, 'n'),
                                       std::string(254, 'n')};
  for (const std::string& name : names) {
    auto named = stream(name);
    EXPECT_EQ(named.name(), name);
    ASSERT_TRUE(is_id(1, named.append(name)));
  }
  for (const std::string& name : names) EXPECT_TRUE(holds_all(stream(name), {name}));
  for (const std::size_t size : {std::size_t{0}, std::size_t{256}})
    EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, store_->log(std::string(size, 'n'))));
}

}  // namespace
}  // namespace holdfast::log_suites
