// Scenarios of calls that put new extents in the place of old ones, or give them to others.

#include "actor.hpp"
#include "region_scenarios.hpp"

namespace holdfast::lab {
namespace {

constexpr auto kNow = Durability::immediate;
constexpr RegionForm kChecked{.checked_block_bytes = 4096};
constexpr RegionForm kMirrored{.checked_block_bytes = 4096, .is_mirrored = true};

void update_of_many(RegionActor& actor, const std::string& name) {
  std::vector<RegionHistory::Written> writes;
  for (std::uint64_t i = 0; i < 1'000; ++i) writes.push_back({i * 69, value_of(i, 6)});
  actor.update(name, writes);
}

std::vector<RegionScenario> writing() {
  return {
      {"flush_beside_dirty_bytes",
       [](RegionActor& actor) {
         actor.write_at("a", 100, value_of(1, 600));
         actor.write_at("b", 4'000, value_of(2, 600));
         actor.flush("a");
         actor.append("b", value_of(3, 300));
         actor.write_at("a", 200, value_of(4, 100));
         actor.flush("b");
         actor.sync();
       }},
      {"stores_through_a_view",
       [](RegionActor& actor) {
         actor.store("b", 1'000, value_of(1, 700));
         actor.write_at("b", 1'500, value_of(2, 700));
         actor.flush("b");
         actor.store("b", 60'000, value_of(3, 200));
         actor.store("a", 100, value_of(4, 200));
         actor.update("b", {{30'000, value_of(5, 100)}});
         actor.flush("b");
         actor.store("b", 10, value_of(6, 100));
         actor.sync();
       }},
      {"punch",
       [](RegionActor& actor) {
         actor.write_at("b", 3'000, value_of(1, 300));
         actor.punch("b", 5'000, 40'000);
         actor.append("a", value_of(2, 66'000), kNow);
         actor.append("b", value_of(3, 300));
         actor.punch("b", 40'000, 20'000);
         actor.punch("b", 0, 70'300);
         actor.append("b", value_of(4, 300), kNow);
       }},
      {"write_into_a_hole",
       [](RegionActor& actor) {
         actor.punch("b", 4'096, 61'440);
         actor.append("a", value_of(1, 66'000), kNow);
         actor.write_whole("b", 20'000, value_of(2, 300));
         actor.punch("b", 8'192, 40'960);
         actor.write_whole("b", 48'000, value_of(3, 5'000));
         actor.punch("b", 8'192, 40'960);
         actor.write_whole("b", 8'000, value_of(4, 300));
       }},
      {"cut_into_a_hole",
       [](RegionActor& actor) {
         actor.punch("b", 4'096, 61'440);
         actor.truncate("b", 20'000);
         actor.append("b", value_of(1, 700), kNow);
         actor.truncate_write("b", 9'000, value_of(2, 100));
         actor.append("b", value_of(3, 700), kNow);
         actor.append("a", value_of(4, 66'000), kNow);
       }},
      {"update_of_a_thousand_ranges", [](RegionActor& actor) { update_of_many(actor, "b"); }, 2, 200},
      {"checked_writes",
       [](RegionActor& actor) {
         actor.create_formed("c", value_of(1, 9'000), kChecked);
         actor.write_whole("c", 4'000, value_of(2, 200));
         actor.append_whole("c", value_of(3, 5'000));
         actor.update("c", {{10, value_of(4, 100)}, {9'000, value_of(5, 300)}});
         actor.write_whole("c", 20'000, value_of(6, 10));
         actor.truncate_write("c", 6'000, value_of(7, 100));
         actor.truncate("c", 5'000);
         actor.truncate("c", 30'000);
         actor.write_whole("c", 18'000, value_of(8, 10));
         actor.punch("c", 100, 20'000);
       }},
      {"checked_update_of_many_ranges",
       [](RegionActor& actor) {
         actor.create_formed("c", value_of(1, 69'000), kChecked);
         update_of_many(actor, "c");
       },
       2, 200},
      {"mirrored_writes",
       [](RegionActor& actor) {
         actor.create_formed("c", value_of(1, 9'000), kMirrored);
         actor.write_whole("c", 4'000, value_of(2, 200));
         actor.append_whole("c", value_of(3, 5'000));
         actor.truncate("c", 5'000);
         actor.append("a", value_of(4, 66'000), kNow);
         actor.punch("c", 0, 4'500);
         actor.write_whole("c", 100, value_of(5, 100));
       }},
  };
}

std::vector<RegionScenario> keeping() {
  return {
      {"replace",
       [](RegionActor& actor) {
         actor.write_at("b", 10, value_of(1, 300));
         actor.replace("b", value_of(2, 5'000));
         actor.append("b", value_of(3, 300), kNow);
         actor.append("a", value_of(4, 66'000), kNow);
         actor.replace("b", "");
       }},
      {"replace_with_versions",
       [](RegionActor& actor) {
         actor.create_formed("v", value_of(1, 9'001), {.versions_kept = 2});
         actor.write_at("v", 100, value_of(2, 500));
         actor.append("v", value_of(3, 500));
         for (std::uint64_t i = 0; i < 4; ++i) actor.replace("v", value_of(10 + i, 6'000 + i * 1'000));
         actor.append("a", value_of(4, 66'000), kNow);
         actor.remove_version("v", 3);
       }},
      {"replace_checked_with_versions",
       [](RegionActor& actor) {
         actor.create_formed("v", value_of(1, 9'001), {.checked_block_bytes = 4096, .is_mirrored = true, .versions_kept = 1});
         actor.write_whole("v", 100, value_of(2, 500));
         actor.punch("v", 4'096, 4'096);
         for (std::uint64_t i = 0; i < 2; ++i) actor.replace("v", value_of(10 + i, 6'000));
         actor.append("a", value_of(4, 66'000), kNow);
       }},
      {"keep_version",
       [](RegionActor& actor) {
         actor.create_formed("v", value_of(1, 9'001), {.versions_kept = 2});
         for (std::uint64_t i = 0; i < 3; ++i) {
           actor.write_at("v", i * 300, value_of(20 + i, 500));
           actor.keep_version("v");
         }
         actor.append("a", value_of(4, 66'000), kNow);
         actor.flush("v");
       }},
      {"keep_version_compressed",
       [](RegionActor& actor) {
         actor.create_formed("v", value_of(1, 5'000) + std::string(30'000, 'x'), {.versions_kept = 2, .compresses_versions = true});
         for (std::uint64_t i = 0; i < 3; ++i) {
           actor.write_at("v", i * 300, value_of(20 + i, 500));
           actor.keep_version("v");
         }
         actor.replace("v", std::string(20'000, 'y'));
         actor.append("a", value_of(4, 66'000), kNow);
       }},
      {"seal",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 300));
         actor.write_at("b", 10, value_of(2, 300));
         actor.punch("b", 8'192, 8'192);
         actor.store("b", 60'000, value_of(3, 300));
         actor.seal("b");
         actor.seal("a");
         actor.create_formed("c", value_of(4, 9'000), kChecked);
         actor.seal("c");
       }},
  };
}

}  // namespace

std::vector<RegionScenario> region_form_scenarios() {
  std::vector<RegionScenario> all = writing();
  for (RegionScenario& one : keeping()) all.push_back(std::move(one));
  return all;
}

}  // namespace holdfast::lab
