#include "contract/forked_child.hpp"
#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

TEST_P(RegionOn, HandlesOutliveTheirStore) {
  write(0, "bytes");
  close();
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->size()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->read_at(0, {})));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->view(0, 0)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->write_at(0, bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->append(bytes_of_text("x"))));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->reserve(1)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->truncate(0)));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->flush()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->rename("other")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, region_->remove()));
  EXPECT_EQ(region_->name(), "region");
  EXPECT_NE(region_->id(), 0u);
}

TEST_P(RegionOn, AClosedStoreGivesNoRegions) {
  ASSERT_TRUE(ok(store_->close()));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->region("region")));
  EXPECT_TRUE(fails_with(ErrorCode::closed, store_->region(region_->id())));
}

TEST_P(RegionOn, AForkedChildMayReadAndIsRefusedEveryChange) {
  write(0, "bytes");
  EXPECT_EQ(in_forked_child([&] {
              return holds(*region_, "bytes") && is_locked_out(region_->write_at(0, bytes_of_text("x"))) &&
                             is_locked_out(region_->append(bytes_of_text("x"))) && is_locked_out(region_->truncate(0)) &&
                             is_locked_out(region_->reserve(1'000'000)) && is_locked_out(region_->flush()) &&
                             is_locked_out(region_->rename("other")) && is_locked_out(region_->remove()) &&
                             is_locked_out(store_->region("new"))
                         ? 1
                         : 0;
            }),
            1);
  EXPECT_TRUE(ok(region_->append(bytes_of_text(", and on"))));
  EXPECT_TRUE(holds(*region_, "bytes, and on"));
}

TEST_P(RegionOn, AForkedChildMayLetGoOfAView) {
  write(0, "bytes");
  auto view = region_->view(0, 5);
  ASSERT_TRUE(ok(view));
  EXPECT_EQ(in_forked_child([&] {
              store_.reset();
              { const RegionView gone = std::move(*view); }
              return 1;
            }),
            1);
  EXPECT_EQ(text_of(*view), "bytes");
}

}  // namespace
}  // namespace holdfast::region_suites
