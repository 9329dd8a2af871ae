#include <chrono>
#include <thread>

#include "contract/forked_child.hpp"
#include "kv_suites.hpp"

namespace holdfast::kv_suites {
namespace {

TEST_P(Kv, AForkedChildIsRefusedEveryWrite) {
  put("key", "value");
  EXPECT_EQ(in_forked_child([&] {
              Batch batch;
              batch.put(*space_, "key", "child's");
              return is_locked_out(space_->put("key", "child's")) &&
                             is_locked_out(space_->put("new", "child's")) &&
                             is_locked_out(space_->put("large", some_value(300'000))) &&
                             is_locked_out(space_->erase("key")) &&
                             is_locked_out(space_->compare_and_set("key", "value", "child's")) &&
                             is_locked_out(space_->put_if_absent("new", "child's")) &&
                             is_locked_out(space_->exchange("key", "child's")) &&
                             is_locked_out(space_->update("key", [](auto) { return "child's"; })) &&
                             is_locked_out(space_->add("new", 1)) &&
                             is_locked_out(space_->put_async("key", "child's")) &&
                             is_locked_out(space_->erase_async("key")) &&
                             is_locked_out(space_->multi_put(std::vector<KvEntry>{{"key", "child's"}, {"new", ""}})) &&
                             is_locked_out(store_->commit(batch)) && is_locked_out(store_->sync()) &&
                             is_locked_out(store_->kv("new"))
                         ? 1
                         : 0;
            }),
            1);
  EXPECT_TRUE(holds(*space_, "key", "value"));
  EXPECT_TRUE(has_size(*space_, 1));
  EXPECT_TRUE(ok(space_->put("key", "parent's")));
  EXPECT_TRUE(holds(*space_, "key", "parent's"));
}

TEST_P(Kv, AForkedChildMayRead) {
  put("key", "value");
  EXPECT_EQ(in_forked_child([&] { return holds(*space_, "key", "value") && has_size(*space_, 1) ? 1 : 0; }),
            1);
}

TEST_P(Kv, AForkedChildMayViewAndEndItsParentsViews) {
  put("key", "value");
  auto parents = space_->view("key");
  ASSERT_TRUE(ok(parents));
  std::optional<KvView> view(std::move(*parents));
  EXPECT_EQ(in_forked_child([&] {
              const auto childs = space_->view("key");
              const bool seen = childs && (**childs).value() == "value" && view->value() == "value";
              view.reset();
              return seen ? 1 : 0;
            }),
            1);
  EXPECT_EQ(view->value(), "value");
  EXPECT_TRUE(fails_with(ErrorCode::busy, store_->close()));
}

TEST_P(KvReopen, AChildThatReleasesTheStoreLeavesTheParentsAlone) {
  put("key", "value");
  EXPECT_EQ(in_forked_child([&] {
              store_.reset();
              return 1;
            }),
            1);
  EXPECT_TRUE(ok(space_->put("another", "value")));
  EXPECT_TRUE(fails_with(ErrorCode::locked, Store::open(directory_.store(), options_)));
  reopen_after_close();
  EXPECT_TRUE(has_size(*space_, 2));
  EXPECT_TRUE(store_->recovery().clean_close);
}

TEST_P(KvReopen, AChildThatClosesTheStoreLeavesTheParentsAlone) {
  put("key", "value");
  EXPECT_EQ(in_forked_child([&] { return is_locked_out(store_->close()) ? 1 : 0; }), 1);
  EXPECT_TRUE(ok(space_->put("another", "value")));
  reopen_after_kill();
  EXPECT_TRUE(has_size(*space_, 2));
  EXPECT_FALSE(store_->recovery().clean_close);
}

#ifndef __SANITIZE_THREAD__  // it cannot follow a child of a process with threads: letting go of one hangs
                             // there
TEST_P(KvReopen, AChildMayReleaseAStoreWhoseTimerRunsInTheParent) {
  options_.interval_ms = 60'000;  // the timer waits all through the test
  reopen_after_close();
  ASSERT_TRUE(ok(space_->put("key", "value", {.durability = Durability::interval})));
  while (!others_sleep()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(in_forked_child([&] {
              store_.reset();
              return 1;
            }),
            1);
  EXPECT_TRUE(holds(*space_, "key", "value"));
}
#endif

}  // namespace
}  // namespace holdfast::kv_suites
