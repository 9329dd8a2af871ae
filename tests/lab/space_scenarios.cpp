// Extents: growth of the store, new segments, values with extents of their own, a catalog that is full.

#include <cstring>

#include "common/format/superblock.hpp"
#include "scenario.hpp"

namespace holdfast::lab {
namespace {

constexpr std::size_t kLargeValueBytes = 100'000;  // more than a segment of 64 KiB

void prepare_large(Actor& actor) {
  prepare_keys<4>(actor);
  actor.put("users", "large", value_of(1, kLargeValueBytes));
}

/// The first segment is nearly full: act's records need the next one.
void prepare_nearly_full_segment(Actor& actor) {
  prepare_keys<4>(actor);
  for (std::uint64_t i = 0; i < 3; ++i) actor.put("users", key_of(50 + i), value_of(i, 14'500));
}

Scenario grow_scenario() {
  return {.name = "grow",
          .prepare = prepare_nearly_full_segment,
          .act =
              [](Actor& actor) {
                actor.open();
                for (std::uint64_t i = 0; i < 3; ++i) actor.put("users", key_of(60 + i), value_of(i, 9'000));
              },
          .size_bytes = std::uint64_t{8 + 64 + 64} << 10,
          .deep_every = 16};
}

Scenario rollover_scenario() {
  return {.name = "segment_rollover",
          .prepare = prepare_nearly_full_segment,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", key_of(60), value_of(60, 9'000), Durability::buffered);
                actor.put("users", key_of(61), value_of(61, 9'000), Durability::buffered);
                actor.put("users", key_of(62), value_of(62, kValueBytes));
              },
          .deep_every = 16};
}

Scenario large_value_scenario() {
  return {.name = "large_value",
          .prepare = prepare_keys<4>,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", "large", value_of(1, kLargeValueBytes));
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .deep_every = 64};
}

Scenario overwrite_large_scenario() {
  return {.name = "overwrite_large",
          .prepare = prepare_large,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.put("users", "large", value_of(2, 70'000));
                actor.put("users", "large", value_of(3, kValueBytes));
                actor.put("users", "other", value_of(4, 70'000));  // may lie where the first ones did
              },
          .deep_every = 64};
}

/// Room for one large value only, beside what is kept aside for cleaning: the second one needs the first one's extents, which nobody may touch before
/// the record that replaces the first is durable.
Scenario reuse_extents_scenario(Durability durability) {
  return {.name = durability == Durability::immediate ? "reuse_extents" : "reuse_extents_of_buffered",
          .prepare = prepare_large,
          .act =
              [durability](Actor& actor) {
                actor.open();
                actor.expects_no_space();
                actor.put("users", "large", value_of(2, kValueBytes), durability);
                const bool fits = actor.put("users", "second", value_of(3, kLargeValueBytes), durability);
                actor.sync();
                actor.expect(fits || actor.put("users", "third", value_of(4, 70'000)),
                             "the first extents are free");
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .size_bytes = std::uint64_t{8 + 64 + 64 + 128 + 128} << 10,
          .max_size_bytes = std::uint64_t{8 + 64 + 64 + 128 + 128} << 10,
          .deep_every = 32};
}

/// The same behind an erase: its record takes the extents away, and is not durable when they are needed.
Scenario reuse_after_erase_scenario() {
  return {.name = "reuse_extents_of_buffered_erase",
          .prepare = prepare_large,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.expects_no_space();
                actor.erase("users", "large", Durability::buffered);
                const bool fits = actor.put("users", "second", value_of(3, kLargeValueBytes), Durability::buffered);
                actor.expect(fits || actor.put("users", "third", value_of(4, 70'000)), "the first extents are free");
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .size_bytes = std::uint64_t{8 + 64 + 64 + 128 + 128} << 10,
          .max_size_bytes = std::uint64_t{8 + 64 + 64 + 128 + 128} << 10,
          .deep_every = 32};
}

Scenario erase_large_scenario() {
  return {.name = "erase_large",
          .prepare = prepare_large,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.erase("users", "large");
                actor.put("users", "other", value_of(4, 70'000), Durability::buffered);
                actor.erase("users", "other", Durability::buffered);
                actor.sync();
                actor.put("users", "third", value_of(5, 70'000));
              },
          .deep_every = 64};
}

std::uint64_t catalog_offset(Actor& actor) {
  SuperblockDisk slots[kSuperblockSlotCount];
  for (std::uint64_t i = 0; i < kSuperblockSlotCount; ++i)
    std::memcpy(&slots[i], actor.medium().live().data() + i * kSuperblockSlotSizeBytes, sizeof slots[i]);
  return slots[slots[0].sequence < slots[1].sequence].catalog_offset;
}

/// Replaces a value with extents of its own until the catalog's segment is full. Crash points before the last
/// few replacements are as in overwrite_large and are passed over.
Scenario catalog_checkpoint_scenario() {
  return {.name = "catalog_checkpoint",
          .prepare = prepare_keys<4>,
          .act =
              [](Actor& actor) {
                actor.open();
                constexpr std::size_t kWatched = 2;
                const std::uint64_t before = catalog_offset(actor);
                std::vector<std::uint64_t> began;
                while (began.size() < 2000 && catalog_offset(actor) == before) {
                  began.push_back(actor.medium().event_count());
                  if (!actor.put("users", "large", value_of(began.size(), 66'000))) return;
                }
                actor.expect(catalog_offset(actor) != before, "the catalog moves to a new segment");
                actor.watch_from(began[began.size() - std::min(kWatched, began.size())]);
                actor.space("behind");
                actor.put("users", key_of(1), value_of(101, kValueBytes));
              },
          .deep_every = 64};
}

Scenario full_scenario() {
  return {.name = "full",
          .prepare = prepare_nearly_full_segment,
          .act =
              [](Actor& actor) {
                actor.open();
                actor.expects_no_space();
                std::uint64_t number = 70;
                while (number < 90 && actor.put("users", key_of(number), value_of(number, 14'500))) ++number;
                actor.expect(number < 90, "a full medium answers no_space");
                actor.expect(!actor.put("users", "large", value_of(1, kLargeValueBytes)),
                             "there is no room for a large value");
                actor.erase("users", key_of(1));
                actor.put("users", key_of(2), value_of(102, kValueBytes));
              },
          .size_bytes = std::uint64_t{8 + 64 + 64} << 10,
          .max_size_bytes = std::uint64_t{8 + 64 + 64 + 64 + 128} << 10,
          .deep_every = 64};
}

}  // namespace

std::vector<Scenario> space_scenarios() {
  return {grow_scenario(),
          rollover_scenario(),
          large_value_scenario(),
          overwrite_large_scenario(),
          erase_large_scenario(),
          reuse_extents_scenario(Durability::immediate),
          reuse_extents_scenario(Durability::buffered), reuse_after_erase_scenario(),
          catalog_checkpoint_scenario(),
          full_scenario()};
}

}  // namespace holdfast::lab
