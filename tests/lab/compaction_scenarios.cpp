// Streams of which compaction leaves records out.

#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kProfileBytes = 60;

LogSettings by_key() {
  return {.segment_records_max = 3, .compact_by_key = true, .compact_garbage_percent_min = 1};
}

/// By call alone: in a thread of its own it would come at any event.
Options without_background() {
  Options options;
  options.sweep_interval_ms = 0;
  return options;
}

/// Records from id `first` on: odd ones are of one key, every fourth of none, the others of another key.
void append_profiles(Actor& actor, std::uint64_t first, std::uint64_t count, std::optional<Durability> durability = {}) {
  for (std::uint64_t i = first; i < first + count; ++i)
    i % 4 == 0 ? actor.append("profiles", value_of(i, kProfileBytes), durability)
               : actor.append_keyed("profiles", key_of(i % 2), value_of(i, kProfileBytes), durability);
}

void prepare_profiles(Actor& actor) {
  actor.stream("profiles", Durability::immediate, by_key());
  append_profiles(actor, 1, 7);
}

Scenario compact_stream_scenario() {
  return {.name = "compact_stream",
          .prepare = prepare_profiles,
          .act =
              [](Actor& actor) {
                actor.open();
                append_profiles(actor, 8, 1);
                actor.compact_stream("profiles", {1, 2, 3, 5});
                append_profiles(actor, 9, 3);
                actor.append("profiles", value_of(40, kProfileBytes));
                actor.compact_stream("profiles", {6, 7, 9});
                append_profiles(actor, 13, 2);
              },
          .options = without_background(),
          .deep_every = 16};
}

/// What has replaced the others was never synced.
Scenario compact_stream_behind_buffered_scenario() {
  return {.name = "compact_stream_behind_buffered",
          .prepare = prepare_profiles,
          .act =
              [](Actor& actor) {
                actor.open();
                append_profiles(actor, 8, 3, Durability::buffered);
                actor.compact_stream("profiles", {1, 2, 3, 5, 6, 7});
                append_profiles(actor, 11, 2, Durability::buffered);
                append_profiles(actor, 13, 1);
              },
          .options = without_background(),
          .deep_every = 16};
}

/// Cut behind it, killed, closed, and compacted again.
Scenario compact_and_truncate_scenario() {
  return {.name = "compact_and_truncate",
          .prepare = prepare_profiles,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append("profiles", value_of(50, kProfileBytes));
                append_profiles(actor, 9, 4);
                actor.compact_stream("profiles", {1, 2, 3, 5, 6, 7, 9});
                actor.truncate("profiles", 9);
                actor.kill();
                actor.open();
                append_profiles(actor, 13, 2);
                actor.close();
                actor.open();
                append_profiles(actor, 15, 2);
                actor.compact_stream("profiles", {10, 11, 13});
              },
          .options = without_background(),
          .deep_every = 64};
}

/// The trailer of a batch goes with the segment that holds it, and the other members must stay what they are.
Scenario compact_stream_trailers_scenario() {
  return {.name = "compact_stream_trailers",
          .prepare =
              [](Actor& actor) {
                prepare_profiles(actor);
                actor.stream("other");
              },
          .act =
              [](Actor& actor) {
                actor.open();
                append_profiles(actor, 8, 1);
                actor.batch({{"other", {}, intern(value_of(60, kProfileBytes)), true},
                             {"profiles", {}, intern(value_of(61, kProfileBytes)), true}},
                            Durability::buffered);
                append_profiles(actor, 10, 2, Durability::buffered);
                actor.compact_stream("profiles", {1, 2, 3, 5, 6, 7});
                actor.append("other", value_of(70, kProfileBytes));
              },
          .options = without_background(),
          .deep_every = 16};
}

Scenario compact_stream_large_scenario() {
  return {.name = "compact_stream_large",
          .prepare =
              [](Actor& actor) {
                actor.stream("profiles", Durability::immediate, by_key());
                actor.append_keyed("profiles", key_of(0), value_of(1, 20'000));
                actor.append("profiles", value_of(2, 20'000));
                actor.append_keyed("profiles", key_of(0), value_of(3, 20'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append_keyed("profiles", key_of(0), value_of(10, 20'000));
                actor.compact_stream("profiles", {1, 3});
                actor.append_keyed("profiles", key_of(1), value_of(11, 20'000));
              },
          .options = without_background(),
          .deep_every = 64};
}

}  // namespace

std::vector<Scenario> compaction_scenarios() {
  return {compact_stream_scenario(), compact_stream_behind_buffered_scenario(), compact_and_truncate_scenario(),
          compact_stream_trailers_scenario(), compact_stream_large_scenario()};
}

}  // namespace holdfast::lab
