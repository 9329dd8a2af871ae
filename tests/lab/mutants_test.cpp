// The tester's own proof: with one ordering step left out, the lab must complain, in two scenarios or more.

#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mutants/mutants.hpp"
#include "runner.hpp"

namespace holdfast::lab {
namespace {

using testing::MediumModel;

struct Catch {
  std::string scenario;
  MediumModel model;
  std::uint64_t failing_sync = 0;
  bool second_stage = false;  ///< Seen only by what comes behind the scenario's own images.
};

struct Row {
  Mutant mutant;
  std::string name;
  std::vector<Catch> catches;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::vector<Row> rows() {
  constexpr auto kLines = MediumModel::cache_lines;
  constexpr auto kPages = MediumModel::pages;
  constexpr bool kSecondStage = true;
  return {
      {Mutant::no_fence_in_put, "no_fence_in_put", {{"put", kLines}, {"overwrite", kLines}, {"erase", kLines}, {"conditional", kLines}, {"put_async", kLines}}},
      {Mutant::no_sync_in_group_commit,
       "no_sync_in_group_commit",
       {{"put", kPages}, {"batch", kPages}, {"erase", kPages}, {"conditional", kPages}, {"put_async", kPages}}},
      {Mutant::undrained_tail_committed,
       "undrained_tail_committed",
       {{"batch_then_puts", kPages}, {"append_rollover", kPages}}},
      {Mutant::forgotten_sync_error,
       "forgotten_sync_error",
       {{"fault_in_puts", kPages, 5}, {"fault_in_sync", kPages, 5}}},
      {Mutant::buffered_left_at_close, "buffered_left_at_close", {{"close_behind_buffered", kPages}, {"close_behind_buffered_appends", kPages}, {"close_behind_put_async", kPages}}},
      {Mutant::recovered_not_durable,
       "recovered_not_durable",
       {{"put", kLines, 0, kSecondStage}, {"append", kPages, 0, kSecondStage}}},
      {Mutant::superblock_in_place,
       "superblock_in_place",
       {{"close_and_open", kLines}, {"catalog_checkpoint", kLines}}},
      {Mutant::superblock_not_synced, "superblock_not_synced", {{"close_and_open", kLines}, {"put", kPages, 0, kSecondStage}}},
      {Mutant::clean_mark_kept, "clean_mark_kept", {{"close_and_open", kLines, 0, kSecondStage}, {"buffered_and_sync", kLines, 0, kSecondStage}}},
      {Mutant::catalog_not_synced, "catalog_not_synced", {{"publish", kLines}, {"large_value", kPages}}},
      {Mutant::snapshot_not_synced,
       "snapshot_not_synced",
       {{"catalog_checkpoint", kLines}, {"catalog_checkpoint", kPages}}},
      {Mutant::segment_header_not_synced,
       "segment_header_not_synced",
       {{"append_rollover", kLines, 0, kSecondStage}, {"batch_over_segments", kPages, 0, kSecondStage}}},
      {Mutant::extents_after_catalog,
       "extents_after_catalog",
       {{"large_value", kLines}, {"overwrite_large", kPages}, {"fault_in_extents", kLines}}},
      {Mutant::extents_freed_unrecorded,
       "extents_freed_unrecorded",
       {{"overwrite_large", kPages, 0, kSecondStage}, {"reuse_extents", kLines}}},
      {Mutant::retired_before_sync,
       "retired_before_sync",
       {{"reuse_extents_of_buffered", kPages}, {"reuse_extents_of_buffered_erase", kPages}}},
      {Mutant::cleaned_not_synced, "cleaned_not_synced", {{"compact", kLines}, {"compact_behind_buffered", kLines}}},
      {Mutant::cleaned_before_sync, "cleaned_before_sync", {{"clean_for_room", kPages}, {"clean_for_room_of_erased", kPages}}},
      {Mutant::tombstones_dropped, "tombstones_dropped", {{"compact_tombstone", kPages}, {"compact_tombstone", kLines}}},
      {Mutant::batches_not_proved, "batches_not_proved", {{"compact_trailers", kPages}, {"drop_space", kPages}, {"truncate_trailers", kPages}, {"compact_stream_trailers", kPages}}},
      {Mutant::no_epoch_in_seed,
       "no_epoch_in_seed",
       {{"torn_first_record", kPages, 0, kSecondStage}, {"buffered_over_segments", kPages, 0, kSecondStage}}},
      {Mutant::content_not_checked, "content_not_checked", {{"append", kLines}, {"append_rollover", kPages}}},
      {Mutant::trailer_not_checked,
       "trailer_not_checked",
       {{"batch", kLines},
        {"batch", kPages},
        {"append_batch", kLines},
        {"append_batch_buffered", kPages},
        {"commit_over_stream_and_keys", kLines},
        {"commit_buffered", kPages},
        {"multi_put", kLines},
        {"multi_put_buffered", kPages}}},
      {Mutant::chain_not_judged, "chain_not_judged", {{"buffered_over_segments", kPages}, {"append_buffered_over_segments", kPages}}},
      {Mutant::watermark_early, "watermark_early", {{"append_batch", kLines}, {"batch", kPages}}},
      {Mutant::versions_start_over,
       "versions_start_over",
       {{"append_sizes", kLines, 0, kSecondStage}, {"append", kPages, 0, kSecondStage}}},
      {Mutant::batches_start_over,
       "batches_start_over",
       {{"append_batch", kLines, 0, kSecondStage}, {"commit_over_stream_and_keys", kPages, 0, kSecondStage}}},
      {Mutant::log_begin_not_recorded, "log_begin_not_recorded", {{"truncate", kPages}, {"truncate", kLines}}},
      {Mutant::log_gap_not_recorded, "log_gap_not_recorded", {{"truncate_end", kPages}, {"truncate_end", kLines}}},
      {Mutant::log_cut_before_sync, "log_cut_before_sync", {{"truncate_end_buffered", kPages}, {"truncate_ends_together", kPages}}},
      {Mutant::compacted_not_synced,
       "compacted_not_synced",
       {{"compact_stream", kLines}, {"compact_stream", kPages}, {"compact_stream_large", kLines}}},
      {Mutant::log_thinned_not_recorded,
       "log_thinned_not_recorded",
       {{"compact_stream", kLines}, {"compact_stream", kPages}}},
      {Mutant::id_shown_early,
       "id_shown_early",
       {{"append", kLines},
        {"append", kPages},
        {"append_batch", kLines},
        {"append_batch", kPages},
        {"commit_over_stream_and_keys", kLines},
        {"commit_over_stream_and_keys", kPages}}},
      {Mutant::clock_mark_not_written,
       "clock_mark_not_written",
       {{"ttl_seen", kLines}, {"ttl_seen", kPages}, {"ttl_swept", kLines}, {"ttl_swept", kPages}}},
  };
}

LabReport run(const Catch& one) {
  RunOptions options = run_options_from_environment();
  options.stops_at_first = true;
  options.images_max = 0;  // whatever the environment asks for: one image may be the only one that shows it
  options.deep_every = 1;
  options.second_stage = one.second_stage;
  options.faults.failing_sync = one.failing_sync;
  return run_scenario(scenario(one.scenario), one.model, options);
}

class Activated {
 public:
  explicit Activated(Mutant mutant) { active_mutant = mutant; }
  ~Activated() { active_mutant = Mutant::none; }
  Activated(const Activated&) = delete;
  Activated& operator=(const Activated&) = delete;
};

class LabMutants : public ::testing::TestWithParam<Row> {};

TEST_P(LabMutants, IsCaughtByEachOfItsScenarios) {
  ASSERT_GE(GetParam().catches.size(), 2u);
  for (const Catch& one : GetParam().catches) {
    LabReport report;
    {
      const Activated activated(GetParam().mutant);
      report = run(one);
    }
    std::cout << "lab: mutant=" << GetParam().name << ", caught by " << one.scenario << ": "
              << (report.first_violations.empty() ? "nothing" : report.first_violations.front()) << '\n';
    EXPECT_GT(report.violations, 0u) << one.scenario << " on " << name(one.model) << " does not see it";
  }
}

TEST_P(LabMutants, WithoutItThoseScenariosAreSilent) {
  for (const Catch& one : GetParam().catches) {
    RunOptions options = run_options_from_environment();
    options.images_max = 8;  // the whole sets come in Lab
    options.faults.failing_sync = one.failing_sync;
    const LabReport report = run_scenario(scenario(one.scenario), one.model, options);
    EXPECT_EQ(report.violations, 0u) << one.scenario;
  }
}

INSTANTIATE_TEST_SUITE_P(All, LabMutants, ::testing::ValuesIn(rows()),
                         [](const auto& one) { return one.param.name; });

TEST(LabMutantsTable, HasOneRowForEachOfItsMutants) {
  std::vector<Mutant> listed;
  for (const Row& row : rows()) listed.push_back(row.mutant);
  EXPECT_EQ(listed, mutants_of(MutantTable::lab));
}

}  // namespace
}  // namespace holdfast::lab
