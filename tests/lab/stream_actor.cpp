// What an Actor does to streams.

#include "actor.hpp"

#include <utility>

namespace holdfast::lab {

bool Actor::stream(const std::string& name, Durability durability) {
  if (!is_open("create stream")) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .creates_space = name};
  std::optional<Log> handle;
  const bool done = write(std::move(operation), [&]() -> Result<void> {
    auto opened = store_->log(name, {.mode = OpenMode::open_or_create, .durability = durability});
    if (!opened) return Unexpected(opened.error());
    handle = *opened;
    return {};
  });
  const std::lock_guard lock(mutex_);
  if (handle) streams_.insert_or_assign(name, *handle);
  durabilities_[name] = durability;
  return done;
}

std::optional<Log> Actor::find_stream(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = streams_.find(name); found != streams_.end()) return found->second;
  }
  if (!is_open("find stream")) return std::nullopt;
  auto opened = store_->log(name, {.mode = OpenMode::existing, .durability = durability_of(name)});
  if (!opened) {
    if (!first_io_error_) complain("log '" + name + "': " + opened.error().to_string());
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  return streams_.insert_or_assign(name, *opened).first->second;
}

bool Actor::append(const std::string& stream, std::string_view payload,
                   std::optional<Durability> durability) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{stream, {}, intern(payload), true}}};
  operation.durability = durability.value_or(durability_of(stream));
  const Begun begun = begin(std::move(operation));
  return end(begun, handle->append(payload, {.durability = durability}));
}

bool Actor::append_batch(const std::string& stream, const std::vector<std::string>& payloads,
                         std::optional<Durability> durability) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}};
  for (const std::string& payload : payloads)
    operation.changes.push_back({stream, {}, intern(payload), true});
  operation.durability = durability.value_or(durability_of(stream));
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  const Begun begun = begin(std::move(operation));
  return end(begun, handle->append_batch(views, {.durability = durability}));
}

bool Actor::append_async(const std::string& stream, const std::vector<std::string>& payloads,
                         std::optional<Durability> durability) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  std::vector<std::pair<Begun, Result<Ticket>>> open;
  for (const std::string& payload : payloads) {
    Operation operation{.thread = thread_index(), .changes = {{stream, {}, intern(payload), true}}};
    operation.durability = durability.value_or(durability_of(stream));
    Begun begun = begin(std::move(operation));
    open.emplace_back(std::move(begun), handle->append_async(payload, {.durability = durability}));
  }
  bool all = true;
  for (const auto& [begun, ticket] : open) {
    const auto outcome = ticket.and_then([](const Ticket& accepted) { return accepted.wait(); });
    all = end(begun, outcome) && all;
  }
  return all;
}

// The reader runs inside the medium: what it may touch is the store's own memory.
void Actor::watch_stream(const std::string& name) {
  const auto handle = find_stream(name);
  if (!handle) return;
  medium_->set_observer([this, stream = *handle, name](std::uint64_t event_count) {
    if (const auto next = stream.next_id()) history_.note_shown(name, *next - 1, event_count);
  });
}

}  // namespace holdfast::lab
