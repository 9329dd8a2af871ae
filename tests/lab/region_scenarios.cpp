// Scenarios of plain regions.

#include "region_scenarios.hpp"

#include "actor.hpp"

namespace holdfast::lab {

std::vector<RegionScenario> region_scenarios() {
  constexpr auto kNow = Durability::immediate;
  return {
      {"create", [](RegionActor& actor) { actor.create("c"); actor.append("c", value_of(1, 100), kNow); }},
      {"create_with_bytes",
       [](RegionActor& actor) {
         actor.create_with("c", value_of(1, 9'000));
         actor.create_with("d", value_of(2, 100));
         actor.remove("c");
         actor.create_with("c", value_of(3, 9'000));
       }},
      {"append_and_flush",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 200));
         actor.append("a", value_of(2, 5'000));
         actor.flush("a");
         actor.append("a", value_of(3, 50));
         actor.flush("a");
         actor.append("a", value_of(4, 700));
       }},
      {"append_immediate",
       [](RegionActor& actor) {
         for (std::uint64_t i = 0; i < 3; ++i) actor.append("a", value_of(i, 300), kNow);
         actor.append("a", value_of(9, 100));
         actor.append("a", value_of(10, 100), kNow);
       }},
      {"write_in_place",
       [](RegionActor& actor) {
         actor.write_at("a", 100, value_of(1, 600));
         actor.write_at("a", 500, value_of(2, 600));
         actor.flush("a");
         actor.write_at("a", 700, value_of(3, 300), kNow);
         actor.write_at("a", 800, value_of(4, 64));
       }},
      {"gap",
       [](RegionActor& actor) {
         actor.write_at("a", 6'000, value_of(1, 200), kNow);
         actor.write_at("a", 9'000, value_of(2, 10));
         actor.flush("a");
       }},
      {"growth",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 90'000));
         actor.append("b", value_of(2, 40'000));
         actor.sync();
         actor.append("a", value_of(3, 100'000), kNow);
       }},
      {"truncate",
       [](RegionActor& actor) {
         actor.write_at("b", 10, value_of(1, 300));
         actor.truncate("b", 1'000);
         actor.append("b", value_of(2, 400), kNow);
         actor.truncate("b", 5'000);
         actor.truncate("b", 0);
         actor.append("a", value_of(3, 60'000), kNow);
       }},
      {"update",
       [](RegionActor& actor) {
         actor.write_at("b", 4'000, value_of(1, 300));
         actor.update("b", {{100, value_of(2, 300)}, {66'000, value_of(3, 500)}, {300, value_of(4, 5'000)}});
         actor.write_at("b", 200, value_of(5, 100), kNow);
         actor.update("b", {{150, value_of(6, 100)}});
         actor.append("a", value_of(7, 66'000), kNow);
       }},
      {"update_growing",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 300));
         actor.update("a", {{80'000, value_of(2, 600)}, {10, value_of(3, 20)}});
         actor.append("a", value_of(4, 50));
         actor.update("a", {{80'600, value_of(5, 100)}});
       }},
      {"update_under_a_view",
       [](RegionActor& actor) {
         actor.watch("b");
         for (std::uint64_t i = 0; i < 3; ++i) actor.update("b", {{0, value_of(i, 30'000)}});
         actor.append("a", value_of(4, 66'000), kNow);
         actor.let_go();
         actor.update("b", {{20'000, value_of(5, 30'000)}});
       }},
      {"truncate_write",
       [](RegionActor& actor) {
         actor.write_at("b", 300, value_of(1, 300));
         actor.truncate_write("b", 500, value_of(2, 700));
         actor.append("a", value_of(3, 66'000), kNow);
         actor.truncate_write("b", 5'000, value_of(4, 100));
         actor.truncate_write("b", 4'900, value_of(5, 200));
       }},
      {"batch_of_regions",
       [](RegionActor& actor) {
         actor.commit({{"a", 100, value_of(1, 300)}, {"b", 4'000, value_of(2, 6'000)}, {"a", 200, value_of(3, 300)}});
         actor.write_at("a", 150, value_of(4, 100), kNow);
         actor.commit({{"b", 69'000, value_of(5, 5'000)}, {"a", 500, value_of(6, 100), true}});
         actor.append("a", value_of(7, 66'000), kNow);
       }},
      {"batch_of_everything",
       [](RegionActor& actor) {
         actor.create_records();
         actor.put("first", "1");
         actor.commit({{"a", 100, value_of(1, 300)}, {"b", 4'000, value_of(2, 600)}}, {{"key", "2"}, {"first", "3"}},
                      {"one", "two"});
         actor.put("second", "4");
         actor.commit({{"b", 0, value_of(3, 600)}}, {{"second", "5"}});
         actor.commit({{"a", 3'000, value_of(4, 100)}, {"b", 60'000, value_of(5, 100), true}}, {}, {"three"});
       }},
      {"shrink",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 3'000));
         actor.shrink("a");
         actor.shrink("b");
         actor.append("a", value_of(2, 60'000), kNow);
       }},
      {"rename",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 100));
         actor.rename("a", "renamed");
         actor.flush("renamed");
         actor.rename("b", "a");
       }},
      {"remove",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 100));
         actor.remove("b");
         actor.append("a", value_of(2, 66'000), kNow);
         actor.create("b");
         actor.append("b", value_of(3, 100), kNow);
       }},
      {"remove_under_a_view",
       [](RegionActor& actor) {
         actor.watch("b");
         actor.remove("b");
         actor.append("a", value_of(1, 66'000), kNow);
         actor.append("a", value_of(2, 66'000), kNow);
         actor.let_go();
         actor.append("a", value_of(3, 66'000), kNow);
       }},
      {"truncate_under_a_view",
       [](RegionActor& actor) {
         actor.watch("b");
         actor.truncate("b", 0);
         actor.append("a", value_of(1, 66'000));
         actor.append("b", value_of(2, 66'000), kNow);
         actor.append("b", value_of(3, 66'000), kNow);
         actor.let_go();
       }},
      {"close",
       [](RegionActor& actor) {
         actor.append("a", value_of(1, 100));
         actor.write_at("b", 5, value_of(2, 100));
         actor.close();
       }},
  };
}

}  // namespace holdfast::lab
