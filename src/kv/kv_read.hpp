#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "kv/kv_space.hpp"

namespace holdfast::kv {

/// What `use(location, record)` answers for the present record of `key`, looked at under a read guard; nothing if the key
/// is absent. `use` may be called again.
/// Errors: corruption, and those of `use`.
template <class Use>
auto KvSpace::read_present(const Engine& engine, std::uint64_t hash, std::string_view key, bool verify,
                           const Use& use) const
    -> Result<std::optional<typename std::invoke_result_t<const Use&, Location, const RecordView&>::value_type>> {
  using Found = std::optional<typename std::invoke_result_t<const Use&, Location, const RecordView&>::value_type>;
  std::uint64_t expired_us = 0;
  for (;;) {
    const auto guard = engine.guard();
    auto present = match(engine, hash, key);
    if (!present) return Unexpected(present.error());
    expired_us = present->expired_us;
    if (!present->is_live()) break;
    const auto record = engine.read(present->slot().location, verify);
    if (!record) return Unexpected(record.error());
    auto used = use(present->slot().location, *record);
    if (used) {
      eviction_.note_read(hash);
      return Found(std::move(*used));
    }
    // A large value may have been replaced between the look into the index and the catalog.
    if (index_.still(hash, present->slots)) return Unexpected(used.error());
  }
  tell_expired(engine, expired_us);  // outside of the guard: it may write
  return Found(std::nullopt);
}

}  // namespace holdfast::kv
