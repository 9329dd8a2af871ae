// The guide's programs (docs/sharded-log.md): each function is a block of that page, and tests/cli holds them equal
// and runs this.
#include <array>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>

using namespace holdfast;

Result<void> quick_start() {
  auto store = Store::open("app.hf");  // created if nothing is there
  if (!store) return Unexpected(store.error());
  auto log = ShardedLog::open(*store, "events", {.shards = 4});
  if (!log) return Unexpected(log.error());

  const auto place = log->append("user:1", "came");  // durable on return
  if (!place) return Unexpected(place.error());
  const auto latest = log->latest("user:1");
  if (!latest) return Unexpected(latest.error());
  std::cout << "shard " << place->shard << ", id " << place->id << ": " << (*latest)->payload << "\n";
  return store->close();
}

Result<void> append_many(ShardedLog& log) {
  std::vector<std::pair<std::string, std::string>> users;
  for (int i = 0; i < 1'000; ++i) users.emplace_back("user:" + std::to_string(i), "version " + std::to_string(i));
  std::vector<ShardedLogDraft> drafts;
  for (const auto& [key, payload] : users) drafts.push_back({.key = key, .payload = payload});
  const auto places = log.append_batch(drafts);  // one sync for all shards
  if (!places) return Unexpected(places.error());
  const auto last = log.read(places->back());  // in the order of the drafts
  if (!last) return Unexpected(last.error());
  std::cout << places->size() << " appended, the last of " << *last->key << "\n";

  const std::vector<ShardedLogDraft> transfer{{.key = "account:1", .payload = "-10"},
                                              {.key = "account:2", .payload = "+10"}};
  if (auto both = log.append_atomic(transfer); !both) return Unexpected(both.error());  // both or none, over shards
  const auto gone = log.erase_key("user:999");
  return gone ? Result<void>() : Unexpected(gone.error());
}

Result<void> read_all_shards(const ShardedLog& log) {
  std::uint64_t records = 0;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) {
    const auto shard = log.shard(i);  // a Log: it has readers, cursors, search by time as well
    if (!shard) return Unexpected(shard.error());
    const auto first = shard->first_id();
    if (!first) return Unexpected(first.error());
    const auto behind = shard->scan(*first, [&](const LogEntryView&) {
      ++records;
      return true;
    });
    if (!behind) return Unexpected(behind.error());
  }
  std::cout << records << " records in " << log.shard_count() << " shards\n";
  return {};
}

Result<void> deal_out_anew(ShardedLog& log) {
  std::uint64_t copied = 0;
  const auto progress = [&](const ReshardProgress& so_far) { copied = so_far.done_records; };
  if (auto dealt = log.reshard(6, progress); !dealt) return dealt;  // others may append meanwhile
  std::cout << copied << " records dealt out over " << log.shard_count() << " shards\n";
  return {};
}

Result<void> over_two_disks() {
  auto one = Store::open("disk-1.hf");
  if (!one) return Unexpected(one.error());
  auto two = Store::open("disk-2.hf");
  if (!two) return Unexpected(two.error());
  const std::array<Store*, 2> stores{&*one, &*two};  // the same order each time
  auto log = ShardedLog::open(stores, "events", {.shards = 8});
  if (!log) return Unexpected(log.error());
  if (auto place = log->append("user:1", "came"); !place) return Unexpected(place.error());
  if (auto closed = one->close(); !closed) return closed;
  return two->close();
}

