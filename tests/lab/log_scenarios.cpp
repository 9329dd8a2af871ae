// Streams: appends one by one and in batches, alone and together with keys, over segments, from two threads.

#include <string>
#include <thread>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kSmallPayloadBytes = 40;

void prepare_stream(Actor& actor) {
  actor.stream("audit");
  for (std::uint64_t i = 0; i < 3; ++i) actor.append("audit", value_of(i, kSmallPayloadBytes));
}

void prepare_stream_and_keys(Actor& actor) {
  prepare_stream(actor);
  actor.space("users");
  for (std::uint64_t i = 0; i < 3; ++i) actor.put("users", key_of(i), value_of(i, kSmallPayloadBytes));
}

/// The first segment is nearly full: act's records need the next one.
void prepare_nearly_full_segment(Actor& actor) {
  prepare_stream(actor);
  for (std::uint64_t i = 0; i < 3; ++i) actor.append("audit", value_of(50 + i, 14'500));
}

Change append_change(std::uint64_t number, std::size_t size_bytes = kSmallPayloadBytes) {
  return {"audit", {}, intern(value_of(number, size_bytes)), true};
}

Change put_change(std::uint64_t key, std::uint64_t number) {
  return {"users", key_of(key), intern(value_of(number, kSmallPayloadBytes))};
}

std::vector<std::string> payloads(std::uint64_t first, std::uint64_t count,
                                  std::size_t size_bytes = kSmallPayloadBytes) {
  std::vector<std::string> all;
  for (std::uint64_t i = first; i < first + count; ++i) all.push_back(value_of(i, size_bytes));
  return all;
}

Scenario append_scenario() {
  return {.name = "append", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            actor.watch_stream("audit");
            for (std::uint64_t i = 10; i < 14; ++i) actor.append("audit", value_of(i, kSmallPayloadBytes));
          }};
}

Scenario append_sizes_scenario() {
  return {.name = "append_sizes", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            actor.append("audit", "");
            actor.append("audit", value_of(11, 1));
            actor.append("audit", std::string(700, 'p'));
            actor.append("audit", value_of(12, 1'500));
          }};
}

/// Buffered appends go as a prefix; an immediate one makes those below it durable.
Scenario append_buffered_scenario() {
  return {.name = "append_buffered", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 10; i < 13; ++i)
              actor.append("audit", value_of(i, kSmallPayloadBytes), Durability::buffered);
            actor.append("audit", value_of(13, kSmallPayloadBytes));
            actor.append("audit", value_of(14, kSmallPayloadBytes), Durability::buffered);
            actor.sync();
            actor.append("audit", value_of(15, kSmallPayloadBytes), Durability::buffered);
            actor.append("audit", value_of(16, kSmallPayloadBytes), Durability::buffered);
          }};
}

/// Records of many sectors, which closing the store covers only by its sync.
Scenario close_behind_appends_scenario() {
  return {.name = "close_behind_buffered_appends", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            for (std::uint64_t i = 20; i < 23; ++i) actor.append("audit", value_of(i, 1'500), Durability::buffered);
            actor.close();
          }};
}

Scenario append_batch_scenario() {
  return {.name = "append_batch", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            actor.watch_stream("audit");
            actor.append_batch("audit", payloads(10, 2));
            actor.append("audit", value_of(20, kSmallPayloadBytes));
            actor.append_batch("audit", payloads(30, 4));
          }};
}

/// Behind a batch that is torn, single appends of the same size line up with its members.
Scenario append_batch_buffered_scenario() {
  return {.name = "append_batch_buffered", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            actor.append_batch("audit", payloads(10, 3), Durability::buffered);
            actor.append("audit", value_of(20, kSmallPayloadBytes), Durability::buffered);
            actor.append_batch("audit", payloads(30, 2), Durability::buffered);
            actor.append("audit", value_of(40, kSmallPayloadBytes));
            actor.append_batch("audit", payloads(50, 2), Durability::buffered);
          }};
}

