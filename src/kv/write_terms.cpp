#include "kv/write_terms.hpp"

#include <algorithm>
#include <string>

#include "common/base/success.hpp"

namespace holdfast::kv {
namespace {

constexpr std::uint64_t kMicrosecondsPerMillisecond = 1000;

static_assert(kExpiresAtUsMax == kTimeUsMax);  // what a record can hold

Error refused_lifespan(std::string message, std::string expected, std::string found) {
  Error error{.code = ErrorCode::invalid_argument, .message = std::move(message)};
  error.expected = std::move(expected);
  error.found = std::move(found);
  return error;
}

}  // namespace

Result<void> Lifespan::check() const {
  if (is_valid()) return success();
  if (kind_ == Kind::both)
    return Unexpected(refused_lifespan("a time to live and a time of expiry are given", "one of ttl_ms and expires_at_us",
                                       "both"));
  const bool is_moment = kind_ == Kind::moment;
  return Unexpected(refused_lifespan(
      is_moment ? "the time of expiry is too late" : "time to live is too long",
      "at most " + std::to_string(is_moment ? kExpiresAtUsMax : kTtlMsMax) + (is_moment ? " us" : " ms"),
      std::to_string(value_)));
}

std::optional<std::uint64_t> Lifespan::expires_us(ExpiryClock& clock, std::uint64_t default_ttl_ms) const {
  if (!ends(default_ttl_ms)) return std::nullopt;
  if (kind_ == Kind::moment) return value_;
  const std::uint64_t ttl_ms = kind_ == Kind::of_space ? default_ttl_ms : value_;
  return std::min(clock.now_us() + ttl_ms * kMicrosecondsPerMillisecond, kTimeUsMax);
}

}  // namespace holdfast::kv
