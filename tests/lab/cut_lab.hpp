#pragma once

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <holdfast/sharded_log.hpp>
#include <holdfast/store.hpp>
#include <holdfast/testing/crash_images.hpp>

#include "runner.hpp"
#include "sharded_log/fixed_shards.hpp"

namespace holdfast::lab {

/// A store with a sharded log on a medium whose power is cut behind every event, and the judging of every image: what the labs
/// of sharded logs and of their checkpoints have in common. `Shown` is what a lab reads of a store that was recovered.
/// Threads: one.
template <class Shown>
class CutLab {
 public:
  CutLab(const CutLab&) = delete;
  CutLab& operator=(const CutLab&) = delete;

 protected:
  using CrashMedium = testing::CrashMedium;
  using CrashPoint = testing::CrashPoint;

  explicit CutLab(testing::MediumModel model) : model_(model) {
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 1;
    options_.clean_automatically = false;
    options_.sweep_interval_ms = 0;
    medium_ = CrashMedium::create(medium_options());
    store_.emplace(Store::open(medium_->open().value(), options_).value());
    first_point_ = medium_->event_count();
  }
  virtual ~CutLab() = default;

  /// What the store shows that is left, once it has been used and opened again; nothing, behind fail(): that went wrong.
  /// `was_killed`: by a signal, not by a cut.
  [[nodiscard]] virtual std::optional<Shown> look(const CrashPoint& point, const std::shared_ptr<CrashMedium>& left,
                                                  bool was_killed) = 0;

  /// Why that can't be what the calls had told behind that many events, nor what it may have become; empty: it can.
  [[nodiscard]] virtual std::string complaint_about(const Shown& shown, std::uint64_t event_count) const = 0;

  /// Kills the process and judges every image. `recoveries_min`: fewer different ones would show little.
  void judge_images(std::string_view lab, std::size_t recoveries_min) {
    log_.reset();
    store_.reset();
    const RunOptions asked = run_options_from_environment();
    const testing::CrashImagesOptions images{
        .seed = asked.seed, .images_max = asked.images_max, .first_point = first_point_};
    for_each_crash_image(*medium_, images, [&](const CrashPoint& point, const testing::CrashImage& image) {
      ++images_;
      auto [found, is_new] = recovered_.try_emplace(image.hash);
      if (is_new) found->second = look(point, CrashMedium::from_image(image, medium_options()), false);
      hold(point, found->second);  // an image may be one of several points, and more is promised at a later one
      if (point.image_index == 0)  // the process was killed here instead
        hold(point, look(point, CrashMedium::from_killed(*point.state, medium_options()), true));
      return wrong_.size() < kWrongMax;
    });
    std::cout << lab << ": model=" << testing::name(model_) << ", events=" << medium_->event_count() << ", images=" << images_
              << ", recoveries=" << recovered_.size() << ", violations=" << wrong_.size() << "\n";
    for (const std::string& wrong : wrong_) ADD_FAILURE() << wrong;
    EXPECT_GT(recovered_.size(), recoveries_min);
  }

  std::optional<Shown> fail(const CrashPoint& point, const std::string& what) {
    wrong_.push_back(point.to_string() + ": " + what);
    return std::nullopt;
  }

  [[nodiscard]] testing::CrashOptions medium_options() const {
    return {.model = model_, .size_bytes = 768 << 10, .max_size_bytes = 4 << 20};
  }

  const sharded_log_tests::FixedShards fixed_shards_{run_options_from_environment().seed};
  const testing::MediumModel model_;
  Options options_;
  std::shared_ptr<CrashMedium> medium_;
  std::optional<Store> store_;
  std::optional<ShardedLog> log_;
  std::uint64_t first_point_ = 0;  ///< From here on it may be cut.

 private:
  static constexpr std::size_t kWrongMax = 20;

  void hold(const CrashPoint& point, const std::optional<Shown>& shown) {
    if (!shown) return;
    if (const std::string complaint = complaint_about(*shown, point.event_count); !complaint.empty()) fail(point, complaint);
  }

  std::unordered_map<std::uint64_t, std::optional<Shown>> recovered_;  // by the image's hash
  std::uint64_t images_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace holdfast::lab
