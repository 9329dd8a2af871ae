// How many versions are kept, whatever the number was when the region was created; and beside readers and a full medium.

#include <atomic>

#include "form_suites.hpp"

namespace holdfast::region_suites {
namespace {

constexpr std::size_t kSize = 30'000;

class RegionVersionsKept : public RegionOn {
 protected:
  [[nodiscard]] std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> all;
    const auto kept = region_->versions();
    for (const RegionVersion& version : kept.value()) all.push_back(version.number);
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(, RegionVersionsKept, ::testing::ValuesIn(all_backends()), row_name);

using Numbers = std::vector<std::uint64_t>;

TEST_P(RegionVersionsKept, WithoutAnyReplaceKeepsNoneAndKeepVersionIsNotSupported) {
  write(0, some_bytes(20'000));
  const RegionView view = view_of(*region_, 0, 20'000);
  const auto replaced = region_->replace(bytes_of_text("new"));
  ASSERT_TRUE(ok(replaced));
  EXPECT_EQ(replaced->number, 0u);
  EXPECT_TRUE(holds(*region_, "new"));
  EXPECT_EQ(text_of(view), some_bytes(20'000));
  EXPECT_TRUE(region_->versions()->empty());
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, region_->keep_version()));
}

TEST_P(RegionVersionsKept, MoreOrFewerFromTheNextOneOn) {
  write(0, "first");
  ASSERT_TRUE(ok(region_->set_versions_kept(4, false)));
  EXPECT_EQ(region_->info()->form.versions_kept, 4u);
  for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(ok(region_->keep_version()));
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3, 4}));
  ASSERT_TRUE(ok(region_->set_versions_kept(2, true)));
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3, 4}));
  ASSERT_TRUE(ok(region_->replace(bytes_of_text(std::string(100'000, 'x')))));
  EXPECT_EQ(numbers(), (Numbers{4, 5}));
  const auto compressed = region_->keep_version();
  ASSERT_TRUE(ok(compressed));
  EXPECT_LE(compressed->stored_bytes, 4'096u);
  ASSERT_TRUE(ok(region_->set_versions_kept(3, false)));
  const auto plain = region_->keep_version();
  ASSERT_TRUE(ok(plain));
  EXPECT_GE(plain->stored_bytes, 100'000u);
  EXPECT_EQ(numbers(), (Numbers{5, 6, 7}));
  EXPECT_TRUE(holds(region_->version(6).value(), std::string(100'000, 'x')));
}

TEST_P(RegionVersionsKept, SetToNoneWhatIsThereGoesWithTheNextReplace) {
  write(0, "first");
  ASSERT_TRUE(ok(region_->set_versions_kept(2, false)));
  ASSERT_TRUE(ok(region_->keep_version()));
  ASSERT_TRUE(ok(region_->keep_version()));
  ASSERT_TRUE(ok(region_->set_versions_kept(0, false)));
  EXPECT_TRUE(fails_with(ErrorCode::not_supported, region_->keep_version()));
  const auto replaced = region_->replace(bytes_of_text("second"));
  ASSERT_TRUE(ok(replaced));
  EXPECT_EQ(replaced->number, 0u);
  EXPECT_EQ(numbers(), Numbers{});
  ASSERT_TRUE(ok(region_->set_versions_kept(2, false)));
  EXPECT_EQ(region_->keep_version()->number, 3u);
}

TEST_P(RegionVersionsKept, TooManyAreRefused) {
  EXPECT_TRUE(fails_with(ErrorCode::invalid_argument, region_->set_versions_kept(UINT32_MAX, false)));
  EXPECT_EQ(region_->info()->form.versions_kept, 0u);
}

TEST_P(RegionVersionsKept, ReplaceWithoutVersionsGivesTheOldRoomBack) {
  write(0, some_bytes(200'000));
  ASSERT_TRUE(ok(region_->replace(bytes_of_text(some_bytes(200'000, 1)))));
  const std::uint64_t free = free_bytes();
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(ok(region_->replace(bytes_of_text(some_bytes(200'000, i)))));
  EXPECT_EQ(free_bytes(), free);
}

TEST_P(RegionVersionsKept, OnAFullMediumNothingHasChanged) {
  const std::string bytes = noise(500'000);
  write(0, bytes);
  ASSERT_TRUE(ok(region_->set_versions_kept(2, false)));
  Region other = region("other");
  for (const std::size_t size : {60'000u, 4'096u})
    while (other.append(bytes_of_text(noise(size)))) {
    }
  const std::uint64_t free = free_bytes();
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->keep_version()));
  EXPECT_TRUE(fails_with(ErrorCode::no_space, region_->replace(bytes_of_text(noise(400'000, 1)))));
  EXPECT_EQ(free_bytes(), free);
  EXPECT_TRUE(holds(*region_, bytes));
  EXPECT_EQ(numbers(), Numbers{});
  ASSERT_TRUE(ok(other.remove()));
  EXPECT_EQ(region_->replace(bytes_of_text("new"))->number, 1u);
  EXPECT_TRUE(holds(region_->version(1).value(), bytes));
}

TEST_P(RegionVersionsKept, ReadersSeeOneContentWhileItIsReplaced) {
  write(0, std::string(kSize, 'a'));
  ASSERT_TRUE(ok(region_->set_versions_kept(3, false)));
  std::atomic<bool> done{false};
  in_threads(3, [&](unsigned i) {
    if (i == 0) {
      for (unsigned round = 0; round < 100; ++round)
        EXPECT_TRUE(ok(region_->replace(bytes_of_text(std::string(kSize, static_cast<char>('a' + round % 26))))));
      done = true;
      return;
    }
    const auto is_one = [](const std::string& text) { return text == std::string(kSize, text[0]); };
    while (!done) {
      EXPECT_TRUE(is_one(text_of(view_of(*region_, 0, kSize))));
      const auto kept = region_->versions();
      for (const RegionVersion& listed : kept.value()) {
        const auto version = region_->version(listed.number);
        if (!version) continue;  // it went meanwhile
        const auto view = version->view(0, kSize);
        EXPECT_TRUE(view ? is_one(text_of(*view)) : bool(fails_with(ErrorCode::not_found, view)));
        const auto by_id = store_->region(listed.id);
        EXPECT_TRUE(by_id || fails_with(ErrorCode::not_found, by_id));
      }
    }
  });
  EXPECT_EQ(numbers(), (Numbers{98, 99, 100}));
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

TEST_P(RegionVersionsKept, KeepVersionAndRemovalAtOnceEndWithoutAny) {
  for (unsigned round = 0; round < 20; ++round) {
    Region racing = region("racing " + std::to_string(round));
    ASSERT_TRUE(ok(racing.set_versions_kept(2, round % 2 == 0)));
    ASSERT_TRUE(ok(racing.append(bytes_of_text(some_bytes(10'000)))));
    in_threads(3, [&](unsigned i) {
      if (i == 0) {
        std::this_thread::yield();
        EXPECT_TRUE(ok(racing.remove()));
        return;
      }
      for (;;) {
        const auto kept = racing.keep_version();
        if (kept) continue;
        EXPECT_TRUE(fails_with(ErrorCode::not_found, kept));
        return;
      }
    });
  }
  EXPECT_EQ(store_->spaces()->size(), 1u);
  EXPECT_EQ(damage_in(*store_).size(), 0u);
}

}  // namespace
}  // namespace holdfast::region_suites
