// Ordered spaces: that one is ordered is there with it or not at all, and its order is that of the keys that are there.

#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

void prepare_ordered(Actor& actor) {
  actor.space("ordered");
  for (std::uint64_t i = 0; i < 8; ++i) actor.put("ordered", key_of(i * 3 % 8), value_of(i, kValueBytes));
  actor.erase("ordered", key_of(5));
}

Scenario create_scenario() {
  return {.name = "ordered_create", .prepare = {}, .act = [](Actor& actor) {
            actor.open();
            actor.space("ordered");
            actor.put("ordered", "b", "1");
            actor.space("ordered too");
            actor.put("ordered too", "b", "2");
            actor.put("ordered", "a", "3");
          }};
}

Scenario change_scenario() {
  return {.name = "ordered_change", .prepare = prepare_ordered, .act = [](Actor& actor) {
            actor.open();
            actor.put("ordered", key_of(5), value_of(100, kValueBytes));
            actor.erase("ordered", key_of(2));
            actor.put("ordered", key_of(20), value_of(101, kValueBytes), Durability::buffered);
            actor.erase("ordered", key_of(7), Durability::buffered);
            actor.batch({{"ordered", key_of(10), intern(value_of(102, kValueBytes))},
                         {"ordered", key_of(1), nullptr},
                         {"ordered", key_of(2), intern(value_of(103, kValueBytes))}});
            actor.put("ordered", "0", value_of(104, kValueBytes));
          }};
}

}  // namespace

std::vector<Scenario> ordered_scenarios() { return {create_scenario(), change_scenario()}; }

}  // namespace holdfast::lab
