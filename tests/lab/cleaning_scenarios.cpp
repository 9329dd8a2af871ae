// Segments that are cleaned, beside what is not durable yet, and spaces that are dropped.

#include <string>
#include <vector>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kMediumValueBytes = 4'000;

void put_keys(Actor& actor, std::uint64_t first, std::uint64_t count, std::uint64_t seed) {
  for (std::uint64_t i = first; i < first + count; ++i) actor.put("users", key_of(i), value_of(seed + i, kMediumValueBytes));
}

/// Two segments: in the first one key of four is present still.
void prepare_garbage(Actor& actor) {
  actor.space("users");
  put_keys(actor, 0, 16, 0);
  put_keys(actor, 0, 4, 100);
  put_keys(actor, 8, 8, 100);
}

Scenario compact_scenario() {
  return {.name = "compact",
          .prepare = prepare_garbage,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(5), value_of(300, kValueBytes));
                actor.compact("users");
                actor.put("users", key_of(6), value_of(301, kValueBytes));
                actor.compact("users");
              },
          .deep_every = 16};
}

/// What replaced the records of the cleaned segment waits for a sync.
Scenario compact_behind_buffered_scenario() {
  return {.name = "compact_behind_buffered",
          .prepare = prepare_garbage,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(4), value_of(304, kValueBytes), Durability::buffered);
                actor.put("users", key_of(5), value_of(305, kValueBytes), Durability::buffered);
                actor.erase("users", key_of(6), Durability::buffered);
                actor.compact("users");
                actor.put("users", key_of(7), value_of(307, kValueBytes), Durability::buffered);
              },
          .deep_every = 16};
}

/// The freed segment is used again at once.
Scenario clean_and_use_again_scenario() {
  return {.name = "clean_and_use_again",
          .prepare = prepare_garbage,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.compact("users");
                for (std::uint64_t i = 0; i < 12; ++i)
                  actor.put("users", key_of(40 + i), value_of(400 + i, 14'000), Durability::buffered);
                actor.sync();
              },
          .deep_every = 64};
}

/// The first segment holds a record of an erased key, and else what is present; the tombstone's segment is garbage.
void prepare_tombstone(Actor& actor) {
  actor.space("users");
  actor.put("users", "gone", value_of(1, kValueBytes));
  put_keys(actor, 0, 15, 0);
  actor.put("users", key_of(50), value_of(50, kMediumValueBytes));
  for (std::uint64_t i = 0; i < 6; ++i) actor.put("users", key_of(51), value_of(60 + i, kMediumValueBytes));
  actor.erase("users", "gone");
  for (std::uint64_t i = 0; i < 12; ++i) actor.put("users", key_of(51), value_of(70 + i, kMediumValueBytes));
}

Scenario compact_tombstone_scenario() {
  return {.name = "compact_tombstone",
          .prepare = prepare_tombstone,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.compact("users");
                actor.put("users", key_of(52), value_of(52, kValueBytes));
              },
          .deep_every = 16};
}

/// Batches over two spaces; the trailers lie in the segments that are cleaned.
void prepare_batches(Actor& actor) {
  actor.space("others");
  actor.space("users");
  for (std::uint64_t i = 0; i < 20; ++i)
    actor.batch({{"others", key_of(i), intern(value_of(i, kValueBytes))},
                 {"users", key_of(i % 4), intern(value_of(200 + i, kMediumValueBytes))}});
}

Scenario compact_trailers_scenario() {
  return {.name = "compact_trailers",
          .prepare = prepare_batches,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 3; ++i)
                  actor.batch({{"others", key_of(30 + i), intern(value_of(30 + i, kValueBytes))},
                               {"users", key_of(i % 4), intern(value_of(230 + i, kValueBytes))}});
                for (std::uint64_t i = 0; i < 18; ++i) actor.put("users", key_of(i % 4), value_of(300 + i, kMediumValueBytes), Durability::buffered);
                actor.compact("users");
                actor.put("users", key_of(1), value_of(400, kValueBytes));
              },
          .deep_every = 64};
}

/// The store may not grow: a write that finds no room makes it.
Scenario clean_for_room_scenario() {
  return {.name = "clean_for_room",
          .prepare = prepare_garbage,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 30; ++i)
                  actor.put("users", key_of(i % 8), value_of(500 + i, 7'000), Durability::buffered);
                const auto cleaned = actor.store()->kv("users")->statistics();
                actor.expect(cleaned && cleaned->cleaned_segments > 0, "a write without room cleans");
                actor.sync();
              },
          .size_bytes = std::uint64_t{480} << 10,
          .max_size_bytes = std::uint64_t{480} << 10,
          .deep_every = 64};
}

/// The same of keys that are erased, and come again.
Scenario clean_for_room_of_erased_scenario() {
  return {.name = "clean_for_room_of_erased",
          .prepare = prepare_garbage,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 36; ++i) {
                  if (i % 4 == 3) actor.erase("users", key_of((i - 1) % 8), Durability::buffered);
                  actor.put("users", key_of(i % 8), value_of(600 + i, 7'000), Durability::buffered);
                }
                const auto cleaned = actor.store()->kv("users")->statistics();
                actor.expect(cleaned && cleaned->cleaned_segments > 0, "a write without room cleans");
              },
          .size_bytes = std::uint64_t{480} << 10,
          .max_size_bytes = std::uint64_t{480} << 10,
          .deep_every = 64};
}

Scenario drop_space_scenario() {
  return {.name = "drop_space",
          .prepare = prepare_batches,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.batch({{"others", key_of(60), intern(value_of(60, kValueBytes))},
                             {"users", key_of(1), intern(value_of(260, kValueBytes))}});
                actor.drop("users", {key_of(0), key_of(1), key_of(2), key_of(3)});
                actor.put("others", key_of(61), value_of(61, 14'000));
                actor.put("others", key_of(62), value_of(62, 14'000));
              },
          .deep_every = 16};
}

}  // namespace

std::vector<Scenario> cleaning_scenarios() {
  return {compact_scenario(),          compact_behind_buffered_scenario(), clean_and_use_again_scenario(),
          compact_tombstone_scenario(), compact_trailers_scenario(),        clean_for_room_scenario(),
          clean_for_room_of_erased_scenario(), drop_space_scenario()};
}

}  // namespace holdfast::lab
