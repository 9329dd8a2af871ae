// A sync, a write or a growth that fails in the middle of ordinary work. The test asks for the n-th one, for
// every n.

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

/// In a thread of its own it would come at any event.
Options by_call_alone() {
  Options options;
  options.sweep_interval_ms = 0;
  return options;
}

Scenario puts_scenario() {
  return {.name = "fault_in_puts", .prepare = prepare_keys<4>, .act = [](Actor& actor) {
            if (!actor.open()) return;
            for (std::uint64_t i = 10; i < 14; ++i) actor.put("users", key_of(i), value_of(i, kValueBytes));
            actor.erase("users", key_of(1));
          }};
}

Scenario batches_scenario() {
  return {.name = "fault_in_batches", .prepare = prepare_keys<4>, .act = [](Actor& actor) {
            if (!actor.open()) return;
            for (std::uint64_t i = 10; i < 14; i += 2)
              actor.batch({{"users", key_of(i), intern(value_of(i, kValueBytes))},
                           {"users", key_of(i + 1), intern(value_of(i + 1, kValueBytes))}});
            actor.put("users", key_of(1), value_of(101, kValueBytes));
          }};
}

Scenario sync_scenario() {
  return {.name = "fault_in_sync", .prepare = prepare_keys<4>, .act = [](Actor& actor) {
            if (!actor.open()) return;
            for (std::uint64_t round = 0; round < 2; ++round) {
              actor.put("users", key_of(1), value_of(100 + round, kValueBytes), Durability::buffered);
              actor.put("users", key_of(20 + round), value_of(round, kValueBytes), Durability::buffered);
              actor.sync();
            }
            actor.put("users", key_of(30), value_of(30, kValueBytes));
            actor.close();
          }};
}

Scenario extents_scenario() {
  return {.name = "fault_in_extents",
          .prepare = prepare_keys<4>,
          .act =
              [](Actor& actor) {
                if (!actor.open()) return;
                actor.put("users", "large", value_of(1, 70'000));
                actor.put("users", "large", value_of(2, kValueBytes));
                actor.space("more");
                actor.put("more", key_of(1), value_of(3, kValueBytes));
              },
          .size_bytes = std::uint64_t{8 + 64 + 64} << 10,
          .deep_every = 64};
}

Scenario appends_scenario() {
  return {.name = "fault_in_appends",
          .prepare =
              [](Actor& actor) {
                prepare_keys<4>(actor);
                actor.stream("audit");
                actor.append("audit", value_of(500, kValueBytes));
              },
          .act =
              [](Actor& actor) {
                if (!actor.open()) return;
                actor.append("audit", value_of(501, kValueBytes));
                actor.append("audit", value_of(502, kValueBytes), Durability::buffered);
                actor.append_batch("audit", {value_of(503, 9'000), value_of(504, kValueBytes)});
                actor.batch({{"audit", {}, intern(value_of(505, kValueBytes)), true},
                             {"users", key_of(1), intern(value_of(101, kValueBytes))}});
                actor.append_async("audit", {value_of(506, kValueBytes), value_of(507, kValueBytes)});
                actor.append("audit", value_of(508, 70'000));
                actor.append("audit", value_of(509, kValueBytes), Durability::buffered);
                actor.close();
              },
          .size_bytes = std::uint64_t{8 + 64 + 64} << 10,
          .deep_every = 64};
}

Scenario compaction_scenario() {
  return {.name = "fault_in_compaction",
          .prepare =
              [](Actor& actor) {
                actor.stream("audit", Durability::immediate,
                             {.segment_records_max = 3, .compact_by_key = true, .compact_garbage_percent_min = 1});
                for (std::uint64_t i = 1; i <= 6; ++i)
                  i == 2 ? actor.append("audit", value_of(i, kValueBytes))
                         : actor.append_keyed("audit", key_of(1), value_of(i, kValueBytes));
              },
          .act =
              [](Actor& actor) {
                if (!actor.open()) return;
                actor.append_keyed("audit", key_of(1), value_of(7, kValueBytes));
                actor.compact_stream("audit", {1, 3, 4, 5, 6});
                actor.append("audit", value_of(8, kValueBytes));
                actor.close();
              },
          .options = by_call_alone(),
          .deep_every = 64};
}

}  // namespace

std::vector<Scenario> fault_scenarios() {
  return {puts_scenario(),    batches_scenario(), sync_scenario(),
          extents_scenario(), appends_scenario(), compaction_scenario()};
}

}  // namespace holdfast::lab
