// Checkpoints whose records a power cut has left without what is below them.

#include <array>

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "checkpoint_fixture.hpp"

namespace holdfast::checkpoint_tests {
namespace {

using namespace holdfast::testing;

/// Four records for each of two shards, wherever the log's seed deals keys to.
void append_to_each_shard(ShardedLog& log) {
  std::array<int, 2> left{4, 4};
  for (std::uint64_t i = 0; left[0] + left[1] > 0; ++i) {
    int& of_shard = left.at(log.shard_of(key_of(i)));
    if (of_shard == 0) continue;
    --of_shard;
    ASSERT_TRUE(ok(log.append(key_of(i), "may be lost")));
  }
}

class CheckpointsCutOff : public ::testing::TestWithParam<MediumModel> {
 protected:
  CheckpointsCutOff() {
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;
    options_.clean_automatically = false;
  }

  [[nodiscard]] Result<ShardedLog> log_of(Store& store) const {
    return ShardedLog::open(store, "events", {.shards = 2, .log = {.durability = Durability::buffered}});
  }

  Options options_;
};
INSTANTIATE_TEST_SUITE_P(, CheckpointsCutOff, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& one) { return std::string(name(one.param)); });

TEST_P(CheckpointsCutOff, AreNotShownAndDoNotComeBackWithTheirIds) {
  const auto medium =
      CrashMedium::create({.model = GetParam(), .size_bytes = 1 << 20, .max_size_bytes = 4 << 20, .keeps_log = true});
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Checkpoint made;
  {
    auto store = Store::open(*medium->open(), options_);
    ASSERT_TRUE(ok(store));
    auto log = log_of(*store);
    ASSERT_TRUE(ok(log));
    ASSERT_TRUE(ok(log->create_checkpoint("first")));
    append_to_each_shard(*log);
    begin = medium->event_count();
    const auto checkpoint = log->create_checkpoint("a");
    ASSERT_TRUE(ok(checkpoint));
    made = *checkpoint;
    end = medium->event_count();
  }
  ASSERT_TRUE(made.next[0] > 1 && made.next[1] > 1);
  int whole = 0;
  int ends_short = 0;
  for_each_crash_image(
      *medium, {.first_point = begin, .last_point = end}, [&](const CrashPoint& point, const CrashImage& image) {
        const auto left = CrashMedium::from_image(image, medium->options());
        bool is_there = false;
        bool is_short = false;
        {
          auto store = Store::open(*left->open(), options_);
          EXPECT_TRUE(ok(store));
          for (std::uint32_t i = 0; i < 2; ++i) {  // ids come again, and past the log, before anybody opens it
            auto stream = store->log("events#" + std::to_string(i), {.mode = OpenMode::existing});
            EXPECT_TRUE(ok(stream));
            is_short = is_short || *stream->next_id() < made.next[i];
            for (int k = 0; k < 12; ++k)
              EXPECT_TRUE(ok(stream->append("anew", {.durability = Durability::immediate, .key = "k"})));
          }
          auto log = log_of(*store);
          EXPECT_TRUE(ok(log));
          is_there = log->checkpoint("a").has_value();
          EXPECT_FALSE(is_short && is_there) << point.to_string();
          EXPECT_TRUE(is_there || point.event_count < end) << point.to_string() << ": it had been acknowledged";
          EXPECT_TRUE(ok(log->checkpoint("first")));
        }
        auto store = Store::open(*left->open(), options_);
        EXPECT_TRUE(ok(store));
        auto log = log_of(*store);
        EXPECT_TRUE(ok(log));
        EXPECT_EQ(log->checkpoint("a").has_value(), is_there) << point.to_string();
        whole += is_there ? 1 : 0;
        ends_short += is_short ? 1 : 0;
        return true;
      });
  EXPECT_GT(whole, 0);
  EXPECT_EQ(ends_short > 0, GetParam() == MediumModel::pages) << "where each append fences for itself none is lost";
}

TEST_P(CheckpointsCutOff, AreNotShownByAStoreThatIsOnlyRead) {
  const auto medium =
      CrashMedium::create({.model = GetParam(), .size_bytes = 1 << 20, .max_size_bytes = 4 << 20, .keeps_log = true});
  std::uint64_t begin = 0;
  Checkpoint made;
  {
    auto store = Store::open(*medium->open(), options_);
    auto log = log_of(*store);
    ASSERT_TRUE(ok(log));
    append_to_each_shard(*log);
    begin = medium->event_count();
    const auto checkpoint = log->create_checkpoint("a");
    ASSERT_TRUE(ok(checkpoint));
    made = *checkpoint;
  }
  Options read_only = options_;
  read_only.mode = OpenMode::read_only;
  int lost = 0;
  for_each_crash_image(*medium, {.first_point = begin}, [&](const CrashPoint& point, const CrashImage& image) {
    auto store = Store::open(*CrashMedium::from_image(image, medium->options())->open(), read_only);
    EXPECT_TRUE(ok(store));
    auto log = ShardedLog::open(*store, "events", {.mode = OpenMode::existing});
    EXPECT_TRUE(ok(log));
    const auto ends = ends_of(*log);
    const bool is_short = ends[0] < made.next[0] || ends[1] < made.next[1];
    EXPECT_FALSE(is_short && log->checkpoint("a")) << point.to_string();
    lost += is_short ? 1 : 0;
    return true;
  });
  EXPECT_EQ(lost > 0, GetParam() == MediumModel::pages);
}

}  // namespace
}  // namespace holdfast::checkpoint_tests
