#include "exercise_logs.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include <holdfast/log_reader.hpp>

namespace holdfast::fuzz {
namespace {

constexpr std::size_t kReadsMax = 200;  // by readers; a scan reads all
constexpr std::size_t kLogsMax = 8;

ShardedLogOptions as_it_is(OnDamage on_damage = OnDamage::fail) {
  return {.mode = OpenMode::existing, .log = {.durability = Durability::buffered, .on_damage = on_damage}};
}

std::vector<std::string> names_of(Store& store, const LogListener& listener) {
  auto names = ShardedLog::list(store);
  std::vector<std::string> all = listener.succeeded(names) ? *names : std::vector<std::string>();
  all.resize(std::min(all.size(), kLogsMax));
  for (const char* const name : {"events", "whole"})
    if (std::find(all.begin(), all.end(), name) == all.end()) all.emplace_back(name);
  return all;
}

/// Of one shard, the last record of each key; whether all could be read.
bool last_records(const Log& shard, std::map<std::string, LogEntry>& last, const LogListener& listener) {
  const auto first = shard.first_id();
  if (!listener.succeeded(first)) return false;
  return listener.succeeded(shard.scan(*first, [&](const LogEntryView& entry) {
    if (entry.key)
      last[std::string(*entry.key)] = {
          .id = entry.id, .payload = std::string(entry.payload), .key = {}, .erases_key = entry.erases_key};
    return true;
  }));
}

void check_latest(const ShardedLog& log, std::uint32_t index, const Log& shard, const LogListener& listener) {
  std::map<std::string, LogEntry> last;
  const bool are_all = last_records(shard, last, listener);
  for (const auto& [key, entry] : last) {
    const auto latest = log.latest(key);
    if (!listener.succeeded(latest) || log.shard_of(key) != index || !are_all) continue;
    const bool is_right = entry.erases_key
                              ? !latest->has_value()
                              : *latest && (*latest)->id == entry.id && (*latest)->payload == entry.payload;
    if (!is_right) listener.complain("latest() has another record than the shard");
  }
}

void check_checkpoints(const ShardedLog& log, const LogListener& listener) {
  const auto all = log.checkpoints();
  if (!listener.succeeded(all)) return;
  for (const Checkpoint& one : *all) {
    if (!listener.succeeded(log.checkpoint(one.id))) listener.complain("a checkpoint that is told is not found");
    if (one.next.size() != log.shard_count()) return listener.complain("a checkpoint is of another number of shards");
    for (std::uint32_t i = 0; i < log.shard_count(); ++i) {
      const auto shard = log.shard(i);
      const auto next = shard ? shard->next_id() : Result<LogId>(tl::unexpected(shard.error()));
      if (listener.succeeded(next) && (one.next[i] == 0 || one.next[i] > *next))
        listener.complain("a checkpoint stands where no record can be");
    }
  }
  const auto latest = log.latest_checkpoint();
  if (all->empty() ? latest.has_value() : !latest || latest->id != all->back().id)
    listener.complain("the latest checkpoint is another one");
}

void look_at(const ShardedLog& log, const LogListener& listener) {
  for (std::uint32_t i = 0; i < log.shard_count(); ++i)
    if (const auto shard = log.shard(i); listener.succeeded(shard)) check_latest(log, i, *shard, listener);
  check_checkpoints(log, listener);
  static_cast<void>(listener.succeeded(log.statistics()));
}

// What is acknowledged is there, and every key's latest.
void append_to(ShardedLog& log, const LogListener& listener) {
  const auto place = log.append("key 1", "appended");
  if (listener.succeeded(place)) {
    const auto read = log.read(*place);
    if (!listener.succeeded(read) || read->payload != "appended")
      listener.complain("what was appended to a shard is not there");
  }
  static_cast<void>(listener.succeeded(log.erase_key("key 2")));
  const std::vector<ShardedLogDraft> drafts{
      {.key = "key 3", .payload = "a"}, {.key = "key 4", .payload = "b"}, {.key = "new", .payload = "c"}};
  static_cast<void>(listener.succeeded(log.append_batch(drafts)));
  static_cast<void>(listener.succeeded(log.append_atomic(drafts)));
}

void reshard(ShardedLog& log, const LogListener& listener) {
  for (const std::uint32_t shards : {3u, 2u}) {
    if (listener.succeeded(log.reshard(shards)) && log.shard_count() != shards)
      listener.complain("a reshard has made another number of shards");
    look_at(log, listener);
    append_to(log, listener);
  }
}

void restore_all(ShardedLog& log, const LogListener& listener) {
  const auto all = log.checkpoints();
  if (!listener.succeeded(all)) return;
  for (auto one = all->rbegin(); one != all->rend(); ++one) {
    const bool is_restored = listener.succeeded(log.restore(one->id));
    const auto latest = log.latest_checkpoint();
    if (is_restored && (!latest || latest->id != one->id))
      listener.complain("a restore has left another checkpoint as the latest");
    look_at(log, listener);
    append_to(log, listener);
  }
}

void prune_and_clone(Store& store, ShardedLog& log, const LogListener& listener) {
  const auto all = log.checkpoints();
  if (!listener.succeeded(all) || all->empty()) return;
  if (const auto clone = log.clone_at(all->back().id, store, "clone"); listener.succeeded(clone)) look_at(*clone, listener);
  for (const Checkpoint& one : *all) static_cast<void>(listener.succeeded(log.prune_before(one.id)));
  look_at(log, listener);
  static_cast<void>(listener.succeeded(log.keep_checkpoints(1)));
  look_at(log, listener);
}

void remove(Store& store, const std::string& name, const LogListener& listener) {
  if (!listener.succeeded(ShardedLog::remove(store, name))) return;
  if (ShardedLog::open(store, name, as_it_is())) listener.complain("a log that was removed is there");
  auto made = ShardedLog::open(store, name, {.mode = OpenMode::create, .shards = 2});
  if (!listener.succeeded(made)) return;
  append_to(*made, listener);
  look_at(*made, listener);
}

}  // namespace

void look_at_log(const Log& log, const LogListener& listener) {
  const auto first = log.first_id();
  const auto next = log.next_id();
  if (!listener.succeeded(first) || !listener.succeeded(next)) return;
  LogId above = *next;
  static_cast<void>(listener.succeeded(log.scan_back(*next, [&](const LogEntryView& entry) {
    if (entry.id >= above) listener.complain("a scan backwards goes forwards");
    above = entry.id;
    return true;
  })));
  if (auto reader = log.reader(*first); listener.succeeded(reader)) {
    for (std::size_t i = 0; i < kReadsMax; ++i)
      if (const auto moved = reader->next(); !listener.succeeded(moved) || !*moved) break;
    for (std::size_t i = 0; i < kReadsMax; ++i)
      if (const auto moved = reader->previous(); !listener.succeeded(moved) || !*moved) break;
  }
  for (const std::uint64_t time : {std::uint64_t{0}, std::uint64_t{1} << 60})
    static_cast<void>(listener.succeeded(log.find_time(time)));
  static_cast<void>(listener.succeeded(log.cursors()));
  static_cast<void>(listener.succeeded(log.settings()));
  static_cast<void>(listener.succeeded(log.statistics()));
}

void write_log(Log& log, const LogListener& listener) {
  const auto append = [&](const std::string& payload) {
    const auto id = log.append(payload, {.key = "key"});
    if (!listener.succeeded(id)) return;
    const auto read = log.read(*id);
    if (!listener.succeeded(read) || read->payload != payload) listener.complain("what was appended is not there");
  };
  append("first");
  static_cast<void>(listener.succeeded(log.commit_cursor("cursor", 1)));
  static_cast<void>(listener.succeeded(log.retain()));
  static_cast<void>(listener.succeeded(log.compact()));
  if (const auto next = log.next_id(); listener.succeeded(next)) {
    for (const LogId back : {LogId{1}, LogId{4}})
      static_cast<void>(listener.succeeded(log.truncate_from(*next - std::min(back, *next))));
    append("behind the cut");
    static_cast<void>(listener.succeeded(log.drop_cursor("cursor")));
    static_cast<void>(listener.succeeded(log.truncate_before(*next - std::min<LogId>(8, *next))));
  }
  for (int i = 0; i < 12; ++i) append("for another segment");
  static_cast<void>(listener.succeeded(log.compact()));
  look_at_log(log, listener);
}

void look_at_sharded_logs(Store& store, const LogListener& listener) {
  for (const std::string& name : names_of(store, listener))
    if (const auto log = ShardedLog::open(store, name, as_it_is()); listener.succeeded(log)) look_at(*log, listener);
}

void write_sharded_logs(Store& store, std::uint8_t use, const LogListener& listener) {
  for (const std::string& name : names_of(store, listener)) {
    {
      auto log = ShardedLog::open(store, name, as_it_is(use % 2 == 0 ? OnDamage::fail : OnDamage::skip));
      if (!listener.succeeded(log)) continue;
      append_to(*log, listener);
      static_cast<void>(listener.succeeded(log->create_checkpoint("new")));
      append_to(*log, listener);
      look_at(*log, listener);
      if (use == 0) reshard(*log, listener);
      if (use == 1) restore_all(*log, listener);
      if (use == 2) prune_and_clone(store, *log, listener);
    }
    if (use == 3) remove(store, name, listener);
  }
}

}  // namespace holdfast::fuzz
