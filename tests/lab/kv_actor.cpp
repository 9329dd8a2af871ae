// What an Actor does to keys beyond put and erase.

#include <cstring>

#include "actor.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::lab {
namespace {

std::int64_t counter_in(const std::optional<std::string>& value) {
  std::int64_t counter = 0;
  if (value) std::memcpy(&counter, value->data(), sizeof counter);
  return counter;
}

std::string text_of(std::int64_t counter) {
  return {reinterpret_cast<const char*>(&counter), sizeof counter};  // bytes as text
}

}  // namespace

bool Actor::multi_put(const std::string& space, const std::vector<std::pair<std::string, std::string>>& entries,
                      std::optional<Durability> durability) {
  auto handle = find_space(space);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}};
  std::vector<KvEntry> views;
  for (const auto& [key, value] : entries) {
    operation.changes.push_back({space, key, intern(value)});
    views.push_back({key, value});
  }
  operation.durability = durability.value_or(durability_of(space));
  return write(std::move(operation), [&] { return handle->multi_put(views, {.durability = durability}); });
}

bool Actor::write_conditionally(const std::string& space, const std::string& key, Value after,
                                std::optional<Durability> durability, const Conditional& call) {
  auto handle = find_space(space);
  if (!handle) return false;
  const auto before = handle->get(key);
  if (!before) return judge("get '" + key + "'", Unexpected(before.error()));
  Operation operation{.thread = thread_index(), .changes = {{space, key, after}}};
  operation.durability = durability.value_or(durability_of(space));
  return write(std::move(operation), [&] { return call(*handle, *before); });
}

bool Actor::put_if_absent(const std::string& space, const std::string& key, std::string_view value,
                          std::optional<Durability> durability) {
  return write_conditionally(space, key, intern(value), durability,
                             [&](Kv& handle, const std::optional<std::string>& before) -> Result<void> {
                               const auto stored = handle.put_if_absent(key, value, {.durability = durability});
                               if (!stored) return Unexpected(stored.error());
                               if (*stored == before.has_value()) complain("put_if_absent '" + key + "' is wrong");
                               return {};
                             });
}

bool Actor::exchange(const std::string& space, const std::string& key, std::optional<std::string> desired,
                     std::optional<Durability> durability) {
  return write_conditionally(space, key, desired ? intern(*desired) : nullptr, durability,
                             [&](Kv& handle, const std::optional<std::string>& before) -> Result<void> {
                               const auto found = handle.exchange(key, desired, {.durability = durability});
                               if (!found) return Unexpected(found.error());
                               if (*found != before) complain("exchange '" + key + "' answers another value");
                               return {};
                             });
}

bool Actor::update(const std::string& space, const std::string& key, std::optional<std::string> desired,
                   std::optional<Durability> durability) {
  return write_conditionally(
      space, key, desired ? intern(*desired) : nullptr, durability,
      [&](Kv& handle, const std::optional<std::string>& before) -> Result<void> {
        const auto updater = [&](std::optional<std::string_view> present) {
          if (present != before) complain("update '" + key + "' is shown another value");
          return desired;
        };
        const auto now = handle.update(key, updater, {.durability = durability});
        if (!now) return Unexpected(now.error());
        if (*now != desired) complain("update '" + key + "' answers another value");
        return {};
      });
}

bool Actor::add(const std::string& space, const std::string& key, std::int64_t delta,
                std::optional<Durability> durability) {
  auto handle = find_space(space);
  if (!handle) return false;
  const auto present = handle->get(key);
  if (!present) return judge("get '" + key + "'", Unexpected(present.error()));
  const std::int64_t expected = counter_in(*present) + delta;
  return write_conditionally(space, key, intern(text_of(expected)), durability,
                             [&](Kv& counters, const std::optional<std::string>&) -> Result<void> {
                               const auto sum = counters.add(key, delta, {.durability = durability});
                               if (!sum) return Unexpected(sum.error());
                               if (*sum != expected) complain("add to '" + key + "' answers another sum");
                               return {};
                             });
}

bool Actor::put_for(const std::string& space, const std::string& key, std::string_view value, std::uint64_t ttl_ms) {
  auto handle = find_space(space);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{space, key, intern(value)}}};
  operation.durability = Durability::immediate;
  return write(std::move(operation), [&] {
    return handle->put(key, value, {.durability = Durability::immediate, .ttl_ms = ttl_ms});
  });
}

