// The life of a store: made, opened, closed, recovered.

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

Scenario create_scenario() {
  return {.name = "create", .prepare = nullptr, .act = [](Actor& actor) {
            actor.open();
            actor.close();
          }};
}

Scenario create_and_fill_scenario() {
  return {.name = "create_and_fill", .prepare = nullptr, .act = [](Actor& actor) {
            actor.open(OpenMode::create);
            actor.space("users");
            actor.put("users", key_of(1), value_of(1, kValueBytes));
          }};
}

Scenario publish_scenario() {
  return {.name = "publish", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.space("a");
            actor.space(std::string(255, 'n'));
            actor.put("a", key_of(1), value_of(1, kValueBytes));
            actor.space("a/b");
          }};
}

Scenario close_and_open_scenario() {
  return {.name = "close_and_open", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.put("users", key_of(1), value_of(101, kValueBytes), Durability::buffered);
            actor.close();
            actor.open(OpenMode::existing);
            actor.erase("users", key_of(2));
            actor.close();
            actor.open(OpenMode::existing);
          }};
}

/// Buffered records of many sectors: what closes the store covers none of them by chance.
Scenario close_behind_buffered_scenario() {
  return {.name = "close_behind_buffered", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 20; i < 23; ++i) actor.put("users", key_of(i), value_of(i, 1'500), Durability::buffered);
            actor.close();
          }};
}

/// Each open finds what the killed one before it has left, half of it never synced.
Scenario recovery_scenario() {
  return {.name = "recovery", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.put("users", key_of(1), value_of(101, kValueBytes));
            actor.put("users", key_of(2), value_of(102, kValueBytes), Durability::buffered);
            actor.put("users", key_of(3), value_of(103, kValueBytes), Durability::buffered);
            actor.kill();
            actor.open();
            actor.kill();
            actor.open();
            actor.put("users", key_of(4), value_of(104, kValueBytes), Durability::buffered);
            actor.kill();
            actor.open();
          }};
}

}  // namespace

std::vector<Scenario> store_scenarios() {
  return {create_scenario(),          create_and_fill_scenario(),       publish_scenario(),
          close_and_open_scenario(), close_behind_buffered_scenario(), recovery_scenario()};
}

}  // namespace holdfast::lab
