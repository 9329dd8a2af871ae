// What the sharded log's lab does with every image.

#include <algorithm>
#include <iostream>

#include <gtest/gtest.h>

#include "runner.hpp"
#include "sharded_log_lab.hpp"

namespace holdfast::lab {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;

void ShardedLogLab::judge_all() {
  log_.reset();
  store_.reset();
  const RunOptions asked = run_options_from_environment();
  const testing::CrashImagesOptions images{
      .seed = asked.seed, .images_max = asked.images_max, .first_point = first_point_};
  for_each_crash_image(*medium_, images, [&](const CrashPoint& point, const CrashImage& image) {
    ++images_;
    auto [found, is_new] = recovered_.try_emplace(image.hash);
    if (is_new) found->second = look(point, CrashMedium::from_image(image, medium_options()));
    hold(point, found->second);  // an image may be one of several points, and more is promised at a later one
    if (point.image_index == 0)  // the process was killed here instead
      hold(point, look(point, CrashMedium::from_killed(*point.state, medium_options())));
    return wrong_.size() < 20;
  });
  std::cout << "sharded log lab: model=" << testing::name(model_) << ", events=" << medium_->event_count()
            << ", images=" << images_ << ", recoveries=" << recovered_.size() << ", violations=" << wrong_.size()
            << "\n";
  for (const std::string& wrong : wrong_) ADD_FAILURE() << wrong;
  EXPECT_GT(recovered_.size(), 10u);
}

// Opens what is left, makes calls again that may have been cut, and opens it once more.
std::optional<ShardedLogLab::Shown> ShardedLogLab::look(const CrashPoint& point,
                                                        const std::shared_ptr<CrashMedium>& left) {
  Shown shown;
  Shown behind;
  {
    auto store = Store::open(left->open().value(), options_);
    if (!store) return fail(point, store.error().to_string());
    shown = behind = read(*store);
    if (const std::string failed = try_again(*store, point, behind); !failed.empty()) return fail(point, failed);
    if (read(*store) != behind) return fail(point, "it is another log behind what was tried again");
  }  // killed
  auto store = Store::open(left->open().value(), options_);
  if (!store) return fail(point, "again: " + store.error().to_string());
  if (read(*store) != behind) return fail(point, "it is another log when it is opened again");
  return shown;
}

/// What it answers; empty: all is well, and `shown` is what the log is now.
std::string ShardedLogLab::try_again(Store& store, const CrashPoint& point, Shown& shown) {
  const bool was_there = shown.shards != 0;
  auto log = ShardedLog::open(store, "events", {.shards = was_there ? 0u : 3u});
  if (!log) return "open: " + log.error().to_string();
  if (!was_there) shown.shards = 3;
  const std::uint32_t count = point.image_index % 2 == 0 ? 3 : 2;
  if (auto resharded = log->reshard(count); !resharded) return "reshard: " + resharded.error().to_string();
  shown.shards = count;
  for (int i = 0; i < 5; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (auto place = log->append(key, "anew"); !place) return "append: " + place.error().to_string();
    shown.records[key].emplace_back("anew");
  }
  std::uint32_t streams = 0;
  const auto spaces = store.spaces();
  for (const SpaceInfo& info : *spaces) streams += info.kind == SpaceKind::log ? 1 : 0;
  return streams == count ? "" : std::to_string(streams) + " streams are left for " + std::to_string(count) + " shards";
}

}  // namespace holdfast::lab
