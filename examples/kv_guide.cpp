// The guide's programs (docs/kv.md): each function is a block of that page, and tests/cli holds them equal
// and runs this.
#include <atomic>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>

using namespace holdfast;

Result<void> quick_start() {
  auto store = Store::open("app.hf");  // created if nothing is there
  if (!store) return Unexpected(store.error());
  auto users = store->kv("users");
  if (!users) return Unexpected(users.error());

  if (auto put = users->put("user:123", "alice"); !put) return put;  // durable on return
  const auto name = users->get("user:123");
  if (!name) return Unexpected(name.error());
  std::cout << "user: " << name->value_or("nobody") << "\n";

  const auto count = users->size();
  if (!count) return Unexpected(count.error());
  std::cout << "keys: " << *count << "\n";
  return store->close();
}

Result<void> spaces_do_not_meet(Store& store) {
  auto users = store.kv("users");
  auto sessions = store.kv("sessions");
  if (!users || !sessions) return Unexpected(users ? sessions.error() : users.error());
  if (auto put = users->put("alice", "a user"); !put) return put;
  if (auto put = sessions->put("alice", "a session"); !put) return put;  // another "alice"

  const auto all = store.spaces();  // each with its kind and its room
  if (!all) return Unexpected(all.error());
  for (const SpaceInfo& space : *all) std::cout << space.name << ": " << space.size_bytes << " bytes\n";
  return {};
}

Result<void> put_and_erase(Kv& kv) {
  if (auto put = kv.put("key", "value"); !put) return put;
  if (auto put = kv.put("key", "a new value"); !put) return put;  // in the old one's place, in one step
  if (auto put = kv.put(std::string("\xFF\0\xAA", 3), "any bytes"); !put) return put;
  const std::string large(10'000'000, 'x');  // in extents of its own
  if (auto put = kv.put("large", large, {.durability = Durability::buffered}); !put) return put;
  const auto was_there = kv.erase("large");
  return was_there ? Result<void>() : Unexpected(was_there.error());
}

Result<void> get_in_five_ways(const Kv& kv) {
  const auto copy = kv.get("key");           // a string, or nothing
  const auto is_there = kv.contains("key");  // without the value
  char buffer[64];
  const auto size = kv.get_into("key", buffer);  // into memory of one's own; its size, or nothing
  const auto view = kv.view("key");              // where it lies, without a copy
  const std::vector<std::string_view> keys{"key", "absent"};
  const auto several = kv.multi_get(keys);  // waits for memory once for several
  if (!copy || !is_there || !size || !view || !several)
    return Unexpected(Error{.message = "a get has failed"});
  if (*view) std::cout << "in place: " << (*view)->value() << "\n";
  return {};
}

Result<void> change_in_one_step(Kv& kv) {
  if (auto added = kv.put_if_absent("leader", "node 1"); !added) return Unexpected(added.error());
  if (auto swapped = kv.compare_and_set("leader", "node 1", "node 2"); !swapped)
    return Unexpected(swapped.error());
  if (auto visits = kv.add("visits", 1); !visits) return Unexpected(visits.error());  // a counter
  if (auto before = kv.exchange("leader", std::nullopt); !before)
    return Unexpected(before.error());  // takes it out
  const auto list = kv.update("list", [](std::optional<std::string_view> present) {
    return std::string(present.value_or("")) + "x";
  });
  return list ? Result<void>() : Unexpected(list.error());
}

Result<void> all_keys(const Kv& kv) {
  std::uint64_t count = 0;
  auto scanned = kv.scan("user:", [&](std::string_view key, std::string_view) {  // of a prefix; empty: of all
    std::cout << key << "\n";
    return ++count < 1'000;  // false ends it
  });
  if (!scanned) return scanned;
  const auto snapshot = kv.snapshot();  // the space as it is now, whatever is written meanwhile
  if (!snapshot) return Unexpected(snapshot.error());
  return snapshot->scan("", [](std::string_view, std::string_view) { return true; });
}

