// Keys by calls beyond put, erase and batch: several at once, conditionally, and without waiting.

#include <string>
#include <thread>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kLongValueBytes = 300;

std::vector<std::pair<std::string, std::string>> entries(std::uint64_t first, std::uint64_t count,
                                                         std::size_t size_bytes = kValueBytes) {
  std::vector<std::pair<std::string, std::string>> all;
  for (std::uint64_t i = first; i < first + count; ++i) all.emplace_back(key_of(i), value_of(500 + i, size_bytes));
  return all;
}

/// Puts, and an erase of every third key.
std::vector<Actor::AsyncEntry> async_entries(std::uint64_t first, std::uint64_t count, std::size_t size_bytes = kValueBytes) {
  std::vector<Actor::AsyncEntry> all;
  for (std::uint64_t i = first; i < first + count; ++i)
    all.emplace_back(key_of(i),
                     i % 3 == 2 ? std::nullopt : std::optional<std::string>(value_of(700 + i, size_bytes)));
  return all;
}

Scenario multi_put_scenario() {
  return {.name = "multi_put", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.multi_put("users", entries(4, 4));
            actor.multi_put("users", entries(20, 1));
            actor.put("users", key_of(4), value_of(1, kValueBytes));
            actor.multi_put("users", entries(3, 3));
          }};
}

/// Behind one that is torn, single puts of the same size line up with its members; these fill more than a sector.
Scenario multi_put_buffered_scenario() {
  return {.name = "multi_put_buffered", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.multi_put("users", entries(4, 3, kLongValueBytes), Durability::buffered);
            actor.put("users", key_of(30), value_of(30, kLongValueBytes), Durability::buffered);
            actor.multi_put("users", entries(5, 3, kLongValueBytes), Durability::buffered);
            actor.put("users", key_of(31), value_of(31, kValueBytes));
          }};
}

Scenario multi_put_over_segments_scenario() {
  return {.name = "multi_put_over_segments",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.multi_put("users", entries(40, 6, 14'000));
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .deep_every = 64};
}

void write_conditionally(Actor& actor, Durability durability) {
  actor.open();
  actor.put_if_absent("users", key_of(10), value_of(10, kValueBytes), durability);
  actor.exchange("users", key_of(1), value_of(101, kValueBytes), durability);
  actor.add("users", "counter", 5, durability);
  actor.update("users", key_of(2), value_of(102, kValueBytes), durability);
  actor.exchange("users", key_of(3), std::nullopt, durability);
  actor.add("users", "counter", -8, durability);
  actor.update("users", key_of(10), std::nullopt, durability);
  actor.put_if_absent("users", key_of(3), value_of(103, kValueBytes), durability);
  actor.exchange("users", key_of(11), value_of(11, 300), durability);
  actor.add("users", "counter", 1);
}

Scenario conditional_scenario() {
  return {.name = "conditional", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            write_conditionally(actor, Durability::immediate);
          }};
}

Scenario conditional_buffered_scenario() {
  return {.name = "conditional_buffered", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            write_conditionally(actor, Durability::buffered);
          }};
}

/// What an exchange replaces is a large value, whose extents are used again.
Scenario exchange_large_scenario() {
  return {.name = "exchange_large",
          .prepare =
              [](Actor& actor) {
                prepare_keys<6>(actor);
                actor.put("users", "large", value_of(1, 40'000));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.exchange("users", "large", value_of(2, 50'000));
                actor.update("users", "large", value_of(3, 45'000));
                actor.exchange("users", "large", std::nullopt);
                actor.put("users", "another", value_of(4, 50'000));
              },
          .deep_every = 64};
}

Scenario put_async_scenario() {
  return {.name = "put_async", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.write_async("users", async_entries(4, 5));
            actor.put("users", key_of(4), value_of(1, kValueBytes));
            actor.write_async("users", async_entries(3, 2));
          }};
}

/// Several writes of one key in flight, and a synchronous one behind them.
Scenario put_async_buffered_scenario() {
  return {.name = "put_async_buffered", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.write_async("users", async_entries(4, 4), Durability::buffered);
            actor.write_async("users",
                              {{key_of(1), value_of(11, kValueBytes)},
                               {key_of(1), std::nullopt},
                               {key_of(1), value_of(12, kValueBytes)}},
                              Durability::buffered);
            actor.put("users", key_of(1), value_of(13, kValueBytes), Durability::buffered);
            actor.sync();
            actor.write_async("users", async_entries(10, 3), Durability::buffered);
            actor.put("users", key_of(20), value_of(20, kValueBytes));
          }};
}

Scenario put_async_large_scenario() {
  return {.name = "put_async_large",
          .prepare = prepare_keys<6>,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.write_async("users", {{"large", value_of(1, 40'000)},
                                            {"large", value_of(2, 30'000)},
                                            {key_of(1), value_of(3, kValueBytes)},
                                            {"large", std::nullopt}});
                actor.put("users", "large", value_of(4, 50'000));
              },
          .deep_every = 64};
}

Scenario put_async_closed_scenario() {
  return {.name = "close_behind_put_async", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            actor.write_async("users", async_entries(20, 4, 1'500), Durability::buffered);
            actor.close();
          }};
}

Scenario put_async_two_threads_scenario() {
  return {.name = "put_async_two_threads", .prepare = prepare_keys<6>, .act = [](Actor& actor) {
            actor.open();
            const auto work = [&](std::uint64_t first) {
              actor.write_async("users", async_entries(first, 3));
              actor.add("users", "counter " + std::to_string(first), 1, Durability::buffered);
              actor.write_async("users", async_entries(first + 1, 3), Durability::buffered);
            };
            std::thread a([&] { work(20); });
            std::thread b([&] { work(40); });
            a.join();
            b.join();
          }};
}

}  // namespace

std::vector<Scenario> kv_scenarios() {
  return {multi_put_scenario(),        multi_put_buffered_scenario(), multi_put_over_segments_scenario(),
          conditional_scenario(),      conditional_buffered_scenario(), exchange_large_scenario(),
          put_async_scenario(),        put_async_buffered_scenario(), put_async_large_scenario(),
          put_async_closed_scenario(), put_async_two_threads_scenario()};
}

}  // namespace holdfast::lab