Scenario append_batch_over_segments_scenario() {
  return {.name = "append_batch_over_segments",
          .prepare = prepare_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.watch_stream("audit");
                actor.append_batch("audit", payloads(10, 6, 14'000));
                actor.append("audit", value_of(20, kSmallPayloadBytes));
              },
          .deep_every = 64};
}

Scenario append_rollover_scenario() {
  return {.name = "append_rollover",
          .prepare = prepare_nearly_full_segment,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append("audit", value_of(60, 9'000), Durability::buffered);
                actor.append("audit", value_of(61, 9'000), Durability::buffered);
                actor.append("audit", value_of(62, kSmallPayloadBytes));
                actor.append("audit", value_of(63, kSmallPayloadBytes), Durability::buffered);
              },
          .deep_every = 16};
}

/// Unsynced entries go on in a new segment: what is lost in the first must not be followed by those in the second.
Scenario append_buffered_over_segments_scenario() {
  return {.name = "append_buffered_over_segments",
          .prepare =
              [](Actor& actor) {
                prepare_stream(actor);
                for (std::uint64_t i = 0; i < 4; ++i) actor.append("audit", value_of(50 + i, 13'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 4; ++i)
                  actor.append("audit", value_of(60 + i, 4'500), Durability::buffered);
              },
          .deep_every = 16};
}

Scenario append_rollover_immediate_scenario() {
  return {.name = "append_rollover_immediate",
          .prepare = prepare_nearly_full_segment,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.watch_stream("audit");
                for (std::uint64_t i = 60; i < 64; ++i) actor.append("audit", value_of(i, 6'000));
              },
          .deep_every = 16};
}

Scenario append_large_scenario() {
  return {.name = "append_large",
          .prepare = prepare_stream,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.append("audit", value_of(10, 100'000));
                actor.append("audit", value_of(11, kSmallPayloadBytes), Durability::buffered);
              },
          .deep_every = 64};
}

Scenario append_async_scenario() {
  return {.name = "append_async", .prepare = prepare_stream, .act = [](Actor& actor) {
            actor.open();
            actor.append_async("audit", payloads(10, 4));
            actor.append("audit", value_of(20, kSmallPayloadBytes), Durability::buffered);
            actor.append_async("audit", payloads(30, 2), Durability::buffered);
            actor.append("audit", value_of(40, kSmallPayloadBytes));
          }};
}

Scenario create_stream_scenario() {
  return {.name = "create_stream", .prepare = prepare_stream_and_keys, .act = [](Actor& actor) {
            actor.open();
            actor.stream("new");
            actor.append("new", value_of(10, kSmallPayloadBytes));
            actor.append("audit", value_of(11, kSmallPayloadBytes), Durability::buffered);
            actor.close();
            actor.open();
            actor.append("new", value_of(12, kSmallPayloadBytes));
          }};
}

Scenario commit_scenario() {
  return {.name = "commit_over_stream_and_keys", .prepare = prepare_stream_and_keys, .act = [](Actor& actor) {
            actor.open();
            actor.watch_stream("audit");
            actor.batch({put_change(10, 10), append_change(11), put_change(1, 12)});
            actor.batch({append_change(20), append_change(21), put_change(2, 22)});
            actor.batch({put_change(1, 30), append_change(31)});
          }};
}

Scenario commit_buffered_scenario() {
  return {.name = "commit_buffered", .prepare = prepare_stream_and_keys, .act = [](Actor& actor) {
            actor.open();
            actor.batch({put_change(10, 10), append_change(11)}, Durability::buffered);
            actor.append("audit", value_of(20, kSmallPayloadBytes), Durability::buffered);
            actor.batch({append_change(30), put_change(11, 31)}, Durability::buffered);
            actor.put("users", key_of(12), value_of(40, kSmallPayloadBytes));
            actor.batch({append_change(50), put_change(10, 51)}, Durability::buffered);
          }};
}

/// Both at once on one stream: ids are dealt as it happens, and what must hold is the same.
Scenario two_threads_scenario() {
  return {.name = "two_threads_append", .prepare = prepare_stream_and_keys, .act = [](Actor& actor) {
            actor.open();
            const auto work = [&](std::uint64_t first) {
              for (std::uint64_t i = first; i < first + 3; ++i)
                actor.append("audit", value_of(i, kSmallPayloadBytes),
                             i % 2 == 0 ? Durability::immediate : Durability::buffered);
              actor.batch({append_change(first + 10), put_change(first, first)}, Durability::buffered);
            };
            std::thread a([&] { work(100); });
            std::thread b([&] { work(201); });
            a.join();
            b.join();
          }};
}

}  // namespace

std::vector<Scenario> log_scenarios() {
  return {append_scenario(),
          append_sizes_scenario(),
          append_buffered_scenario(),
          close_behind_appends_scenario(),
          append_batch_scenario(),
          append_batch_buffered_scenario(),
          append_batch_over_segments_scenario(),
          append_rollover_scenario(),
          append_buffered_over_segments_scenario(),
          append_rollover_immediate_scenario(),
          append_large_scenario(),
          append_async_scenario(),
          create_stream_scenario(),
          commit_scenario(),
          commit_buffered_scenario(),
          two_threads_scenario()};
}

}  // namespace holdfast::lab
