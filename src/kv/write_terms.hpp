#pragma once

#include <cstdint>
#include <optional>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

#include "common/engine/expiry_clock.hpp"
#include "common/engine/stored_value.hpp"

namespace holdfast::kv {

/// How long a value that is written stays, as the caller has it: as the space's settings say, for some time from the write
/// on, or until a moment.
class Lifespan {
 public:
  /// As the space's settings say.
  constexpr Lifespan() noexcept = default;

  /// As PutOptions say; nobody has looked yet whether they make sense.
  [[nodiscard]] static constexpr Lifespan of(std::optional<std::uint64_t> ttl_ms,
                                             std::optional<std::uint64_t> expires_at_us) noexcept {
    if (ttl_ms && expires_at_us) return {Kind::both, 0};
    if (ttl_ms) return {Kind::time_to_live, *ttl_ms};
    return expires_at_us ? Lifespan(Kind::moment, *expires_at_us) : Lifespan();
  }

  [[nodiscard]] constexpr bool is_valid() const noexcept {
    switch (kind_) {
      case Kind::of_space: return true;
      case Kind::time_to_live: return value_ <= kTtlMsMax;
      case Kind::moment: return value_ <= kExpiresAtUsMax;
      case Kind::both: break;
    }
    return false;
  }
  /// Errors: invalid_argument.
  [[nodiscard]] Result<void> check() const;

  /// Whether the key will expire, in a space with that setting.
  [[nodiscard]] constexpr bool ends(std::uint64_t default_ttl_ms) const noexcept {
    return kind_ == Kind::of_space ? default_ttl_ms != 0 : kind_ == Kind::moment || value_ != 0;
  }

  /// When the key of a value expires that is written now; nothing: never. Requires: is_valid().
  [[nodiscard]] std::optional<std::uint64_t> expires_us(ExpiryClock& clock, std::uint64_t default_ttl_ms) const;

 private:
  enum class Kind : std::uint8_t { of_space, time_to_live, moment, both };

  constexpr Lifespan(Kind kind, std::uint64_t value) noexcept : kind_(kind), value_(value) {}

  Kind kind_ = Kind::of_space;
  std::uint64_t value_ = 0;  // milliseconds (0: for ever), or microseconds since 1970
};

/// What a write of a value says beside the value.
struct WriteTerms {
  Durability durability{};
  Lifespan lifespan{};
};

/// What a write leaves of its key, as far as the memory for it goes.
enum class Leaves : std::uint8_t { nothing, value, expiring_value };

[[nodiscard]] inline Leaves leaves(RecordType type, std::uint8_t flags) noexcept {
  if (type == RecordType::erase) return Leaves::nothing;
  return (flags & kRecordFlagExpires) != 0 ? Leaves::expiring_value : Leaves::value;
}
[[nodiscard]] inline Leaves leaves(const StoredValue& value) noexcept { return leaves(value.type(), value.flags()); }

}  // namespace holdfast::kv
