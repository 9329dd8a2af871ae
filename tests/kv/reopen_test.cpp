#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

constexpr int kReopenedKeys = 400;

std::string key_of(int i) { return "key " + std::to_string(i); }
std::string value_of(int i, unsigned round = 0) {
  return some_value(static_cast<std::size_t>(i * 7 % 600), static_cast<unsigned>(i) + round);
}

class KvRecords : public KvReopen {
 protected:
  /// Puts, overwrites and erasures: of every three keys one is new, one overwritten, one gone.
  void write_everything() {
    for (int i = 0; i < kReopenedKeys; ++i) put(key_of(i), value_of(i));
    for (int i = 1; i < kReopenedKeys; i += 3) put(key_of(i), value_of(i, 1));
    for (int i = 2; i < kReopenedKeys; i += 3) ASSERT_TRUE(says(true, space_->erase(key_of(i), kBuffered)));
    put("large", some_value(300'000));
  }

  void expect_everything() {
    for (int i = 0; i < kReopenedKeys; ++i) {
      if (i % 3 == 2) {
        EXPECT_TRUE(is_absent(*space_, key_of(i)));
      } else {
        EXPECT_TRUE(holds(*space_, key_of(i), value_of(i, i % 3 == 1 ? 1 : 0)));
      }
    }
    EXPECT_TRUE(holds(*space_, "large", some_value(300'000)));
    EXPECT_TRUE(has_size(*space_, kReopenedKeys - kReopenedKeys / 3 + 1));
    EXPECT_TRUE(store_->recovery().damage.empty());
    EXPECT_TRUE(store_->verify()->damage.empty());
  }
};
INSTANTIATE_TEST_SUITE_P(, KvRecords, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(KvRecords, AreAllThereAfterAClose) {
  write_everything();
  reopen_after_close();
  EXPECT_TRUE(store_->recovery().clean_close);
  EXPECT_EQ(store_->recovery().torn_tails, 0u);
  EXPECT_EQ(store_->recovery().dropped_records, 0u);
  expect_everything();
}

TEST_P(KvRecords, AreAllThereAfterAKill) {
  write_everything();
  reopen_after_kill();
  EXPECT_FALSE(store_->recovery().clean_close);
  EXPECT_EQ(store_->recovery().dropped_records, 0u);
  expect_everything();
}

TEST_P(KvRecords, AreAllThereAfterManySessions) {
  write_everything();
  for (int session = 0; session < 12; ++session) {
    session % 3 == 0 ? reopen_after_close() : reopen_after_kill();
    put("session", std::to_string(session));
    ASSERT_TRUE(says(true, space_->erase("session", kBuffered)));
  }
  expect_everything();
}

TEST_P(KvRecords, AreWrittenOnAfterAKill) {
  write_everything();
  reopen_after_kill();
  for (int i = 0; i < kReopenedKeys; ++i) put(key_of(i), value_of(i, 50));
  reopen_after_kill();
  for (int i = 0; i < kReopenedKeys; ++i) EXPECT_TRUE(holds(*space_, key_of(i), value_of(i, 50)));
}

TEST_P(KvRecords, WithOneRecoveryThreadAreTheSame) {
  write_everything();
  for (const std::uint32_t threads : {1u, 3u, 0u}) {
    options_.recovery_threads = threads;
    reopen_after_kill();
    expect_everything();
  }
}

TEST_P(KvRecords, OfFootersThatAreLostAreReadOneByOne) {
  for (int i = 0; i < 60; ++i)
    put(key_of(i), some_value(2'000, static_cast<unsigned>(i)));  // large enough for footers
  reopen_after_close();
  reopen_after_kill();
  for (int i = 0; i < 60; ++i)
    EXPECT_TRUE(holds(*space_, key_of(i), some_value(2'000, static_cast<unsigned>(i))));
  EXPECT_EQ(store_->recovery().records, 60u);
}

TEST_P(KvReopen, AnErasedKeyStaysGone) {
  put("key", "value");
  reopen_after_kill();
  ASSERT_TRUE(says(true, space_->erase("key")));
  for (int session = 0; session < 3; ++session) {
    reopen_after_kill();
    EXPECT_TRUE(is_absent(*space_, "key"));
    EXPECT_TRUE(has_size(*space_, 0));
    reopen_after_close();
    EXPECT_TRUE(is_absent(*space_, "key"));
  }
}

TEST_P(KvReopen, IdentityStaysAndTheEpochRises) {
  const StoreInfo first = *store_->info();
  EXPECT_EQ(first.uuid.size(), 36u);
  EXPECT_EQ(first.backend, options_.backend);
  EXPECT_EQ(first.segment_size_bytes, 65'536u);
  reopen_after_close();
  reopen_after_kill();
  EXPECT_EQ(store_->info()->uuid, first.uuid);
  EXPECT_EQ(store_->info()->epoch, first.epoch + 2);
}

TEST_P(KvReopen, TheSegmentSizeIsTheStoresNotTheOptions) {
  options_.segment_size_bytes = 1 << 20;
  reopen_after_close();
  EXPECT_EQ(store_->info()->segment_size_bytes, 65'536u);
}

TEST_P(KvReopen, RecoveryReportsWhatItRead) {
  for (int i = 0; i < 50; ++i) put(std::to_string(i), "value");
  reopen_after_close();
  const RecoveryReport& report = store_->recovery();
  EXPECT_EQ(report.records, 50u);
  EXPECT_EQ(report.segments, store_->spaces()->front().segment_count);
  EXPECT_GE(report.bytes, 50u * (48 + 6));
}

TEST_P(KvReopen, AStoreOpenedManyTimesWithoutAWriteDoesNotGrow) {
  put("key", "value");
  reopen_after_close();
  const StoreInfo before = *store_->info();
  for (int session = 0; session < 20; ++session)
    session % 2 == 0 ? reopen_after_kill() : reopen_after_close();
  EXPECT_EQ(store_->info()->size_bytes, before.size_bytes);
  EXPECT_EQ(store_->info()->free_bytes, before.free_bytes);
  EXPECT_TRUE(holds(*space_, "key", "value"));
}

}  // namespace
}  // namespace holdfast::kv_suites
