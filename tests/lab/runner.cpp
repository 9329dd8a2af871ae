#include "runner.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "recovery.hpp"
#include "stages.hpp"
#include "testing/medium_state.hpp"

namespace holdfast::lab {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;

constexpr std::uint64_t kThriftyEvery = 4;  // crash points

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One scenario on one model, from the empty medium to the last image.
class Run {
 public:
  Run(const Scenario& scenario, testing::MediumModel model, const RunOptions& options)
      : lab_{scenario, model, options, {}},
        deep_every_(options.deep_every != 0 ? options.deep_every : scenario.deep_every) {
    lab_.report.scenario = scenario.name;
    lab_.report.model = model;
    lab_.report.seed = options.seed;
  }

  LabReport run() {
    auto medium = prepared();
    if (medium != nullptr && lab_.goes_on()) {
      const std::uint64_t watched_from = act(medium);
      lab_.report.events = medium->event_count();
      const testing::CrashImagesOptions images{
          .set = lab_.options.set,
          .seed = lab_.options.seed,
          .images_max = lab_.options.images_max,
          .first_point = std::max(lab_.options.first_point, watched_from),
          .last_point = lab_.options.last_point};
      const std::uint64_t last_point = std::min(images.last_point, medium->event_count());
      lab_.report.points = last_point - std::min(images.first_point, last_point) + 1;
      std::uint64_t imaged_up_to = images.first_point;
      for_each_crash_image(*medium, images, [&](const CrashPoint& point, const CrashImage& image) {
        if (point.event_count >= imaged_up_to) ++lab_.report.points_imaged;
        imaged_up_to = std::max(imaged_up_to, point.event_count + 1);
        judge(point, image);
        return lab_.goes_on();
      });
    }
    return std::move(lab_.report);
  }

 private:
  /// The medium that act finds: empty, or a closed store.
  std::shared_ptr<CrashMedium> prepared() {
    testing::CrashOptions options = lab_.medium_options();
    auto medium = CrashMedium::create(options);
    if (!lab_.scenario.prepare) {
      history_.start_era({}, 0, false);
      return medium;
    }
    History history;
    history.start_era({}, 0, false);
    Actor actor(medium, lab_.scenario.options, history);
    Contents contents;
    if (actor.open()) {
      lab_.scenario.prepare(actor);
      contents = actor.read();
      if (auto wrong = history.check(contents, medium->event_count()); !wrong.empty())
        lab_.violation("prepare", wrong);
      actor.close();
    }
    if (lab_.complain_of(actor, "prepare")) return nullptr;
    history_.start_era(std::move(contents), 0);
    return CrashMedium::from_image(testing::image_of(medium->live()), options);
  }

  /// Returns the first crash point worth looking at.
  std::uint64_t act(const std::shared_ptr<CrashMedium>& medium) {
    Actor actor(medium, lab_.scenario.options, history_);
    medium->set_faults(lab_.options.faults);
    lab_.scenario.act(actor);
    lab_.report.fault_happened = medium->fault_happened();
    if (actor.store() != nullptr) {
      const Contents contents = actor.read();
      if (auto wrong = history_.check(contents, medium->event_count()); !wrong.empty())
        lab_.violation("at the end of the act", wrong);
    }
    actor.kill();
    lab_.complain_of(actor, "act");
    return actor.watched_from();
  }

  void judge(const CrashPoint& point, const CrashImage& image) {
    ++lab_.report.images;
    auto [found, is_new] = recovered_.try_emplace(image.hash);
    if (is_new) found->second = lab_.recover(image);
    const Recovered& recovered = found->second;
    const std::string where = point.to_string();
    if (const auto wrong = wrong_with(recovered, history_, point.event_count); !wrong.empty()) {
      lab_.violation(where, wrong);
      return;
    }
    if (!lab_.options.second_stage) return;
    if (!recovered.refused_as_no_store.empty()) return;  // a torn creation: nothing to go on with
    const std::uint64_t choice = lab_.options.seed + point.event_count * 31 + point.image_index;
    // Who limits the images has a slow build and wants fewer of everything.
    const bool is_thorough = lab_.options.images_max == 0 || point.event_count % kThriftyEvery == 0;
    if (is_new && ((is_thorough && point.image_index < 2) || choice % deep_every_ == 0)) {
      check_read_only_open(lab_, where, image, recovered);
      check_crash_in_recovery(lab_, where, image, recovered);
      check_writing_on(lab_, where, image, recovered, history_.change_at(point.event_count), choice);
    }
    if (is_thorough && point.image_index == 0) check_kill(lab_, where, point, history_);
  }

  Lab lab_;
  std::uint64_t deep_every_;
  History history_;
  std::unordered_map<std::uint64_t, Recovered> recovered_;  // by the image's hash
};

}  // namespace

RunOptions run_options_from_environment() {
  RunOptions options;
  options.seed = number_from_environment("HOLDFAST_LAB_SEED", options.seed);
  options.images_max = number_from_environment("HOLDFAST_LAB_IMAGES_MAX", options.images_max);
  options.deep_every = number_from_environment("HOLDFAST_LAB_DEEP_EVERY", options.deep_every);
  options.first_point = number_from_environment("HOLDFAST_LAB_EVENT", options.first_point);
  options.last_point = number_from_environment("HOLDFAST_LAB_EVENT", options.last_point);
  return options;
}

std::string LabReport::to_string() const {
  std::string text = "lab: scenario=" + scenario + ", model=" + std::string(name(model));
  text += ", events=" + std::to_string(events) + ", images=" + std::to_string(images);
  text += ", recoveries=" + std::to_string(recoveries) + ", seed=" + std::to_string(seed);
  return text + ", violations=" + std::to_string(violations);
}

LabReport run_scenario(const Scenario& scenario, testing::MediumModel model, const RunOptions& options) {
  return Run(scenario, model, options).run();
}

}  // namespace holdfast::lab