bool Actor::change_settings(const std::string& space, const KvSettings& settings) {
  auto handle = find_space(space);
  if (!handle) return false;
  return judge("set_settings of '" + space + "'", handle->set_settings(settings));
}

bool Actor::write_if_expired(const std::string& space, const std::vector<std::string>& keys,
                             const std::function<Result<void>(Kv& space)>& call) {
  auto handle = find_space(space);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}};
  for (const std::string& key : keys) operation.changes.push_back({space, key, nullptr});
  operation.durability = Durability::immediate;
  return write(std::move(operation), [&] { return call(*handle); });
}

bool Actor::see_expired(const std::string& space, const std::vector<std::string>& keys) {
  return write_if_expired(space, keys, [&](Kv& handle) -> Result<void> {
    for (const std::string& key : keys) {
      const auto found = handle.get(key);
      if (!found) return Unexpected(found.error());
      if (*found) complain("'" + key + "' is there behind its time");
    }
    return {};
  });
}

bool Actor::sweep(const std::string& space, const std::vector<std::string>& keys) {
  return write_if_expired(space, keys, [&](Kv& handle) -> Result<void> {
    kv::KvSpace& swept = kv::space_of(handle);
    const std::uint64_t before = swept.swept();
    swept.sweep();
    expect(swept.swept() == before + keys.size(), "as many keys are swept as have expired");
    return {};
  });
}

bool Actor::evict(const std::string& space, std::uint64_t keys_max, const std::vector<std::string>& read,
                  const std::vector<std::string>& keys) {
  auto handle = find_space(space);
  if (!handle) return false;
  kv::KvSpace& bounded = kv::space_of(*handle);
  bounded.heed({.keys_max = keys_max});
  for (const std::string& key : read)
    if (const auto found = handle->get(key); !found || !*found) complain("'" + key + "' cannot be read");
  std::vector<Begun> begun;
  for (const std::string& key : keys) {
    Operation operation{.thread = thread_index(), .changes = {{space, key, nullptr}}};
    operation.durability = Durability::buffered;
    begun.push_back(begin(std::move(operation)));
  }
  const std::uint64_t before = bounded.eviction().evicted();
  bounded.sweep();
  bounded.heed({});
  expect(bounded.eviction().evicted() == before + keys.size(), "as many keys are evicted as are beyond the bound");
  bool all = true;
  for (const Begun& one : begun) all = end(one, LogId{0}) && all;
  return all;
}

bool Actor::write_async(const std::string& space, const std::vector<AsyncEntry>& entries,
                        std::optional<Durability> durability) {
  auto handle = find_space(space);
  if (!handle) return false;
  std::vector<std::pair<Begun, Result<Ticket>>> open;
  for (const auto& [key, value] : entries) {
    Operation operation{.thread = thread_index(), .changes = {{space, key, value ? intern(*value) : nullptr}}};
    operation.durability = durability.value_or(durability_of(space));
    Begun begun = begin(std::move(operation));
    open.emplace_back(std::move(begun), value ? handle->put_async(key, *value, {.durability = durability})
                                              : handle->erase_async(key, {.durability = durability}));
  }
  bool all = true;
  for (const auto& [begun, ticket] : open) {
    const auto outcome = ticket.and_then([](const Ticket& accepted) { return accepted.wait(); });
    all = end(begun, outcome.map([](std::uint64_t) { return LogId{0}; })) && all;
  }
  return all;
}

bool Actor::compact(const std::string& space) {
  auto handle = find_space(space);
  if (!handle) return false;
  const auto compacted = handle->compact();
  const auto statistics = handle->statistics();
  if (compacted && statistics) expect(statistics->cleaned_segments > 0, "compact frees a segment");
  return judge("compact", compacted);
}

bool Actor::drop(const std::string& space, const std::vector<std::string>& keys) {
  if (!is_open("drop")) return false;
  Operation operation{
      .thread = thread_index(), .changes = {}, .drops_space = space, .durability = Durability::immediate};
  for (const std::string& key : keys) operation.changes.push_back({space, key, nullptr});
  const bool done = write(std::move(operation), [&] { return store_->drop_kv(space); });
  const std::lock_guard lock(mutex_);
  spaces_.erase(space);
  return done;
}

}  // namespace holdfast::lab
