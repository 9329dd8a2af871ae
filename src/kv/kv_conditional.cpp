// Writes that depend on what is there. All of them are one loop: look at the present value, decide, and register the write
// if the look still holds and no other write of the key is pending.

#include <cstring>
#include <limits>

#include "common/base/key_hash.hpp"
#include "common/base/rollback.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

constexpr std::size_t kCounterSizeBytes = 8;

Result<std::int64_t> counter_in(const std::optional<std::string>& value) {
  if (!value) return 0;
  if (value->size() != kCounterSizeBytes) {
    Error error{.code = ErrorCode::invalid_argument, .message = "the value is no counter"};
    error.expected = std::to_string(kCounterSizeBytes) + " bytes";
    error.found = std::to_string(value->size());
    return Unexpected(error);
  }
  std::int64_t counter = 0;
  std::memcpy(&counter, value->data(), sizeof counter);  // stores are for little-endian machines alone
  return counter;
}

Result<std::int64_t> sum_of(std::int64_t counter, std::int64_t delta) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(counter, delta, &sum)) return sum;
  Error error{.code = ErrorCode::out_of_bounds, .message = "the counter's sum does not fit"};
  error.expected = "-2^63 to 2^63 - 1";
  error.found = std::to_string(counter) + " and " + std::to_string(delta);
  return Unexpected(error);
}

}  // namespace

/// What a conditional write wants to do, having seen what is there. Lifetime of the value: until the write has returned.
struct KvSpace::Decision {
  enum class Kind : std::uint8_t { leave, put, erase };
  Kind kind = Kind::leave;
  std::string_view value{};

  [[nodiscard]] static Decision put(std::string_view value) noexcept { return {Kind::put, value}; }
  [[nodiscard]] static Decision erase_if(bool is_there) noexcept { return {is_there ? Kind::erase : Kind::leave, {}}; }
};

// False: it was replaced, and its extents taken away, meanwhile.
Result<bool> KvSpace::read_matched(const Engine& engine, std::uint64_t hash, Match& present,
                                   std::optional<std::string>& value) const {
  const auto guard = engine.guard();
  if (!index_.still(hash, present.slots)) return false;  // cleaning may have moved it, and given its place away
  const auto record = engine.read(present.slot().location, true);
  if (!record) return Unexpected(record.error());
  auto read = read_value(engine, present.slot().location, *record, true);
  if (!read && index_.still(hash, present.slots)) return Unexpected(read.error());
  if (!read) return false;
  value = std::move(*read);
  return true;
}