Result<void> keys_in_order(Store& store) {
  auto days = store.kv("days", {.settings = {.ordered = true}});  // fixed when the space is created
  if (!days) return Unexpected(days.error());
  for (const char* day : {"2026-02-01", "2026-01-02", "2026-01-01"})
    if (auto put = days->put(day, "snow"); !put) return put;
  const auto january = days->count({.from = "2026-01", .to = "2026-02"});
  if (!january || *january != 2) return Unexpected(Error{.message = "January has other days"});
  auto cursor = days->cursor({.prefix = "2026", .reverse = true});
  if (!cursor) return Unexpected(cursor.error());
  auto stands = cursor->seek_first();
  for (; stands && *stands; stands = cursor->next()) std::cout << cursor->key() << "\n";
  return stands ? Result<void>() : Unexpected(stands.error());
}

Result<void> several_at_once(Store& store, Kv& kv) {
  const std::vector<KvEntry> entries{{"key1", "value1"}, {"key2", "value2"}, {"key3", "value3"}};
  if (auto put = kv.multi_put(entries); !put) return put;  // all or none, one sync
  Batch batch;                                             // over any mix of spaces, logs and regions
  batch.put(kv, "key1", "newer");
  batch.erase(kv, "key2");
  return store.commit(batch);
}

Result<void> without_waiting(Kv& kv) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 100; ++i) {
    auto ticket =
        kv.put_async("async " + std::to_string(i), "value");  // busy: Options::async_bytes_max are in flight
    if (!ticket) return Unexpected(ticket.error());
    tickets.push_back(std::move(*ticket));
  }
  for (const Ticket& ticket : tickets)  // durable, and readable
    if (auto written = ticket.wait(); !written) return Unexpected(written.error());
  return {};
}

struct User {
  std::uint32_t age;
  char name[28];
};

Result<void> structured_data(Kv& kv) {
  const User alice{.age = 30, .name = "Alice"};
  const std::string_view bytes(reinterpret_cast<const char*>(&alice), sizeof alice);  // or any serializer's
  if (auto put = kv.put("user:alice", bytes); !put) return put;
  const auto stored = kv.get("user:alice");
  if (!stored || !*stored || (*stored)->size() != sizeof(User))
    return Unexpected(Error{.message = "no such user"});
  User user{};
  std::memcpy(&user, (*stored)->data(), sizeof user);
  std::cout << user.name << " (" << user.age << ")\n";
  return {};
}

Result<void> from_many_threads(Kv& kv) {
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> writers;
    for (int t = 0; t < 4; ++t)
      writers.emplace_back([&, t] {  // no shards: one space, any number of writers, which share syncs
        for (int i = 0; i < 25; ++i)
          if (!kv.put("thread " + std::to_string(t) + "/" + std::to_string(i), "value")) ++failed;
      });
  }
  return failed == 0 ? Result<void>() : Unexpected(Error{.message = "a put has failed"});
}

