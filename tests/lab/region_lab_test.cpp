// Regions under the power cut: every call that changes one, on both media, every image, then a crash inside the
// recovery and one behind what is written on.

#include <iostream>
#include <map>
#include <unordered_map>

#include <gtest/gtest.h>

#include <holdfast/testing/crash_images.hpp>

#include "actor.hpp"
#include "mutants/mutants.hpp"
#include "region_actor.hpp"
#include "region_scenarios.hpp"
#include "runner.hpp"

namespace holdfast::lab {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

Options region_options() {
  Options options;
  options.segment_size_bytes = 64 << 10;
  options.recovery_threads = 1;
  return options;
}

testing::CrashOptions region_medium_options(MediumModel model) {
  return {.model = model, .size_bytes = 384 << 10, .max_size_bytes = 2 << 20};
}

std::shared_ptr<CrashMedium> prepared(MediumModel model) {
  auto medium = CrashMedium::create(region_medium_options(model));
  {
    RegionActor actor(medium, region_options());
    actor.create("a");
    actor.append("a", value_of(100, 3'000));
    actor.create("b");
    actor.append("b", value_of(101, 70'000));
    actor.close();
  }
  return CrashMedium::from_image(testing::image_of(medium->live()), region_medium_options(model));
}

struct Report {
  std::uint64_t images = 0;
  std::uint64_t recoveries = 0;
  std::vector<std::string> wrong;
};

struct Opened {
  RegionContents contents;
  std::vector<std::string> complaints;
  std::shared_ptr<CrashMedium> medium;
};

Opened recover(const CrashImage& image, MediumModel model, OpenMode mode = OpenMode::existing) {
  Opened opened{.contents = {}, .complaints = {}, .medium = CrashMedium::from_image(image, region_medium_options(model))};
  Options how = region_options();
  how.mode = mode;
  auto storage = opened.medium->open();
  auto store = Store::open(std::move(*storage), how);
  if (!store)
    opened.complaints.push_back(store.error().to_string());
  else
    opened.contents = read_regions(*store, opened.complaints);
  return opened;
}

/// Every image of a crash inside the recovery must lead to the same again; sizes and names at least, and the bytes
/// that are promised.
void crash_in_recovery(const Opened& first, MediumModel model, const RegionHistory& history, const CrashPoint& point,
                       Report& report) {
  const testing::CrashImagesOptions images{.set = testing::ImageSet::small};
  for_each_crash_image(*first.medium, images, [&](const CrashPoint&, const CrashImage& image) {
    ++report.images;
    const Opened again = recover(image, model);
    if (!again.complaints.empty()) report.wrong.push_back("crash in recovery: " + again.complaints.front());
    if (auto wrong = history.check(again.contents, point.event_count); !wrong.empty())
      report.wrong.push_back("crash in recovery: " + wrong);
    return report.wrong.empty();
  });
}

constexpr int kRoundsOfRecords = 2;  // so that a batch is decided in a later epoch, and the catalog forgets it in another

/// Writes on behind a recovery, cuts the power once more at its end; where there are records, anywhere in a batch that
/// takes them along, and behind it the same again.
void write_on(const CrashImage& image, MediumModel model, Report& report, int round = 1) {
  auto medium = CrashMedium::from_image(image, region_medium_options(model));
  RegionActor actor(medium, region_options());
  const std::string name = "written on " + std::to_string(round);
  actor.create(name);
  actor.append(name, value_of(900, 5'000), Durability::immediate);
  actor.append(name, value_of(901, 100));
  if (actor.has_records()) actor.put(name, "1");
  std::uint64_t first_point = medium->event_count();
  if (actor.has_records()) {
    actor.commit({{name, 20, value_of(902, 200)}}, {{name, "2"}}, {name});
    if (round < kRoundsOfRecords) first_point = medium->event_count();
  }
  report.wrong.insert(report.wrong.end(), actor.complaints().begin(), actor.complaints().end());
  const testing::CrashImagesOptions images{.set = testing::ImageSet::small, .first_point = first_point};
  for_each_crash_image(*medium, images, [&](const CrashPoint& point, const CrashImage& second) {
    ++report.images;
    if (actor.has_records() && round < kRoundsOfRecords && point.image_index == 0)
      write_on(second, model, report, round + 1);
    const Opened again = recover(second, model);
    if (!again.complaints.empty()) report.wrong.push_back("written on: " + again.complaints.front());
    if (auto wrong = actor.history().check(again.contents, point.event_count); !wrong.empty())
      report.wrong.push_back("written on: " + wrong);
    return report.wrong.empty();
  });
}

Report run(const RegionScenario& scenario, MediumModel model, std::uint64_t images_max) {
  Report report;
  auto medium = prepared(model);
  RegionActor actor(medium, region_options());
  const std::uint64_t opened_at = medium->event_count();
  scenario.act(actor);
  report.wrong = actor.complaints();
  const testing::CrashImagesOptions images{
      .seed = run_options_from_environment().seed,
      .images_max = images_max == 0 ? scenario.images_max : images_max,
      .first_point = opened_at};
  std::unordered_map<std::uint64_t, Opened> recovered;  // by the image's hash: equal images are opened once
  for_each_crash_image(*medium, images, [&](const CrashPoint& point, const CrashImage& image) {
    if (!report.wrong.empty()) return false;
    ++report.images;
    auto [found, is_new] = recovered.try_emplace(image.hash);
    if (is_new) {
      ++report.recoveries;
      found->second = recover(image, model);
      if (point.image_index >= 2 || point.event_count % scenario.deep_every != 0) found->second.medium.reset();
    }
    const Opened& opened = found->second;
    if (!opened.complaints.empty()) report.wrong.push_back(point.to_string() + ": " + opened.complaints.front());
    if (auto wrong = actor.history().check(opened.contents, point.event_count); !wrong.empty())
      report.wrong.push_back(point.to_string() + ": " + wrong);
    if (is_new && point.image_index < 2 && point.event_count % scenario.deep_every == 0) {
      if (recover(image, model, OpenMode::read_only).contents != opened.contents)
        report.wrong.push_back(point.to_string() + ": a read-only open shows something else");
      crash_in_recovery(opened, model, actor.history(), point, report);
      write_on(image, model, report);
      found->second.medium.reset();
    }
    return report.wrong.empty();
  });
  return report;
}

struct RegionCase {
  RegionScenario scenario;
  MediumModel model;
};

void PrintTo(const RegionCase& one, std::ostream* out) { *out << one.scenario.name << " on " << name(one.model); }

std::vector<RegionCase> region_cases() {
  std::vector<RegionCase> all;
  for (const auto& scenarios : {region_scenarios(), region_form_scenarios()})
    for (const RegionScenario& scenario : scenarios)
      for (const MediumModel model : {MediumModel::cache_lines, MediumModel::pages}) all.push_back({scenario, model});
  return all;
}

std::string name_of(const ::testing::TestParamInfo<RegionCase>& info) {
  return info.param.scenario.name + "_" + std::string(name(info.param.model));
}

class RegionLab : public ::testing::TestWithParam<RegionCase> {};
INSTANTIATE_TEST_SUITE_P(Scenarios, RegionLab, ::testing::ValuesIn(region_cases()), name_of);

TEST_P(RegionLab, EveryImageKeepsThePromise) {
  const Report report = run(GetParam().scenario, GetParam().model, run_options_from_environment().images_max);
  for (const std::string& wrong : report.wrong) ADD_FAILURE() << wrong;
  EXPECT_GT(report.images, 10u);
  std::cout << "region lab: scenario=" << GetParam().scenario.name << ", model=" << name(GetParam().model)
            << ", images=" << report.images
            << ", recoveries=" << report.recoveries << ", violations=" << report.wrong.size() << "\n";
}

#ifdef HOLDFAST_MUTANTS
struct CaughtBy {
  Mutant mutant;
  std::string scenario;
  MediumModel model;
};

TEST(RegionLabMutants, AreCaughtByTwoScenariosEach) {
  constexpr auto kLines = MediumModel::cache_lines;
  constexpr auto kPages = MediumModel::pages;
  const std::vector<CaughtBy> table{{Mutant::size_before_bytes, "append_and_flush", kPages},
                                    {Mutant::size_before_bytes, "append_immediate", kPages},
                                    {Mutant::extent_freed_under_view, "remove_under_a_view", kPages},
                                    {Mutant::extent_freed_under_view, "remove_under_a_view", kLines},
                                    {Mutant::extent_freed_under_view, "truncate_under_a_view", kPages},
                                    {Mutant::extent_freed_under_view, "update_under_a_view", kPages},
                                    {Mutant::swap_before_bytes, "update", kLines},
                                    {Mutant::swap_before_bytes, "update", kPages},
                                    {Mutant::swap_before_bytes, "truncate_write", kPages},
                                    {Mutant::swap_before_bytes, "update_growing", kPages},
                                    {Mutant::undecided_admitted, "batch_of_everything", kLines},
                                    {Mutant::undecided_admitted, "batch_of_everything", kPages},
                                    {Mutant::region_not_drained, "append_and_flush", kPages},
                                    {Mutant::region_not_drained, "write_in_place", kPages}};
  std::map<Mutant, int> catches;
  for (const CaughtBy& one : table) ++catches[one.mutant];
  for (const Mutant mutant : mutants_of(MutantTable::region_lab)) EXPECT_GE(catches[mutant], 2);
  for (const CaughtBy& one : table) {
    for (const RegionScenario& scenario : region_scenarios()) {
      if (scenario.name != one.scenario) continue;
      active_mutant = one.mutant;
      const Report report = run(scenario, one.model, 0);
      active_mutant = Mutant::none;
      EXPECT_FALSE(report.wrong.empty()) << scenario.name << " on " << name(one.model) << " does not see it";
    }
  }
}
#endif

}  // namespace
}  // namespace holdfast::lab
