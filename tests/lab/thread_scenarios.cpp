// Two threads with keys of their own in one space.

#include <thread>

#include "scenario.hpp"
#include "turns.hpp"

namespace holdfast::lab {
namespace {

void prepare_keys_of_two(Actor& actor) {
  actor.space("users");
  for (std::uint64_t i = 0; i < 3; ++i) {
    actor.put("users", key_of(i, 'a'), value_of(i, kValueBytes));
    actor.put("users", key_of(i, 'b'), value_of(i, kValueBytes));
  }
}

/// One call each in turn, so that the log is the same every time: one thread's fence or sync comes while
/// the other's writes are pending.
Scenario in_turns_scenario() {
  return {.name = "two_threads_in_turns", .prepare = prepare_keys_of_two, .act = [](Actor& actor) {
            actor.open();
            Turns a;
            Turns b;
            const auto put = [&](char thread, std::uint64_t number, Durability durability) {
              (thread == 'a' ? a : b).run([&] {
                actor.put("users", key_of(number, thread), value_of(number, kValueBytes), durability);
              });
            };
            put('a', 10, Durability::buffered);
            put('b', 10, Durability::immediate);
            put('a', 11, Durability::buffered);
            put('b', 11, Durability::buffered);
            b.run([&] { actor.sync(); });
            put('a', 1, Durability::immediate);
            put('b', 1, Durability::buffered);
            a.run([&] { actor.erase("users", key_of(2, 'a'), Durability::buffered); });
          }};
}

/// Both at once: the log is another one each time, and what must hold is the same.
Scenario at_once_scenario() {
  return {.name = "two_threads_at_once", .prepare = prepare_keys_of_two, .act = [](Actor& actor) {
            actor.open();
            const auto work = [&](char thread) {
              for (std::uint64_t i = 10; i < 14; ++i)
                actor.put("users", key_of(i, thread), value_of(i, kValueBytes),
                          i % 2 == 0 ? Durability::immediate : Durability::buffered);
              actor.erase("users", key_of(1, thread));
            };
            std::thread a([&] { work('a'); });
            std::thread b([&] { work('b'); });
            a.join();
            b.join();
          }};
}

/// Records so large that both threads need new slices, and what one leaves over may go to the other.
Scenario over_slices_scenario() {
  return {.name = "two_threads_over_slices",
          .prepare = prepare_keys_of_two,
          .act =
              [](Actor& actor) {
                actor.open();
                const auto work = [&](char thread) {
                  for (std::uint64_t i = 10; i < 14; ++i)
                    actor.put("users", key_of(i, thread), value_of(i, 5'500 + 700 * i % 3'000),
                              i % 2 == 0 ? Durability::immediate : Durability::buffered);
                };
                std::thread a([&] { work('a'); });
                std::thread b([&] { work('b'); });
                a.join();
                b.join();
                actor.put("users", key_of(20), value_of(20, kValueBytes));
              },
          .deep_every = 32};
}

}  // namespace

std::vector<Scenario> thread_scenarios() {
  return {in_turns_scenario(), at_once_scenario(), over_slices_scenario()};
}

}  // namespace holdfast::lab
