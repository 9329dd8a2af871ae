// Puts, overwrites, erases and batches: what one call does to one or several keys.

#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kMediumValueBytes = 300;

void prepare_two_spaces(Actor& actor) {
  prepare_keys<6>(actor);
  actor.space("orders");
  for (std::uint64_t i = 0; i < 3; ++i) actor.put("orders", key_of(i), value_of(i, kMediumValueBytes));
}

Change put_change(const std::string& space, std::uint64_t key, std::uint64_t value, std::size_t size_bytes) {
  return {space, key_of(key), intern(value_of(value, size_bytes))};
}

Scenario put_scenario() {
  return {.name = "put", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 10; i < 14; ++i)
              actor.put("users", key_of(i), value_of(i, kValueBytes));
          }};
}

Scenario put_sizes_scenario() {
  return {.name = "put_sizes", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.put("users", "e", "");
            actor.put("users", std::string("\0\xFF", 2), value_of(1, 1));
            actor.put("users", std::string(700, 'k'), value_of(2, 17));
            actor.put("users", "compressible", std::string(3000, 'c'));
            actor.put("users", "medium", value_of(3, 1500));
          }};
}

Scenario overwrite_scenario() {
  return {.name = "overwrite", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.put("users", key_of(1), value_of(101, kValueBytes));
            actor.put("users", key_of(1), value_of(102, kValueBytes));
            actor.put("users", key_of(2), value_of(103, kMediumValueBytes));
            actor.put("users", key_of(1), value_of(104, 1));
          }};
}

Scenario erase_scenario() {
  return {.name = "erase", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.erase("users", key_of(1));
            actor.put("users", key_of(1), value_of(101, kValueBytes));
            actor.erase("users", key_of(1));
            actor.erase("users", key_of(5));
          }};
}

Scenario batch_scenario() {
  return {.name = "batch", .prepare = prepare_two_spaces, .act = [](Actor& actor) {
            actor.open();
            actor.batch({put_change("users", 20, 20, kValueBytes),
                         put_change("users", 21, 21, kValueBytes)});
            actor.batch({put_change("users", 1, 101, kValueBytes),
                         {"users", key_of(2), nullptr},
                         put_change("orders", 1, 102, kValueBytes)});
            actor.batch({put_change("orders", 2, 103, kValueBytes),
                         put_change("users", 22, 104, kValueBytes)});
          }};
}

/// Behind a batch that is torn, single puts of the same size line up with its members.
Scenario batch_then_puts_scenario() {
  return {.name = "batch_then_puts", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.put("users", key_of(30), value_of(30, kValueBytes), Durability::buffered);
            actor.batch({put_change("users", 31, 31, kValueBytes),
                         put_change("users", 32, 32, kValueBytes)},
                        Durability::buffered);
            actor.put("users", key_of(33), value_of(33, kValueBytes), Durability::buffered);
            actor.batch({put_change("users", 1, 34, kValueBytes),
                         put_change("users", 31, 35, kValueBytes)});
          }};
}

Scenario batch_over_slices_scenario() {
  return {.name = "batch_over_slices",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                std::vector<Change> changes;
                for (std::uint64_t i = 0; i < 6; ++i) changes.push_back(put_change("users", 40 + i, i, 3500));
                actor.batch(std::move(changes));
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .deep_every = 16};
}

Scenario batch_over_segments_scenario() {
  return {.name = "batch_over_segments",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                std::vector<Change> changes;
                for (std::uint64_t i = 0; i < 6; ++i)
                  changes.push_back(put_change("users", 40 + i, i, 14'000));
                actor.batch(std::move(changes));
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .deep_every = 64};
}

}  // namespace

std::vector<Scenario> write_scenarios() {
  return {put_scenario(),
          put_sizes_scenario(),
          overwrite_scenario(),
          erase_scenario(),
          batch_scenario(),
          batch_then_puts_scenario(),
          batch_over_slices_scenario(),
          batch_over_segments_scenario()};
}

}  // namespace holdfast::lab
