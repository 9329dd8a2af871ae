// Writes that are not durable at once: what may be lost of them, and what may not.

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

Scenario buffered_scenario() {
  return {.name = "buffered_and_sync", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 10; i < 14; ++i)
              actor.put("users", key_of(i), value_of(i, kValueBytes), Durability::buffered);
            actor.erase("users", key_of(11), Durability::buffered);
            actor.sync();
            actor.put("users", key_of(10), value_of(110, kValueBytes), Durability::buffered);
            actor.put("users", key_of(15), value_of(15, kValueBytes), Durability::buffered);
          }};
}

/// An immediate write makes durable what its thread wrote to the space before.
Scenario buffered_then_immediate_scenario() {
  return {.name = "buffered_then_immediate", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 10; i < 13; ++i)
              actor.put("users", key_of(i), value_of(i, kValueBytes), Durability::buffered);
            actor.put("users", key_of(13), value_of(13, kValueBytes));
            actor.put("users", key_of(14), value_of(14, kValueBytes), Durability::buffered);
          }};
}

Scenario interval_scenario() {
  Options options;
  options.interval_ms = 3'600'000;  // by bytes alone, so that the log is the same each time
  options.interval_bytes = 120;
  return {.name = "interval",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 10; i < 20; ++i)
                  actor.put("users", key_of(i), value_of(i, kValueBytes), Durability::interval);
              },
          .options = options};
}

/// The bound counts what the caller has written, wherever the engine puts it.
Scenario interval_large_scenario() {
  Options options;
  options.interval_ms = 3'600'000;
  options.interval_bytes = 50'000;
  return {.name = "interval_with_large_value",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(10), value_of(10, kValueBytes), Durability::interval);
                actor.put("users", key_of(11), value_of(11, 70'000), Durability::interval);
                actor.put("users", key_of(12), value_of(12, kValueBytes), Durability::interval);
              },
          .options = options,
          .deep_every = 16};
}

Scenario mixed_scenario() {
  return {.name = "mixed_durability",
          .prepare =
              [](Actor& actor) {
                prepare_keys<6>(actor);
                actor.space("cache", Durability::buffered);
                actor.put("cache", key_of(0), value_of(0, kValueBytes));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.space("cache", Durability::buffered);
                for (std::uint64_t i = 10; i < 13; ++i) {
                  actor.put("cache", key_of(i), value_of(i, kValueBytes));
                  actor.put("users", key_of(i), value_of(i, kValueBytes));
                }
                actor.batch({{"cache", key_of(0), intern("both")}, {"users", key_of(0), intern("both")}});
                actor.put("cache", key_of(13), value_of(13, kValueBytes));
                actor.batch({{"cache", key_of(1), intern("later")}, {"users", key_of(1), intern("later")}},
                            Durability::buffered);
              }};
}

/// A batch whose trailer lies in the other space, unsynced, and a write behind it in the first one: that
/// write must not be there without the batch.
Scenario buffered_batch_scenario() {
  return {.name = "buffered_batch_over_spaces",
          .prepare =
              [](Actor& actor) {
                prepare_keys<6>(actor);
                actor.space("cache");
                actor.put("cache", key_of(0), value_of(0, kValueBytes));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.batch({{"cache", key_of(1), intern("first")}, {"users", key_of(1), intern("first")}},
                            Durability::buffered);
                actor.put("cache", key_of(2), value_of(2, kValueBytes), Durability::buffered);
                actor.put("users", key_of(2), value_of(2, kValueBytes), Durability::buffered);
                actor.batch({{"users", key_of(3), intern("second")}, {"cache", key_of(3), intern("second")}},
                            Durability::buffered);
                actor.put("cache", key_of(4), value_of(4, kValueBytes));
              }};
}

/// Unsynced records go on in a new segment: what is lost in the first must not be there from the second.
Scenario buffered_over_segments_scenario() {
  return {.name = "buffered_over_segments",
          .prepare =
              [](Actor& actor) {
                prepare_keys<6>(actor);
                for (std::uint64_t i = 0; i < 4; ++i) actor.put("users", key_of(50 + i), value_of(i, 13'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 4; ++i)
                  actor.put("users", key_of(60 + i), value_of(i, 4'500), Durability::buffered);
              },
          .deep_every = 16};
}

/// The first record of a slice is torn and those behind it are whole: the next slice, which comes to lie in
/// the same place, must not run into them.
Scenario torn_first_record_scenario() {
  return {.name = "torn_first_record",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 10; i < 13; ++i)
                  actor.put("users", key_of(i), value_of(i, 1'500), Durability::buffered);
              },
          .deep_every = 4};
}

/// SIGKILL loses nothing that was written, then a power cut takes what was never made durable: what the
/// second process found and built upon must be durable by then.
Scenario kill_then_power_cut_scenario() {
  return {.name = "kill_then_power_cut", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 10; i < 13; ++i)
              actor.put("users", key_of(i), value_of(i, kValueBytes), Durability::buffered);
            actor.kill();
            actor.open();
            actor.put("users", key_of(13), value_of(13, kValueBytes));
            actor.put("users", key_of(14), value_of(14, kValueBytes), Durability::buffered);
          }};
}

}  // namespace

std::vector<Scenario> durability_scenarios() {
  return {buffered_scenario(),
          buffered_then_immediate_scenario(),
          interval_scenario(),
          interval_large_scenario(),
          mixed_scenario(),
          buffered_batch_scenario(),
          buffered_over_segments_scenario(),
          torn_first_record_scenario(),
          kill_then_power_cut_scenario()};
}

}  // namespace holdfast::lab
