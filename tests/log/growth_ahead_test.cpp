// A large store grows before an append has to wait for it.

#include "contract/comes_true.hpp"
#include "log_suites.hpp"

namespace holdfast::log_suites {
namespace {

class GrowthAhead : public LogReopen {
 protected:
  static constexpr std::uint64_t kSize = 128 * kMiB;

  void SetUp() override {
    options_.size_bytes = kSize;
    options_.max_size_bytes = 4 * kSize;
    options_.segment_size_bytes = 2 * kMiB;
    open();
  }

  void append_large() {
    payloads_.push_back(some_value(256 << 10, static_cast<unsigned>(payloads_.size())));
    ASSERT_TRUE(is_id(payloads_.size(), stream_->append(payloads_.back(), kBuffered)));
  }
};
INSTANTIATE_TEST_SUITE_P(, GrowthAhead, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)), row_name);

TEST_P(GrowthAhead, IsThereWhileThereIsStillRoom) {
  for (auto info = store_->info(); info->size_bytes == kSize && info->free_bytes >= kSize / 8; info = store_->info())
    append_large();
  EXPECT_TRUE(comes_true([&] { return store_->info()->size_bytes > kSize; }));  // nobody appends meanwhile
  EXPECT_LT(store_->info()->size_bytes, 2 * kSize);
  while (payloads_.size() < 600) append_large();  // beyond what the store was made for
  ASSERT_TRUE(ok(store_->sync()));
  reopen_after_kill();
  EXPECT_TRUE(holds_all(*stream_, payloads_));
}

}  // namespace
}  // namespace holdfast::log_suites