// `decide(is_there, value)` may be called again; the value is there if it was asked for, and may be taken away. It is called
// outside every lock and guard, as it may be a user's. What it answers counts, be it an error, once the look has held.
template <class Decide>
Result<void> KvSpace::write_if(std::string_view key, Look look, const WriteTerms& terms, const Decide& decide) {
  if (auto checked = check_key(key); !checked) return checked;
  if (auto checked = terms.lifespan.check(); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t hash = key_hash(key);
  KeyOrder::Stripe& stripe = order_.stripe(hash);
  make_way(*engine);
  for (;;) {
    auto present = [&] {
      const auto guard = engine->guard();
      return match(*engine, hash, key);
    }();
    if (!present) return Unexpected(present.error());
    tell_expired(*engine, present->expired_us);
    std::optional<std::string> value;
    if (look == Look::at_value && present->is_live()) {
      const auto read = read_matched(*engine, hash, *present, value);
      if (!read) return Unexpected(read.error());
      if (!*read) continue;
    }
    const Result<Decision> decision = decide(present->is_live(), value);
    const bool erases = decision && decision->kind == Decision::Kind::erase;
    PendingWrite pending{.hash = hash, .key = key};
    {
      KeyOrder::Lock lock(stripe.mutex);
      if (stripe.find(hash, key) != nullptr) {  // what it will leave is not decided yet
        KeyOrder::wait_for_change(stripe, lock);
        continue;
      }
      if (is_dropped()) return Unexpected(dropped_error());
      if (!index_.still(hash, present->slots)) continue;
      if (!decision) return Unexpected(decision.error());
      if (decision->kind == Decision::Kind::leave) return success();
      if (account_.is_limited() && !erases && !present->is_in_index())
        if (auto taken = account_.take(pending, expires(terms)); !taken) return taken;
      Rollback given_back([&] { account_.give_back(pending); });
      pending.version = engine->next_versions(1);
      stripe.pending.push_back(pending);
      given_back.keep();
    }
    return write(*engine, pending, erases ? std::nullopt : std::optional(decision->value), terms);
  }
}

Result<bool> KvSpace::erase(std::string_view key, Durability durability) {
  bool was_there = false;
  auto written = write_if(key, Look::at_presence, {.durability = durability},
                          [&](bool is_there, std::optional<std::string>&) -> Result<Decision> {
                            was_there = is_there;
                            return Decision::erase_if(is_there);
                          });
  if (!written) return Unexpected(written.error());
  return was_there;
}

Result<bool> KvSpace::put_if_absent(std::string_view key, std::string_view value, const WriteTerms& terms) {
  if (auto checked = check_value(value); !checked) return Unexpected(checked.error());
  bool was_there = false;
  auto written = write_if(key, Look::at_presence, terms,
                          [&](bool is_there, std::optional<std::string>&) -> Result<Decision> {
                            was_there = is_there;
                            return is_there ? Decision{} : Decision::put(value);
                          });
  if (!written) return Unexpected(written.error());
  return !was_there;
}

Result<bool> KvSpace::compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                      std::string_view desired, const WriteTerms& terms) {
  if (auto checked = check_value(desired); !checked) return Unexpected(checked.error());
  bool is_expected = false;
  auto written = write_if(key, Look::at_value, terms,
                          [&](bool, std::optional<std::string>& present) -> Result<Decision> {
                            is_expected = present.has_value() == expected.has_value() &&
                                          (!present || std::string_view(*present) == *expected);
                            return is_expected ? Decision::put(desired) : Decision{};
                          });
  if (!written) return Unexpected(written.error());
  return is_expected;
}

Result<std::optional<std::string>> KvSpace::exchange(std::string_view key, std::optional<std::string_view> desired,
                                                     const WriteTerms& terms) {
  if (auto checked = check_value(desired.value_or(std::string_view())); !checked) return Unexpected(checked.error());
  std::optional<std::string> before;
  auto written = write_if(key, Look::at_value, terms,
                          [&](bool is_there, std::optional<std::string>& present) -> Result<Decision> {
                            before = std::move(present);
                            return desired ? Decision::put(*desired) : Decision::erase_if(is_there);
                          });
  if (!written) return Unexpected(written.error());
  return before;
}

Result<std::optional<std::string>> KvSpace::update(std::string_view key, const Kv::Updater& updater,
                                                   const WriteTerms& terms) {
  std::optional<std::string> desired;
  auto written = write_if(key, Look::at_value, terms,
                          [&](bool is_there, std::optional<std::string>& present) -> Result<Decision> {
                            desired = updater(present ? std::optional<std::string_view>(*present) : std::nullopt);
                            if (!desired) return Decision::erase_if(is_there);
                            if (auto checked = check_value(*desired); !checked) return Unexpected(checked.error());
                            return Decision::put(*desired);
                          });
  if (!written) return Unexpected(written.error());
  return desired;
}

Result<std::int64_t> KvSpace::add(std::string_view key, std::int64_t delta, const WriteTerms& terms) {
  std::int64_t sum = 0;
  auto written = write_if(key, Look::at_value, terms,
                          [&](bool, std::optional<std::string>& present) -> Result<Decision> {
                            const auto added = counter_in(present).and_then(
                                [&](std::int64_t counter) { return sum_of(counter, delta); });
                            if (!added) return Unexpected(added.error());
                            sum = *added;
                            return Decision::put({reinterpret_cast<const char*>(&sum), sizeof sum});  // bytes as text
                          });
  if (!written) return Unexpected(written.error());
  return sum;
}

Result<bool> KvSpace::set_ttl(std::string_view key, const WriteTerms& terms) {
  bool was_there = false;
  std::string value;
  auto written = write_if(key, Look::at_value, terms,
                          [&](bool is_there, std::optional<std::string>& present) -> Result<Decision> {
                            was_there = is_there;
                            if (!is_there) return Decision{};
                            value = std::move(*present);
                            return Decision::put(value);
                          });
  if (!written) return Unexpected(written.error());
  return was_there;
}

}  // namespace holdfast::kv
