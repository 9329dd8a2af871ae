#include "kv_suites.hpp"

#include <filesystem>
#include <thread>
#include <vector>

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, ASpaceIsCreatedWhereItIsAbsent) { EXPECT_TRUE(ok(store_->kv("new"))); }

TEST_P(Kv, ASpaceThatMustExistIsNotCreated) {
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("new", {.mode = OpenMode::existing})));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("new", {.mode = OpenMode::read_only})));
  EXPECT_EQ(store_->spaces()->size(), 1u);
  EXPECT_TRUE(ok(store_->kv("space", {.mode = OpenMode::existing})));
}

TEST_P(Kv, ASpaceThatMustBeNewIsNotOpened) {
  EXPECT_TRUE(fails_with(ErrorCode::exists, store_->kv("space", {.mode = OpenMode::create})));
  EXPECT_TRUE(ok(store_->kv("new", {.mode = OpenMode::create})));
}

TEST_P(Kv, ManyThreadsOpenOneSpace) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        auto opened = store_->kv("space " + std::to_string(i));
        ASSERT_TRUE(ok(opened));
        EXPECT_TRUE(ok(opened->put(std::to_string(thread), "value", kBuffered)));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(has_size(space("space " + std::to_string(i)), 4));
}

TEST_P(KvReopen, AStoreThatMustExistIsNotCreatedAndOneThatMustBeNewNotOpened) {
  kill();
  options_.mode = OpenMode::create;
  EXPECT_TRUE(fails_with(ErrorCode::exists, Store::open(directory_.store(), options_)));
  options_.mode = OpenMode::existing;
  const auto absent = Store::open(directory_.path() / "absent", options_);
  EXPECT_TRUE(fails_with(ErrorCode::not_found, absent));
  EXPECT_EQ(absent.error().path, directory_.path() / "absent");
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "absent"));
}

TEST_P(KvReopen, ASecondOpenIsRefused) {
  EXPECT_TRUE(fails_with(ErrorCode::locked, Store::open(directory_.store(), options_)));
}

/// Opened read-only on what a writer has left.
class ReadOnlyKv : public KvReopen {
 protected:
  void open_read_only() {
    options_.mode = OpenMode::read_only;
    space_.reset();
    open();
    auto opened = store_->kv("space");
    ASSERT_TRUE(ok(opened));
    space_.emplace(std::move(*opened));
  }
};
INSTANTIATE_TEST_SUITE_P(, ReadOnlyKv, ::testing::ValuesIn(backends_where(&StorageCapabilities::has_path)),
                         row_name);

TEST_P(ReadOnlyKv, EveryWriteIsRefusedAndReadsGoOn) {
  put("key", "value");
  close();
  open_read_only();
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->put("key", "another")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->put("large", some_value(200'000))));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->erase("key")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->compare_and_set("key", "value", "another")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->put_if_absent("new", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->exchange("key", "another")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->update("key", [](auto) { return "another"; })));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->add("new", 1)));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->put_async("key", "another")));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, space_->erase_async("key")));
  EXPECT_TRUE(
      fails_with(ErrorCode::read_only, space_->multi_put(std::vector<KvEntry>{{"key", "another"}, {"new", "value"}})));
  EXPECT_TRUE(fails_with(ErrorCode::read_only, store_->sync()));
  Batch batch;
  batch.put(*space_, "key", "another");
  EXPECT_TRUE(fails_with(ErrorCode::read_only, store_->commit(batch)));
  EXPECT_TRUE(fails_with(ErrorCode::not_found, store_->kv("new")));
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_TRUE(ok(store_->close()));
}

TEST_P(ReadOnlyKv, WhatWritesNothingIsAnswered) {
  put("key", "value");
  close();
  open_read_only();
  EXPECT_TRUE(says(false, space_->erase("absent")));
  EXPECT_TRUE(says(false, space_->compare_and_set("key", "another", "new")));
  EXPECT_TRUE(says(false, space_->put_if_absent("key", "new")));
  EXPECT_TRUE(ok(space_->exchange("absent", std::nullopt)));
  EXPECT_TRUE(ok(space_->update("absent", [](auto) { return std::nullopt; })));
  EXPECT_TRUE(ok(space_->multi_put({})));
}

TEST_P(ReadOnlyKv, ACrashedStoreIsReadAsItIs) {
  for (int i = 0; i < 500; ++i) put(std::to_string(i), some_value(200, static_cast<unsigned>(i)));
  put("large", some_value(300'000));
  kill();
  open_read_only();
  EXPECT_FALSE(store_->recovery().clean_close);
  for (int i = 0; i < 500; ++i)
    EXPECT_TRUE(holds(*space_, std::to_string(i), some_value(200, static_cast<unsigned>(i))));
  EXPECT_TRUE(holds(*space_, "large", some_value(300'000)));
  int visits = 0;
  EXPECT_TRUE(ok(space_->scan("", [&](std::string_view, std::string_view) { return ++visits > 0; })));
  EXPECT_EQ(visits, 501);
  EXPECT_TRUE(store_->verify()->damage.empty());
}

TEST_P(ReadOnlyKv, ReadersRaiseNothing) {
  put("key", "value");
  close();
  open();
  const std::uint32_t epoch = store_->info()->epoch;
  close();
  open_read_only();
  EXPECT_EQ(store_->info()->epoch, epoch);
  close();
  options_.mode = OpenMode::existing;
  open();
  EXPECT_EQ(store_->info()->epoch, epoch + 1);
}

TEST_P(ReadOnlyKv, TwoReadersMayBeAtWork) {
  put("key", "value");
  close();
  open_read_only();
  const auto second = Store::open(directory_.store(), options_);
  EXPECT_TRUE(ok(second));
}

}  // namespace
}  // namespace holdfast::kv_suites
