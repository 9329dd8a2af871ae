// Streams whose begin goes, that change what they keep, and that are dropped.

#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kPayloadBytes = 60;
constexpr LogSettings kThreeEach{.segment_records_max = 3};

void prepare_cut_stream(Actor& actor) {
  actor.stream("audit", Durability::immediate, kThreeEach);
  for (std::uint64_t i = 0; i < 8; ++i) actor.append("audit", value_of(i, kPayloadBytes));
}

void append_some(Actor& actor, std::uint64_t first, std::uint64_t count,
                 std::optional<Durability> durability = {}) {
  for (std::uint64_t i = first; i < first + count; ++i) actor.append("audit", value_of(i, kPayloadBytes), durability);
}

Scenario truncate_scenario() {
  return {.name = "truncate",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                append_some(actor, 20, 3);
                actor.truncate("audit", 5);
                append_some(actor, 30, 2);
                actor.truncate("audit", 11);
                append_some(actor, 40, 2);
              },
          .deep_every = 16};
}

/// What is taken away was never synced, nor what comes behind it.
Scenario truncate_buffered_scenario() {
  return {.name = "truncate_buffered",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                append_some(actor, 20, 5, Durability::buffered);
                actor.truncate("audit", 12);
                append_some(actor, 30, 4, Durability::buffered);
                append_some(actor, 40, 1);
              },
          .deep_every = 16};
}

/// Every segment has gone, the store is opened again, and ids go on.
Scenario truncate_all_scenario() {
  return {.name = "truncate_all",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.truncate("audit", 9);
                append_some(actor, 10, 2);
                actor.truncate("audit", 11);
                actor.close();
                actor.open();
                append_some(actor, 20, 2);
                actor.kill();
                actor.open();
                append_some(actor, 30, 2);
              },
          .deep_every = 16};
}

/// The trailer of a batch goes with the segment that holds it, and the other members must stay what they are.
Scenario truncate_trailers_scenario() {
  return {.name = "truncate_trailers",
          .prepare =
              [](Actor& actor) {
                actor.stream("audit", Durability::immediate, kThreeEach);
                actor.stream("other");
                append_some(actor, 0, 2);
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.batch({{"other", {}, intern(value_of(50, kPayloadBytes)), true},
                             {"audit", {}, intern(value_of(51, kPayloadBytes)), true}},
                            Durability::buffered);
                append_some(actor, 20, 4, Durability::buffered);
                actor.batch({{"other", {}, intern(value_of(60, kPayloadBytes)), true},
                             {"audit", {}, intern(value_of(61, kPayloadBytes)), true}},
                            Durability::buffered);
                actor.sync();
                actor.truncate("audit", 7);
                actor.append("other", value_of(70, kPayloadBytes));
              },
          .deep_every = 16};
}

Scenario truncate_large_scenario() {
  return {.name = "truncate_large",
          .prepare =
              [](Actor& actor) {
                actor.stream("audit", Durability::immediate, {.segment_records_max = 2});
                for (std::uint64_t i = 0; i < 3; ++i) actor.append("audit", value_of(i, 20'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append("audit", value_of(10, 20'000));
                actor.truncate("audit", 3);
                actor.append("audit", value_of(11, 20'000));
              },
          .deep_every = 64};
}

/// By call alone: in a thread of its own it would come at any event.
Options without_sweeper() {
  Options options;
  options.sweep_interval_ms = 0;
  return options;
}

Scenario retain_scenario() {
  return {.name = "retain",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                append_some(actor, 20, 2);
                actor.change_stream_settings("audit", {.segment_records_max = 3, .retain_records = 4});
                actor.retain("audit", 7);
                append_some(actor, 30, 2);
              },
          .options = without_sweeper(),
          .deep_every = 16};
}

Scenario drop_stream_scenario() {
  return {.name = "drop_stream",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                append_some(actor, 20, 2, Durability::buffered);
                actor.drop_stream("audit");
                actor.stream("new");
                actor.append("new", value_of(40, kPayloadBytes));
              },
          .deep_every = 16};
}

/// The first cursor makes the ledger's space.
Scenario cursors_scenario() {
  return {.name = "cursors",
          .prepare = prepare_cut_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.commit_cursor("audit", "a", 3);
                actor.commit_cursor("audit", "b", 9);
                append_some(actor, 20, 1);
                actor.commit_cursor("audit", "a", 10);
                actor.drop_cursor("audit", "b");
                actor.truncate("audit", 7);
              },
          .deep_every = 16};
}

/// Results, in keys and in another stream, with the cursor of who made them; what it has passed is then taken away.
Scenario batch_cursors_scenario() {
  return {.name = "batch_cursors",
          .prepare =
              [](Actor& actor) {
                prepare_cut_stream(actor);
                actor.space("sums");
                actor.stream("results");
              },
          .act =
              [](Actor& actor) {
                const auto handle_up_to = [&actor](std::uint64_t next, std::optional<Durability> durability) {
                  const std::string sum = "sum of " + std::to_string(next);
                  actor.batch({{"sums", "sum", intern(sum)},
                               {cursors_of("audit"), "consumer", intern(std::to_string(next))},
                               {"results", {}, intern("result " + std::to_string(next)), true}},
                              durability);
                };
                actor.open();
                handle_up_to(4, {});
                handle_up_to(6, Durability::buffered);
                handle_up_to(9, {});
                actor.truncate("audit", 7);
                append_some(actor, 20, 1);
                handle_up_to(10, {});
              },
          .deep_every = 16};
}

}  // namespace

std::vector<Scenario> truncation_scenarios() {
  return {truncate_scenario(),          truncate_buffered_scenario(), truncate_all_scenario(),
          truncate_trailers_scenario(), truncate_large_scenario(),    retain_scenario(),
          drop_stream_scenario(),       cursors_scenario(),           batch_cursors_scenario()};
}

}  // namespace holdfast::lab