Result<void> keep_the_latest(Store& store) {
  auto profiles = ShardedLog::open(store, "profiles",
                                   {.shards = 2,
                                    .log = {.durability = Durability::buffered,
                                            .settings = {.segment_records_max = 100, .compact_by_key = true}}});
  if (!profiles) return Unexpected(profiles.error());
  const auto old = profiles->append("user:3", "version 0");
  if (!old) return Unexpected(old.error());
  for (int i = 1; i < 1'000; ++i)
    if (auto place = profiles->append("user:" + std::to_string(i % 10), "version " + std::to_string(i)); !place)
      return Unexpected(place.error());
  for (std::uint32_t i = 0; i < profiles->shard_count(); ++i) {
    auto shard = profiles->shard(i);
    if (!shard) return Unexpected(shard.error());
    const auto compaction = shard->compact();  // now; it happens by itself as well
    if (!compaction) return Unexpected(compaction.error());
  }
  const auto latest = profiles->latest("user:3");
  if (!latest) return Unexpected(latest.error());
  const auto gone = profiles->read(*old);
  if (!gone && gone.error().code == ErrorCode::not_found) std::cout << "left out for " << (*latest)->payload << "\n";
  return {};
}

Result<void> make_checkpoints(ShardedLog& log) {
  if (auto made = log.create_checkpoint("raft_index_5000"); !made) return Unexpected(made.error());
  if (auto place = log.append("user:1", "went"); !place) return Unexpected(place.error());
  if (auto made = log.create_checkpoint("raft_index_6000"); !made) return Unexpected(made.error());

  const auto one = log.checkpoint("raft_index_5000");
  if (!one) return Unexpected(one.error());
  const auto youngest = log.latest_checkpoint();
  if (!youngest) return Unexpected(youngest.error());
  std::cout << one->id << " was made at " << one->created_us << " us, with " << one->next.size() << " shards\n"
            << "the latest is " << youngest->id << "\n";
  return {};
}

Result<void> go_on_from(const ShardedLog& log) {
  const auto checkpoint = log.checkpoint("raft_index_5000");
  if (!checkpoint) return Unexpected(checkpoint.error());
  std::uint64_t records = 0;
  for (std::uint32_t i = 0; i < log.shard_count(); ++i) {
    const auto shard = log.shard(i);
    if (!shard) return Unexpected(shard.error());
    auto reader = shard->reader(checkpoint->next[i]);
    if (!reader) return Unexpected(reader.error());
    auto moved = reader->next();
    for (; moved && *moved; moved = reader->next()) ++records;  // reader->entry() is the record
    if (!moved) return Unexpected(moved.error());
  }
  std::cout << records << " behind " << checkpoint->id << "\n";
  return {};
}

Result<void> go_back(ShardedLog& log, Store& backup) {
  const auto then = log.clone_at("raft_index_5000", backup, "events");  // what is below it, as a log of its own
  if (!then) return Unexpected(then.error());
  if (auto restored = log.restore("raft_index_5000"); !restored) return restored;  // what is behind it goes
  const auto latest = log.latest("user:1");
  if (!latest) return Unexpected(latest.error());
  std::cout << "user:1 has " << (*latest)->payload << " again; checkpoints: " << log.checkpoints()->size() << "\n";
  return {};
}

Result<void> make_room(ShardedLog& log) {
  for (int i = 0; i < 100; ++i)
    if (auto made = log.create_checkpoint("step " + std::to_string(i)); !made) return Unexpected(made.error());
  const auto forgotten = log.keep_checkpoints(10);  // their records stay
  if (!forgotten) return Unexpected(forgotten.error());
  const auto pruned = log.prune_before("step 95");  // records below it go, and older checkpoints
  if (!pruned) return Unexpected(pruned.error());
  std::cout << *forgotten << " and " << pruned->checkpoints << " checkpoints gone, records of " << pruned->shards
            << " shards, and " << pruned->segments << " segments\n";
  return {};
}

Result<void> have_them_made(Store& store) {
  auto log = ShardedLog::open(store, "orders", {.auto_checkpoint = {.records = 10'000, .ms = 60'000, .keep = 5}});
  if (!log) return Unexpected(log.error());
  if (auto place = log->append("order:1", "placed"); !place) return Unexpected(place.error());
  const auto statistics = log->statistics();
  if (!statistics) return Unexpected(statistics.error());
  if (statistics->auto_checkpoint_error) return Unexpected(*statistics->auto_checkpoint_error);
  std::cout << statistics->keys << " keys, " << statistics->auto_checkpoints << " checkpoints made by themselves\n";
  return {};
}

Result<void> all_but_the_first() {
  auto store = Store::open("app.hf");
  if (!store) return Unexpected(store.error());
  auto backup = Store::open("backup.hf");
  if (!backup) return Unexpected(backup.error());
  auto events = ShardedLog::open(*store, "events");
  if (!events) return Unexpected(events.error());
  Result<void> done = append_many(*events);
  if (done) done = read_all_shards(*events);
  if (done) done = deal_out_anew(*events);
  if (done) done = over_two_disks();
  if (done) done = keep_the_latest(*store);
  if (done) done = make_checkpoints(*events);
  if (done) done = go_on_from(*events);
  if (done) done = go_back(*events, *backup);
  if (done) done = make_room(*events);
  if (done) done = have_them_made(*store);
  for (const char* name : {"events", "profiles", "orders"})
    if (done) done = ShardedLog::remove(*store, name);
  if (done) done = ShardedLog::remove(*backup, "events");
  if (done) done = backup->close();
  return done ? store->close() : done;
}

int main() {
  const auto result = quick_start().and_then(all_but_the_first);
  if (!result) std::cerr << result.error().to_string() << "\n";
  return result ? 0 : 1;
}