Result<void> keys_that_expire(Kv& kv) {
  if (auto put = kv.put("session:xyz", "alice", {.ttl_ms = 3'600'000}); !put) return put;  // gone in an hour
  if (auto set = kv.set_ttl("session:xyz", 60'000); !set) return Unexpected(set.error());  // no, in a minute
  const PutOptions until_2100{.expires_at_us = 4'102'444'800'000'000};
  if (auto put = kv.put("century", "this one", until_2100); !put) return put;
  const auto until = kv.expires_at_us("session:xyz");  // microseconds since 1970, or nothing
  return until ? Result<void>() : Unexpected(until.error());
}

Result<void> a_cache(Store& store) {
  auto cache = store.kv("cache", {.durability = Durability::buffered,
                                  .settings = {.keys_max = 1'000, .bytes_max = 64'000'000}});
  if (!cache) return Unexpected(cache.error());
  for (int i = 0; i < 3'000; ++i)
    if (auto put = cache->put("page " + std::to_string(i), "rendered"); !put) return put;
  const auto statistics = cache->statistics();
  if (!statistics) return Unexpected(statistics.error());
  std::cout << statistics->keys << " pages, " << statistics->evicted_keys << " evicted\n";
  return cache->set_settings({.keys_max = 2'000});  // another bound, none on bytes
}

Result<void> give_back_room(Kv& kv) {
  const auto before = kv.statistics();
  if (!before) return Unexpected(before.error());
  std::cout << "garbage: " << before->garbage_ratio() << "\n";
  return kv.compact([](std::uint64_t done_bytes, std::uint64_t total_bytes) {  // by itself as well
    std::cout << done_bytes << " of " << total_bytes << " bytes compacted\n";
    return true;  // false ends it
  });
}

void handle_errors(Kv& kv) {
  if (const auto put = kv.put("", "a key must not be empty"); !put) {
    switch (put.error().code) {
      case ErrorCode::invalid_argument:
      case ErrorCode::too_large:
        std::cout << "refused: " << put.error().to_string() << "\n";
        break;
      case ErrorCode::no_space:
        std::cout << "full; nothing has changed, reads and erases go on\n";
        break;
      default:
        std::cout << "the store is read-only from now on: " << put.error().to_string() << "\n";
    }
  }
  const auto value = kv.get("key");
  if (!value && value.error().code == ErrorCode::corruption)
    std::cout << "damaged at " << value.error().offset << ": expected " << value.error().expected
              << ", found " << value.error().found << "\n";
  else if (value && !*value)
    std::cout << "not there, which is no error\n";
}

Result<void> recover_and_check() {
  auto store = Store::open("app.hf", {.mode = OpenMode::existing});  // recovers by itself
  if (!store) return Unexpected(store.error());
  const RecoveryReport& found = store->recovery();
  std::cout << (found.clean_close ? "closed" : "crashed") << ", " << found.records << " records in "
            << found.duration_us << " us, " << found.damage.size() << " damaged\n";
  const auto report = store->verify();  // reads everything that is in use
  if (!report) return Unexpected(report.error());
  for (const Damage& one : report->damage)
    std::cout << one.space << " at " << one.range.offset << ": " << one.message << "\n";
  return store->close();
}

Result<void> room(const Store& store) {
  const auto info = store.info();
  if (!info) return Unexpected(info.error());
  std::cout << info->size_bytes << " bytes, " << info->free_bytes << " of them free, "
            << info->available_bytes << " with what it may still grow by\n";
  return {};
}

Result<void> export_and_import(Store& store, const Kv& kv) {
  KvExportOptions how{.replaces = true, .resumes = true};
  how.observer = [](const KvStreamProgress& at) {
    std::cout << at.entries << " of " << at.entries_total << "\n";
  };
  const auto exported = export_kv(kv, "users.hfkv", how);  // as of a snapshot; the file is whole or not there
  if (!exported) return Unexpected(exported.error());

  auto copy = store.kv("copy");
  if (!copy) return Unexpected(copy.error());
  const auto imported = import_kv(store, *copy, "users.hfkv",
                                  {.durability = Durability::buffered,  // all is durable on return
                                   .resumes = true});  // behind what an import that was ended has left
  if (!imported) return Unexpected(imported.error());
  std::cout << imported->stored << " entries stored\n";
  return {};
}

Result<void> all_but_the_first() {
  auto store = Store::open("app.hf");
  if (!store) return Unexpected(store.error());
  auto kv = store->kv("users");
  if (!kv) return Unexpected(kv.error());
  Result<void> done = spaces_do_not_meet(*store);
  if (done) done = put_and_erase(*kv);
  if (done) done = get_in_five_ways(*kv);
  if (done) done = change_in_one_step(*kv);
  if (done) done = all_keys(*kv);
  if (done) done = keys_in_order(*store);
  if (done) done = several_at_once(*store, *kv);
  if (done) done = without_waiting(*kv);
  if (done) done = structured_data(*kv);
  if (done) done = from_many_threads(*kv);
  if (done) done = keys_that_expire(*kv);
  if (done) done = a_cache(*store);
  if (done) done = give_back_room(*kv);
  if (done) handle_errors(*kv);
  if (done) done = room(*store);
  if (done) done = export_and_import(*store, *kv);
  return done ? store->close() : done;
}

int main() {
  const auto result = quick_start().and_then(all_but_the_first).and_then(recover_and_check);
  if (!result) std::cerr << result.error().to_string() << "\n";
  return result ? 0 : 1;
}
