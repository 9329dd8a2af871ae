// Streams whose end goes, alone and together.

#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kEndPayloadBytes = 60;

/// Segments that hold nothing else go by call alone: in a thread of its own that would come at any event.
Options without_upkeep() {
  Options options;
  options.sweep_interval_ms = 0;
  return options;
}

void append_to(Actor& actor, const std::string& stream, std::uint64_t first, std::uint64_t count,
               std::optional<Durability> durability = {}) {
  for (std::uint64_t i = first; i < first + count; ++i)
    actor.append(stream, value_of(i, kEndPayloadBytes), durability);
}

void prepare_two_streams(Actor& actor) {
  actor.stream("audit", Durability::immediate, {.segment_records_max = 3});
  actor.stream("other", Durability::immediate, {.segment_records_max = 3});
  append_to(actor, "audit", 0, 8);
  append_to(actor, "other", 100, 4);
}

/// Within a segment, over whole ones, below an earlier gap and through it.
Scenario truncate_end_scenario() {
  return {.name = "truncate_end",
          .prepare = prepare_two_streams,
          .act =
              [](Actor& actor) {
                actor.open();
                append_to(actor, "audit", 20, 2);
                actor.truncate_ends({{"audit", 9}});
                append_to(actor, "audit", 30, 4);
                actor.truncate_ends({{"audit", 12}});
                append_to(actor, "audit", 40, 1);
                actor.truncate_ends({{"audit", 5}});
                append_to(actor, "audit", 50, 2);
                actor.kill();
                actor.open();
                actor.retain("audit", 1);  // a segment that was written to when its records went
                append_to(actor, "audit", 60, 1);
              },
          .options = without_upkeep(),
          .deep_every = 16};
}

/// What stays was never synced before, nor what goes.
Scenario truncate_end_buffered_scenario() {
  return {.name = "truncate_end_buffered",
          .prepare = prepare_two_streams,
          .act =
              [](Actor& actor) {
                actor.open();
                append_to(actor, "audit", 20, 5, Durability::buffered);
                actor.truncate_ends({{"audit", 12}});
                append_to(actor, "audit", 30, 3, Durability::buffered);
                append_to(actor, "audit", 40, 1);
              },
          .options = without_upkeep(),
          .deep_every = 16};
}

Scenario truncate_ends_together_scenario() {
  return {.name = "truncate_ends_together",
          .prepare = prepare_two_streams,
          .act =
              [](Actor& actor) {
                actor.open();
                append_to(actor, "audit", 20, 1, Durability::buffered);
                append_to(actor, "other", 30, 2, Durability::buffered);
                actor.truncate_ends({{"other", 6}, {"audit", 6}});
                append_to(actor, "other", 40, 1);
                append_to(actor, "audit", 50, 1);
              },
          .options = without_upkeep(),
          .deep_every = 16};
}

/// Everything goes, the store is opened again before anything comes behind, and the begin then passes the gap.
Scenario truncate_end_whole_scenario() {
  return {.name = "truncate_end_whole",
          .prepare = prepare_two_streams,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.truncate_ends({{"audit", 1}});
                actor.kill();
                actor.open();
                append_to(actor, "audit", 20, 2);
                actor.truncate_ends({{"audit", 10}});
                append_to(actor, "audit", 30, 1);
                actor.truncate("audit", 11);
                append_to(actor, "audit", 40, 1);
                actor.close();
                actor.open();
                append_to(actor, "audit", 50, 1);
              },
          .options = without_upkeep(),
          .deep_every = 16};
}

/// A cut through a batch whose trailer goes with a segment; the members in another stream must stay what they are.
Scenario truncate_end_batch_scenario() {
  return {.name = "truncate_end_batch",
          .prepare = prepare_two_streams,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.batch({{"other", {}, intern(value_of(50, kEndPayloadBytes)), true},
                             {"audit", {}, intern(value_of(51, kEndPayloadBytes)), true},
                             {"audit", {}, intern(value_of(52, kEndPayloadBytes)), true}},
                            Durability::buffered);
                append_to(actor, "audit", 20, 4, Durability::buffered);
                actor.truncate_ends({{"audit", 10}});
                append_to(actor, "audit", 30, 2);
                append_to(actor, "other", 40, 1);
              },
          .options = without_upkeep(),
          .deep_every = 16};
}

Scenario truncate_end_large_scenario() {
  return {.name = "truncate_end_large",
          .prepare =
              [](Actor& actor) {
                actor.stream("audit", Durability::immediate, {.segment_records_max = 2});
                for (std::uint64_t i = 0; i < 3; ++i) actor.append("audit", value_of(i, 20'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append("audit", value_of(10, 20'000));
                actor.truncate_ends({{"audit", 2}});
                actor.append("audit", value_of(11, 20'000));
              },
          .options = without_upkeep(),
          .deep_every = 64};
}

}  // namespace

std::vector<Scenario> end_scenarios() {
  return {truncate_end_scenario(),       truncate_end_buffered_scenario(), truncate_ends_together_scenario(),
          truncate_end_whole_scenario(), truncate_end_batch_scenario(),    truncate_end_large_scenario()};
}

}  // namespace holdfast::lab
