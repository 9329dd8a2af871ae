// The first sync that fails ends writing, for everybody and for ever, and nothing acknowledged is lost.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "kv/kv_assertions.hpp"

namespace holdfast {
namespace {

using testing::CrashMedium;
using testing::MediumModel;

class FailedSync : public ::testing::Test {
 protected:
  FailedSync() { open(); }

  void open() {
    auto storage = medium_->open();
    ASSERT_TRUE(ok(storage));
    auto opened = Store::open(std::move(*storage), {.segment_size_bytes = 64 << 10});
    ASSERT_TRUE(ok(opened));
    store_.emplace(std::move(*opened));
    auto space = store_->kv("space");
    ASSERT_TRUE(ok(space));
    space_.emplace(std::move(*space));
    ASSERT_TRUE(ok(space_->put("kept", "value")));
  }

  void expect_latched() {
    EXPECT_TRUE(fails_with(ErrorCode::io, space_->put("kept", "another")));
    EXPECT_TRUE(fails_with(ErrorCode::io, space_->put("k", "v", {.durability = Durability::buffered})));
    EXPECT_TRUE(fails_with(ErrorCode::io, space_->erase("kept")));
    EXPECT_TRUE(fails_with(ErrorCode::io, store_->sync()));
    EXPECT_TRUE(fails_with(ErrorCode::io, store_->kv("new")));
    EXPECT_TRUE(holds(*space_, "kept", "value"));
  }

  std::shared_ptr<CrashMedium> medium_ = CrashMedium::create(
      {.model = MediumModel::pages, .size_bytes = kMiB, .max_size_bytes = 16 * kMiB, .keeps_log = false});
  std::optional<Store> store_;
  std::optional<Kv> space_;
};

TEST_F(FailedSync, OfAPutIsItsAnswerAndEveryLaterOne) {
  medium_->set_faults({.failing_sync = 1});
  EXPECT_TRUE(fails_with(ErrorCode::io, space_->put("kept", "lost")));
  expect_latched();
  EXPECT_TRUE(fails_with(ErrorCode::io, store_->close()));
}

TEST_F(FailedSync, OfASyncIsItsAnswerAndEveryLaterOne) {
  ASSERT_TRUE(ok(space_->put("buffered", "value", {.durability = Durability::buffered})));
  medium_->set_faults({.failing_sync = 1});
  EXPECT_TRUE(fails_with(ErrorCode::io, store_->sync()));
  expect_latched();
}

TEST_F(FailedSync, InTheBackgroundIsTheAnswerOfTheNextWrite) {
  store_.reset();
  auto storage = medium_->open();
  ASSERT_TRUE(ok(storage));
  auto opened = Store::open(std::move(*storage), {.interval_ms = 1});
  ASSERT_TRUE(ok(opened));
  store_.emplace(std::move(*opened));
  auto space = store_->kv("space");
  ASSERT_TRUE(ok(space));
  medium_->set_faults({.failing_sync = 1});
  ASSERT_TRUE(ok(space->put("k", "v", {.durability = Durability::interval})));
  while (!medium_->fault_happened()) std::this_thread::yield();
  EXPECT_TRUE(fails_with(ErrorCode::io, store_->sync()));
}

TEST_F(FailedSync, OfAGroupIsTheAnswerOfEveryWriterInIt) {
  constexpr int kThreads = 8;
  constexpr int kPuts = 50;
  medium_->set_faults({.failing_sync = 40});
  std::vector<int> acknowledged(kThreads);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kThreads; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kPuts; ++i) {
        const auto put = space_->put(std::to_string(writer) + "/" + std::to_string(i), "value");
        if (!put) {
          EXPECT_EQ(put.error().code, ErrorCode::io);
          EXPECT_FALSE(space_->put("later", "value"));
          return;
        }
        acknowledged[static_cast<std::size_t>(writer)] = i + 1;
      }
    });
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(medium_->fault_happened());
  medium_->set_faults({});
  store_.reset();
  open();
  for (int writer = 0; writer < kThreads; ++writer)
    for (int i = 0; i < acknowledged[static_cast<std::size_t>(writer)]; ++i)
      EXPECT_TRUE(holds(*space_, std::to_string(writer) + "/" + std::to_string(i), "value"));
}

TEST_F(FailedSync, KeepsItsFirstReason) {
  medium_->set_faults({.failing_sync = 1});
  const auto first = space_->put("kept", "lost");
  ASSERT_TRUE(fails_with(ErrorCode::io, first));
  medium_->set_faults({.failing_write = 1});
  const auto later = space_->put("k", "v", {.durability = Durability::buffered});
  ASSERT_TRUE(fails_with(ErrorCode::io, later));
  EXPECT_EQ(later.error().message, first.error().message);
}

}  // namespace
}  // namespace holdfast
