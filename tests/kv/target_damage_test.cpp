// What one expects of a key-value store whose bytes were changed while it was closed.

#include <fstream>

#include "common/format/record.hpp"
#include "kv_suites.hpp"
#include "target_keys.hpp"

namespace holdfast::kv_suites {
namespace {

class KvTargetDamaged : public KvReopen {
 protected:
  /// Changes the medium of a store that is not open: `size` bytes from `distance` before the only place of
  /// `bytes` on.
  void change_at(std::string_view bytes, std::size_t distance, std::size_t size,
                 const std::function<char(char)>& change) {
    std::fstream file(directory_.store(), std::ios::binary | std::ios::in | std::ios::out);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    const std::size_t place = all.find(bytes);
    ASSERT_NE(place, std::string::npos);
    ASSERT_EQ(all.find(bytes, place + 1), std::string::npos) << "more than one place";
    file.clear();
    for (std::size_t i = 0; i < size; ++i) {
      file.seekp(static_cast<std::streamoff>(place - distance + i));
      file.put(change(all[place - distance + i]));
    }
    ASSERT_TRUE(file.flush().good());
  }

  void put_durably(unsigned first, unsigned end) {
    for (unsigned i = first; i < end; ++i)
      ASSERT_TRUE(ok(space_->put(key_of(i), "value of " + std::to_string(i) + "!")));
  }
};
INSTANTIATE_TEST_SUITE_P(, KvTargetDamaged,
                         ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(KvTargetDamaged, ADamagedValueIsReportedAndTheOthersAreThere) {
  put_durably(0, 20);
  close();
  change_at("value of 7!", 0, 1, [](char byte) { return static_cast<char>(byte ^ 1); });
  open();
  ASSERT_TRUE(store_.has_value());
  const auto report = store_->verify();
  ASSERT_TRUE(ok(report));
  const bool is_reported = !report->damage.empty() || !store_->recovery().damage.empty();
  EXPECT_TRUE(is_reported);
  const auto value = space_->get(key_of(7));
  if (value) {
    EXPECT_EQ(*value, std::nullopt) << "never another value";
  } else {
    EXPECT_EQ(value.error().code, ErrorCode::corruption);
    EXPECT_GT(value.error().offset, 0u);
    EXPECT_FALSE(value.error().path.empty());
  }
  for (unsigned i = 0; i < 20; ++i)
    EXPECT_TRUE(i == 7 || holds(*space_, key_of(i), "value of " + std::to_string(i) + "!"));
}

TEST_P(KvTargetDamaged, AZeroedHeaderHidesNothingBehindItAndLaterPutsStay) {
  put_durably(0, 20);
  kill();
  const std::string record = key_of(7) + "value of 7!";
  change_at(record, sizeof(RecordHeaderDisk), sizeof(RecordHeaderDisk), [](char) { return '\0'; });
  open();
  ASSERT_TRUE(store_.has_value());
  EXPECT_FALSE(store_->recovery().damage.empty()) << "it was durable";
  EXPECT_TRUE(is_absent(*space_, key_of(7)));
  const auto others_are_there = [&](unsigned end) {
    for (unsigned i = 0; i < end; ++i)
      EXPECT_TRUE(i == 7 || holds(*space_, key_of(i), "value of " + std::to_string(i) + "!")) << i;
  };
  others_are_there(20);
  put_durably(20, 40);
  for (int again = 0; again < 2; ++again) {
    reopen_after_kill();
    others_are_there(40);
  }
}

TEST_P(KvTargetDamaged, AZeroedHeaderAtTheEndIsACutOffWriteAndLaterPutsStay) {
  put_durably(0, 20);
  kill();
  const std::string record = key_of(19) + "value of 19!";
  change_at(record, sizeof(RecordHeaderDisk), sizeof(RecordHeaderDisk), [](char) { return '\0'; });
  open();
  ASSERT_TRUE(store_.has_value());
  EXPECT_TRUE(is_absent(*space_, key_of(19)));
  EXPECT_TRUE(has_size(*space_, 19));
  put_durably(20, 40);
  for (int again = 0; again < 2; ++again) {
    reopen_after_kill();
    for (unsigned i = 0; i < 40; ++i)
      EXPECT_TRUE(i == 19 || holds(*space_, key_of(i), "value of " + std::to_string(i) + "!")) << i;
    EXPECT_TRUE(has_size(*space_, 39));
  }
}

}  // namespace
}  // namespace holdfast::kv_suites
