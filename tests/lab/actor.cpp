#include "actor.hpp"

#include <cstdio>
#include <random>
#include <utility>

#include "common/base/check.hpp"

namespace holdfast::lab {
namespace {

std::string name_of(const Operation& operation) {
  if (operation.changes.empty()) return "create space " + operation.creates_space;
  const Change& change = operation.changes.front();
  return change.appends ? "append to '" + change.space + "'" : "write '" + change.key + "'";
}

}  // namespace

Actor::Actor(std::shared_ptr<testing::CrashMedium> medium, Options options, History& history)
    : medium_(std::move(medium)), options_(options), history_(history) {
  history_.set_interval_bytes(options.interval_bytes);
}

bool Actor::open(OpenMode mode) {
  HOLDFAST_CHECK(!store_);
  auto storage = medium_->open();
  if (!storage) return judge("open the medium", Unexpected(storage.error()));
  Options options = options_;
  options.mode = mode;
  auto opened = Store::open(std::move(*storage), options);
  if (!opened) return judge("open", Unexpected(opened.error()));
  store_.emplace(std::move(*opened));
  opened_at_ = medium_->event_count();
  Contents contents = read();
  if (history_.has_begun()) {
    if (auto wrong = history_.check(contents, opened_at_); !wrong.empty()) complain("after open: " + wrong);
  }
  if (medium_->event_count() != opened_at_) complain("reading the store has changed the medium");
  history_.start_era(std::move(contents), opened_at_);
  return true;
}

bool Actor::space(const std::string& name, Durability durability) {
  const KvSettings settings{.ordered = is_name_of_ordered(name)};
  if (!is_open("create space")) return false;
  Operation operation{.thread = thread_index(), .changes = {}, .creates_space = name};
  std::optional<Kv> handle;
  const bool done = write(std::move(operation), [&]() -> Result<void> {
    auto opened = store_->kv(name, {.mode = OpenMode::open_or_create, .durability = durability, .settings = settings});
    if (!opened) return Unexpected(opened.error());
    handle = *opened;
    return {};
  });
  const std::lock_guard lock(mutex_);
  if (handle) spaces_.insert_or_assign(name, *handle);
  durabilities_[name] = durability;
  return done;
}

bool Actor::put(const std::string& space, const std::string& key, std::string_view value,
                std::optional<Durability> durability) {
  auto handle = find_space(space);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{space, key, intern(value)}}};
  operation.durability = durability.value_or(durability_of(space));
  return write(std::move(operation), [&] { return handle->put(key, value, {.durability = durability}); });
}

bool Actor::erase(const std::string& space, const std::string& key, std::optional<Durability> durability) {
  auto handle = find_space(space);
  if (!handle) return false;
  Operation operation{.thread = thread_index(), .changes = {{space, key, nullptr}}};
  operation.durability = durability.value_or(durability_of(space));
  return write(std::move(operation), [&]() -> Result<void> {
    const auto erased = handle->erase(key, {.durability = durability});
    if (!erased) return Unexpected(erased.error());
    if (!*erased) complain("erase '" + key + "' says that the key was not there");
    return {};
  });
}

bool Actor::batch(std::vector<Change> changes, std::optional<Durability> durability) {
  if (!is_open("batch")) return false;
  Batch batch;
  bool immediate = false;
  for (const Change& change : changes) {
    immediate = immediate || durability_of(change.space) == Durability::immediate;
    if (change.appends) {
      auto stream = find_stream(change.space);
      if (!stream) return false;
      batch.append(*stream, *change.value);
      continue;
    }
    if (change.space.starts_with(cursors_of(""))) {
      auto stream = find_stream(change.space.substr(cursors_of("").size()));
      if (!stream) return false;
      batch.commit_cursor(*stream, change.key, std::stoull(*change.value));
      continue;
    }
    auto handle = find_space(change.space);
    if (!handle) return false;
    if (change.value != nullptr)
      batch.put(*handle, change.key, *change.value);
    else
      batch.erase(*handle, change.key);
  }
  Operation operation{.thread = thread_index(), .changes = std::move(changes)};
  operation.durability = durability.value_or(immediate ? Durability::immediate : Durability::buffered);
  return write(std::move(operation), [&] { return store_->commit(batch, {.durability = durability}); });
}

Actor::Begun Actor::begin(Operation operation) {
  Begun begun{.what = name_of(operation)};
  operation.began = medium_->event_count();
  begun.id = history_.begin(std::move(operation));
  const std::lock_guard lock(mutex_);
  begun.was_failed = first_io_error_.has_value();
  return begun;
}

