// Values that are more than their bytes: compressed ones, and such that expire. Keys that are evicted.

#include <atomic>
#include <memory>
#include <string>

#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::uint64_t kBeginUs = 1'700'000'000'000'000;
constexpr std::uint64_t kTtlMs = 1'000;
constexpr std::size_t kLargeBytes = 20'000;  // in extents of its own

/// What LZ4 makes a tenth of, or less.
std::string repeated(std::uint64_t number, std::size_t size_bytes) {
  std::string value = value_of(number, 30);
  while (value.size() < size_bytes) value += value;
  value.resize(size_bytes);
  return value;
}

/// A large value that LZ4 makes half of, which is still large.
std::string half_repeated(std::uint64_t number) {
  return value_of(number, kLargeBytes) + std::string(kLargeBytes, 'x');
}

Scenario compressed_scenario() {
  return {.name = "compressed",
          .prepare =
              [](Actor& actor) {
                actor.space("users");
                actor.change_settings("users", {.compress_above_bytes = 100});
                for (std::uint64_t i = 0; i < 4; ++i) actor.put("users", key_of(i), repeated(i, 600));
                actor.put("users", key_of(4), half_repeated(4));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(0), repeated(10, 900));
                actor.put("users", key_of(5), half_repeated(5));
                actor.put("users", key_of(4), repeated(14, kLargeBytes));
                actor.multi_put("users", {{key_of(1), repeated(11, 700)}, {key_of(6), value_of(16, 300)}});
                actor.exchange("users", key_of(2), repeated(12, 500));
                actor.change_settings("users", {});
                actor.put("users", key_of(3), repeated(13, 600));
                actor.erase("users", key_of(0));
              }};
}

/// The clock of a scenario goes on while it acts, and is set back at the end of it: recovery has it so.
struct Clock {
  std::shared_ptr<std::atomic<std::uint64_t>> now_us = std::make_shared<std::atomic<std::uint64_t>>(kBeginUs);

  void advance_ms(std::uint64_t ms) const { now_us->fetch_add(ms * 1000); }
  void set_back() const { now_us->store(kBeginUs); }
};

Options expiring(const Clock& clock) {
  Options options;
  options.clock = [now_us = clock.now_us] { return now_us->load(); };
  options.sweep_interval_ms = 0;
  return options;
}

void prepare_expiring(Actor& actor) {
  actor.space("users");
  for (std::uint64_t i = 0; i < 3; ++i) actor.put_for("users", key_of(i), value_of(i, kValueBytes), kTtlMs);
  actor.put_for("users", key_of(3), value_of(3, kLargeBytes), kTtlMs);
  actor.put("users", key_of(4), value_of(4, kValueBytes));
}

Scenario seen_scenario() {
  const Clock clock;
  return {.name = "ttl_seen",
          .prepare = prepare_expiring,
          .act =
              [clock](Actor& actor) {
                clock.set_back();
                actor.open();
                actor.put_for("users", key_of(0), value_of(10, kValueBytes), 10 * kTtlMs);
                clock.advance_ms(kTtlMs);
                actor.see_expired("users", {key_of(1), key_of(2), key_of(3)});
                actor.put("users", key_of(2), value_of(12, kValueBytes));
                actor.put_for("users", key_of(5), value_of(15, kLargeBytes), kTtlMs);
                clock.advance_ms(10 * kTtlMs);
                actor.see_expired("users", {key_of(0), key_of(5)});
                clock.set_back();
                actor.put("users", key_of(6), value_of(16, kValueBytes));
              },
          .options = expiring(clock)};
}

Scenario swept_scenario() {
  const Clock clock;
  return {.name = "ttl_swept",
          .prepare = prepare_expiring,
          .act =
              [clock](Actor& actor) {
                clock.set_back();
                actor.open();
                clock.advance_ms(kTtlMs);
                actor.sweep("users", {key_of(0), key_of(1), key_of(2), key_of(3)});
                actor.put_for("users", key_of(1), value_of(11, kValueBytes), kTtlMs);
                actor.sync();
                clock.set_back();
                actor.kill();
                actor.open();
                actor.put("users", key_of(3), value_of(13, kLargeBytes));
              },
          .options = expiring(clock)};
}

/// An evicted key is erased as by a buffered erase of the thread that evicts: it may come back, with the value that it had.
Scenario evicted_scenario() {
  Options options;
  options.sweep_interval_ms = 0;
  return {.name = "evicted",
          .prepare =
              [](Actor& actor) {
                actor.space("users");
                for (std::uint64_t i = 0; i < 6; ++i) actor.put("users", key_of(i), value_of(i, kValueBytes));
                actor.put("users", key_of(6), value_of(6, kLargeBytes));
              },
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(1), value_of(11, kValueBytes), Durability::buffered);
                actor.evict("users", 4, {key_of(0)}, {key_of(2), key_of(3), key_of(4)});
                actor.put("users", key_of(2), value_of(12, kValueBytes));
                actor.put("users", key_of(7), value_of(17, kValueBytes), Durability::buffered);
                actor.evict("users", 2, {}, {key_of(5), key_of(6), key_of(1), key_of(0)});
                actor.sync();
                actor.put("users", key_of(6), value_of(16, kLargeBytes));
                actor.evict("users", 1, {key_of(2), key_of(7)}, {key_of(2), key_of(7)});
              },
          .options = options};
}

}  // namespace

std::vector<Scenario> value_scenarios() {
  return {compressed_scenario(), seen_scenario(), swept_scenario(), evicted_scenario()};
}

}  // namespace holdfast::lab
