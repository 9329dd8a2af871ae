#pragma once

#include <memory>
#include <optional>
#include <string>

#include <holdfast/testing/crash_storage.hpp>

#include "gated_storage.hpp"
#include "kv_fixture.hpp"

namespace holdfast {

using testing::CrashMedium;
using testing::MediumModel;

/// A store on a medium in memory in whose calls threads can be stopped: one where a single leader writes for
/// all, or one where each writer writes for itself.
class GatedKvTest : public ::testing::TestWithParam<MediumModel> {
 protected:
  GatedKvTest()
      : medium_(CrashMedium::create(
            {.model = GetParam(), .size_bytes = kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false})) {
    open();
  }

  void open() {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    auto opened =
        Store::open(std::make_unique<GatedStorage>(std::move(*storage)), {.segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto space = store_->kv("space");
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
  }

  void put(std::string_view key, std::string_view value) { ASSERT_TRUE(ok(space_->put(key, value))); }

  /// Puts large values until what was replaced has been taken away and its room, were it free, used again.
  void use_all_room() {
    int count = 0;
    while (space_->put("filler " + std::to_string(count), some_value(kLarge, 77))) ++count;
    ASSERT_GT(count, 8);
  }

  [[nodiscard]] Result<void> erase_in_batch(std::string_view key) {
    Batch batch;
    batch.erase(*space_, key);
    return store_->commit(batch);
  }

  /// Holds before and after the store is opened again.
  void expect_only(std::string_view key, std::optional<std::string_view> value) {
    for (int open_count = 0; open_count < 2; ++open_count) {
      EXPECT_TRUE(value ? holds(*space_, key, *value) : is_absent(*space_, key));
      EXPECT_TRUE(says(value.has_value(), space_->contains(key)));
      EXPECT_TRUE(has_size(*space_, value ? 1 : 0));
      store_.reset();
      open();
    }
  }

  static constexpr std::size_t kLarge = 1'000'000;  ///< Of a value; some fifteen fill the medium.

  std::shared_ptr<CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<Kv> space_;
};

[[nodiscard]] inline std::string model_name(const ::testing::TestParamInfo<MediumModel>& row) {
  return std::string(testing::name(row.param));
}

// Where a conditional write stops: the first look at the medium compares the key, the second reads the value.
inline constexpr int kHasReadTheValue = 2;

// Where a write stops: its record is on the medium; what it will replace it has not compared yet.
inline constexpr int kHasWrittenAndCompares = 1;

}  // namespace holdfast
