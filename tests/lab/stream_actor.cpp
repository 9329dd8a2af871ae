// What an Actor does to streams.

#include "actor.hpp"

#include <utility>

#include "log/log_stream.hpp"

namespace holdfast::lab {

bool Actor::stream(const std::string& name, Durability durability, const LogSettings& settings) {
  if (!is_open("create stream")) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .creates_space = name};
  std::optional<Log> handle;
  const bool done = write(std::move(operation), [&]() -> Result<void> {
    auto opened =
        store_->log(name, {.mode = OpenMode::open_or_create, .durability = durability, .settings = settings});
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

bool Actor::truncate(const std::string& stream, std::uint64_t id) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .cuts_stream = stream, .cuts_before = id};
  return write(std::move(operation), [&]() -> Result<void> {
    const auto truncation = handle->truncate_before(id);
    return truncation ? Result<void>() : Unexpected(truncation.error());
  });
}

bool Actor::truncate_ends(const std::vector<std::pair<std::string, std::uint64_t>>& ends) {
  Operation operation{.thread = thread_index(), .changes = {}};
  std::vector<Log> handles;
  std::vector<log::StreamEnd> stream_ends;
  for (const auto& [name, id] : ends) {
    auto handle = find_stream(name);
    if (!handle) return false;
    const auto next = handle->next_id();
    if (!next) return judge("next_id", Unexpected(next.error()));
    operation.end_cuts.push_back({name, id, *next});
    stream_ends.push_back({&log::stream_of(*handle), id});
    handles.push_back(*handle);
  }
  return write(std::move(operation), [&]() -> Result<void> {
    if (handles.size() == 1) {
      const auto cut = handles.front().truncate_from(ends.front().second);
      return cut ? Result<void>() : Unexpected(cut.error());
    }
    const auto cuts = log::LogStream::cut_ends(stream_ends);
    return cuts ? Result<void>() : Unexpected(cuts.error());
  });
}

bool Actor::retain(const std::string& stream, std::uint64_t id) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .cuts_stream = stream, .cuts_before = id};
  return write(std::move(operation), [&]() -> Result<void> {
    const auto truncation = handle->retain();
    if (!truncation) return Unexpected(truncation.error());
    expect(truncation->first_id == id, "retention lets go what the scenario says");
    return {};
  });
}

bool Actor::append_keyed(const std::string& stream, const std::string& key, std::string_view payload,
                         std::optional<Durability> durability) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{stream, {}, intern(payload), true}}};
  operation.durability = durability.value_or(durability_of(stream));
  const Begun begun = begin(std::move(operation));
  return end(begun, handle->append(payload, {.durability = durability, .key = key}));
}

bool Actor::compact_stream(const std::string& stream, const std::vector<std::uint64_t>& ids) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .thins_stream = stream};
  for (const std::uint64_t id : ids) {
    const auto read = handle->read(id);
    expect(read.has_value(), "what is to go is there");
    if (read) operation.thinned.emplace(id, intern(read->payload));
  }
  const auto next = handle->next_id();
  operation.thinned_for = next ? *next - 1 : 0;
  return write(std::move(operation), [&]() -> Result<void> {
    const auto compaction = handle->compact();
    if (!compaction) return Unexpected(compaction.error());
    expect(compaction->records_removed == ids.size(), "compaction leaves out what the scenario says");
    for (const std::uint64_t id : ids) expect(!handle->read(id), "what was compacted away is gone");
    return {};
  });
}

bool Actor::change_stream_settings(const std::string& stream, const LogSettings& settings) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  return write({.thread = thread_index(), .changes = {}}, [&] { return handle->set_settings(settings); });
}

bool Actor::drop_stream(const std::string& stream) {
  if (!is_open("drop stream")) return false;
  const bool done = write({.thread = thread_index(), .changes = {}, .drops_stream = stream},
                          [&] { return store_->drop_log(stream); });
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
  return done;
}

bool Actor::commit_cursor(const std::string& stream, const std::string& name, std::uint64_t next) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{cursors_of(stream), name, intern(std::to_string(next))}}};
  return write(std::move(operation),
               [&] { return handle->commit_cursor(name, next, {.durability = Durability::immediate}); });
}

bool Actor::drop_cursor(const std::string& stream, const std::string& name) {
  auto handle = find_stream(stream);
  if (!handle) return false;
  return write({.thread = thread_index(), .changes = {{cursors_of(stream), name, nullptr}}}, [&]() -> Result<void> {
    const auto dropped = handle->drop_cursor(name);
    if (!dropped) return Unexpected(dropped.error());
    expect(*dropped, "there is a cursor to drop");
    return {};
  });
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
