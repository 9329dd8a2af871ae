// What is told of a region while it changes: one state that it had, or not_found; never pieces of two.

#include <atomic>

#include "region_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr unsigned kChanges = 500;

class RegionSnapshots : public RegionOn {
 protected:
  /// `look` as long as `change` goes on in a thread of its own.
  template <class Change, class Look>
  void while_it_changes(Change change, Look look) {
    std::atomic<bool> done{false};
    std::thread changer([&] {
      for (unsigned i = 0; i < kChanges && !HasFailure(); ++i) change(i);
      done = true;
    });
    while (!done && !HasFailure()) look();
    changer.join();
  }
};
INSTANTIATE_TEST_SUITE_P(, RegionSnapshots, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(RegionSnapshots, ListedWhileOneIsRemovedItHasItsMetadata) {
  const RegionMetadata metadata{.owner = "owner"};
  while_it_changes(
      [&](unsigned) {
        auto brief =
            store_->create_region({.name = "brief", .bytes = bytes_of_text("bytes"), .metadata = metadata});
        ASSERT_TRUE(ok(brief));
        ASSERT_TRUE(ok(brief->remove()));
      },
      [&] {
        const auto listed = store_->regions("brief");
        ASSERT_TRUE(ok(listed));
        for (const RegionInfo& info : *listed) {
          ASSERT_EQ(info.metadata.owner, metadata.owner);
          ASSERT_EQ(info.size_bytes, 5u);
        }
      });
}

TEST_P(RegionSnapshots, ReadWhileItIsRemovedItIsWholeOrNotFound) {
  const std::string bytes = some_bytes(5'000);
  std::mutex mutex;
  std::optional<Region> present;
  while_it_changes(
      [&](unsigned) {
        auto brief = store_->create_region({.name = "brief", .bytes = bytes_of_text(bytes)});
        ASSERT_TRUE(ok(brief));
        {
          const std::lock_guard lock(mutex);
          present = *brief;
        }
        ASSERT_TRUE(ok(brief->remove()));
      },
      [&] {
        std::optional<Region> one;
        {
          const std::lock_guard lock(mutex);
          one = present;
        }
        for (bool is_there = one.has_value(); is_there;) {
          const auto view = one->view(0, bytes.size());
          ASSERT_TRUE(view ? text_of(*view) == bytes : bool(fails_with(ErrorCode::not_found, view)))
              << (view ? "other bytes" : view.error().to_string());
          const auto size = one->size();
          ASSERT_TRUE(size ? *size == bytes.size() : bool(fails_with(ErrorCode::not_found, size)));
          is_there = view && size;
        }
      });
}

TEST_P(RegionSnapshots, WhileItGrowsItsCapacityIsNeverBelowItsSize) {
  const std::string bytes = some_bytes(70'000);
  while_it_changes(
      [&](unsigned i) {
        ASSERT_TRUE(ok(region_->append(bytes_of_text(bytes))));
        if (i % 50 == 49) {
          ASSERT_TRUE(ok(region_->truncate(0)));
        }
      },
      [&] {
        const auto info = region_->info();
        ASSERT_TRUE(ok(info));
        ASSERT_LE(info->size_bytes, info->capacity_bytes);
      });
}

TEST_P(RegionSnapshots, ListedByPrefixWhileItIsRenamedItsNameHasThePrefix) {
  while_it_changes([&](unsigned i) { ASSERT_TRUE(ok(region_->rename(i % 2 == 0 ? "a" : "b"))); },
                   [&] {
                     const auto listed = store_->regions("a");
                     ASSERT_TRUE(ok(listed));
                     for (const RegionInfo& info : *listed) ASSERT_EQ(info.name, "a");
                   });
}

}  // namespace
}  // namespace holdfast::region_suites