bool Actor::end(const Begun& begun, const Result<LogId>& first_id) {
  if (first_id) {
    history_.set_first_id(begun.id, *first_id);
    history_.acknowledge(begun.id, medium_->event_count());
  } else if (begun.was_failed || first_id.error().code != ErrorCode::io) {
    history_.withdraw(begun.id);  // behind the first failure nothing may reach the medium any more
  }
  return judge(begun.what, first_id.map([](LogId) {}));
}

bool Actor::write(Operation operation, const std::function<Result<void>()>& call) {
  const Begun begun = begin(std::move(operation));
  return end(begun, call().map([] { return LogId{0}; }));
}

bool Actor::sync() {
  if (!is_open("sync")) return false;
  const auto covered = history_.begin_barrier();
  const auto result = store_->sync();
  if (result) history_.end_barrier(covered, medium_->event_count());
  return judge("sync", result);
}

bool Actor::close() {
  if (!is_open("close")) return false;
  const auto covered = history_.begin_barrier();
  const auto result = store_->close();
  if (result) history_.end_barrier(covered, medium_->event_count());
  kill();
  return judge("close", result);
}

void Actor::kill() {
  medium_->set_observer(nullptr);
  const std::lock_guard lock(mutex_);
  spaces_.clear();
  streams_.clear();
  store_.reset();
}

void Actor::expect(bool holds, std::string_view what) {
  if (!holds && !first_io_error_) complain("does not hold: " + std::string(what));
}

Contents Actor::read() {
  std::vector<std::string> complaints;
  Contents contents = read_contents(*store_, complaints);
  for (std::string& text : complaints) complain(std::move(text));
  return contents;
}

// A store that did not open has had its complaint; what the scenario goes on to ask of it is beside the
// point.
bool Actor::is_open(std::string_view what) {
  if (store_) return true;
  const std::lock_guard lock(mutex_);
  if (complaints_.empty() && !first_io_error_)
    complaints_.push_back(std::string(what) + ": no store is open");
  return false;
}

bool Actor::judge(std::string_view what, const Result<void>& result) {
  if (!result && result.error().code == ErrorCode::no_space &&
      (expects_no_space_ || medium_->fault_happened()))
    return false;
  bool failed_before = false;
  {
    const std::lock_guard lock(mutex_);
    failed_before = first_io_error_.has_value();
    if (!result && result.error().code == ErrorCode::io && medium_->fault_happened() && !failed_before) {
      first_io_error_ = result.error();
      return false;
    }
  }
  if (failed_before && what != "open") {
    if (result)
      complain(std::string(what) + " succeeded after a failed sync");
    else if (result.error().code != ErrorCode::io || result.error().message != first_io_error_->message)
      complain(std::string(what) + " answers '" + result.error().to_string() + "' and not the first error");
    return result.has_value();
  }
  if (!result)
    complain(std::string(what) + ": " + std::string(name(result.error().code)) + ": " +
             result.error().to_string());
  return result.has_value();
}

void Actor::complain(std::string text) {
  const std::lock_guard lock(mutex_);
  complaints_.push_back(std::move(text));
}

std::optional<Kv> Actor::find_space(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = spaces_.find(name); found != spaces_.end()) return found->second;
  }
  if (!is_open("find space")) return std::nullopt;
  auto opened = store_->kv(name, {.mode = OpenMode::existing, .durability = durability_of(name)});
  if (!opened) {
    if (!first_io_error_) complain("kv '" + name + "': " + opened.error().to_string());
    return std::nullopt;
  }
  const std::lock_guard lock(mutex_);
  return spaces_.insert_or_assign(name, *opened).first->second;
}

Durability Actor::durability_of(const std::string& space) {
  const std::lock_guard lock(mutex_);
  const auto found = durabilities_.find(space);
  return found == durabilities_.end() ? Durability::immediate : found->second;
}

std::uint32_t Actor::thread_index() {
  const std::lock_guard lock(mutex_);
  const auto next = static_cast<std::uint32_t>(threads_.size());
  return threads_.try_emplace(std::this_thread::get_id(), next).first->second;
}

std::string value_of(std::uint64_t number, std::size_t size_bytes) {
  std::string value = "v" + std::to_string(number) + ":";
  std::mt19937_64 random(number * 1'000'003 + size_bytes);
  while (value.size() < size_bytes) {
    const std::uint64_t bits = random();
    value.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }
  value.resize(size_bytes);
  return value;
}

std::string key_of(std::uint64_t number, char first) {
  char text[16];
  std::snprintf(text, sizeof text, "%c%05u", first, static_cast<unsigned>(number));
  return text;
}

}  // namespace holdfast::lab
