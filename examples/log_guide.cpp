// The guide's programs (docs/log.md): each function is a block of that page, and tests/cli holds them equal
// and runs this.
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <holdfast/holdfast.hpp>

using namespace holdfast;

Result<void> quick_start() {
  auto store = Store::open("app.hf");  // created if nothing is there
  if (!store) return Unexpected(store.error());
  auto events = store->log("events");
  if (!events) return Unexpected(events.error());

  const auto id = events->append("user:1 came");  // durable on return
  if (!id) return Unexpected(id.error());
  const auto record = events->read(*id);
  if (!record) return Unexpected(record.error());
  std::cout << "record " << record->id << ": " << record->payload << "\n";
  return store->close();
}

Result<void> append_in_five_ways(Store& store, Log& log) {
  const auto keyed = log.append("alice is here", {.key = "user:1", .timestamp_us = 1'700'000'000'000'000});
  if (!keyed) return Unexpected(keyed.error());
  if (auto gone = log.erase_key("user:1"); !gone) return Unexpected(gone.error());  // a record without payload

  const std::vector<std::string_view> payloads{"all", "or", "none"};
  const auto first = log.append_batch(payloads, {.durability = Durability::buffered});
  if (!first) return Unexpected(first.error());

  LogTransaction transaction(log);
  transaction.append("debit", {.key = "account:1"});
  transaction.append("credit", {.key = "account:2"});
  if (auto committed = transaction.commit(); !committed) return Unexpected(committed.error());

  auto users = store.kv("users");
  if (!users) return Unexpected(users.error());
  Batch batch;  // over spaces of any kind
  batch.put(*users, "user:2", "bob");
  batch.append(log, "signed up", {.key = "user:2"});
  if (auto committed = store.commit(batch); !committed) return committed;

  const auto ticket = log.append_async("nobody waits");
  if (!ticket) return Unexpected(ticket.error());
  const auto outcome = ticket->wait();  // the id, when it is durable
  return outcome ? Result<void>() : Unexpected(outcome.error());
}

Result<void> read_in_five_ways(const Log& log) {
  const auto first = log.first_id();
  const auto next = log.next_id();
  if (!first || !next) return Unexpected(first ? next.error() : first.error());

  const auto one = log.read(*first);
  if (!one) return Unexpected(one.error());

  std::uint64_t bytes = 0;
  const auto behind = log.scan(*first, [&](const LogEntryView& entry) {  // where they lie, without a copy
    bytes += entry.payload.size();
    return true;
  });
  if (!behind) return Unexpected(behind.error());

  std::string last;
  const auto before = log.scan_back(*next, [&](const LogEntryView& entry) {
    last = entry.payload;
    return false;  // one is enough
  });
  if (!before) return Unexpected(before.error());
  std::cout << "the last of " << *next - *first << ": " << last << "\n";

  const auto since = log.find_time(1'700'000'000'000'000);  // the id of the first record of that time
  if (!since) return Unexpected(since.error());
  auto reader = log.reader(*since);
  if (!reader) return Unexpected(reader.error());
  for (auto moved = reader->next(); moved && *moved; moved = reader->next()) bytes += reader->entry().payload.size();
  return {};
}

Result<void> look_at_a_record(const Log& log) {
  const auto first = log.first_id();
  if (!first) return Unexpected(first.error());
  const auto view = log.view(*first);
  if (!view) return Unexpected(view.error());
  std::cout << "in place: " << view->payload() << "\n";  // valid while the view lives, whatever becomes of the record
  return {};
}

Result<void> follow(Log log) {
  const auto from = log.next_id();
  if (!from) return Unexpected(from.error());
  auto reader = log.reader(*from);
  if (!reader) return Unexpected(reader.error());
  std::thread writer([log]() mutable {
    for (int i = 0; i < 3; ++i) static_cast<void>(log.append("tick " + std::to_string(i)));
  });
  int seen = 0;
  Result<bool> moved = true;
  while (seen < 3 && moved && *moved) {
    moved = reader->next(std::chrono::seconds(60));  // sleeps until there is one
    seen += moved && *moved ? 1 : 0;
  }
  writer.join();
  std::cout << seen << " ticks followed\n";
  return moved ? Result<void>() : Unexpected(moved.error());
}

Result<void> consume(Log& log) {
  const auto kept = log.cursor("mailer");  // where this consumer was when it ended, however it ended
  if (!kept) return Unexpected(kept.error());
  const auto first = log.first_id();
  if (!first) return Unexpected(first.error());
  auto reader = log.reader(*kept ? (*kept)->next : *first);
  if (!reader) return Unexpected(reader.error());
  int handled = 0;
  for (auto moved = reader->next(); moved && *moved; moved = reader->next()) {
    ++handled;  // what it does may be done again behind a crash
    if (handled % 100 == 0)
      if (auto done = log.commit_cursor("mailer", reader->position()); !done) return done;
  }
  if (auto done = log.commit_cursor("mailer", reader->position()); !done) return done;
  std::cout << handled << " handled, " << log.cursors()->front().lag << " behind\n";
  return {};
}

Result<void> handle_each_once(Store& store, Log& log) {
  auto sums = store.kv("sums");
  if (!sums) return Unexpected(sums.error());
  const auto kept = log.cursor("totals");
  const auto first = log.first_id();
  if (!kept || !first) return Unexpected(kept ? first.error() : kept.error());
  auto reader = log.reader(*kept ? (*kept)->next : *first);
  if (!reader) return Unexpected(reader.error());
  const auto before = sums->get("bytes");
  if (!before) return Unexpected(before.error());
  std::uint64_t bytes = *before ? std::stoull(**before) : 0;
  for (auto moved = reader->next(); moved && *moved; moved = reader->next()) bytes += reader->entry().payload.size();
  Batch batch;  // what came of the records, and how far they were handled: both or neither
  batch.put(*sums, "bytes", std::to_string(bytes));
  batch.commit_cursor(log, "totals", reader->position());
  if (auto done = store.commit(batch); !done) return done;
  std::cout << "totals: " << (*log.cursor("totals"))->lag << " behind\n";
  return {};
}

Result<void> keep_a_week(Store& store) {
  constexpr std::uint64_t kWeekMs = 7ull * 24 * 3'600 * 1'000;
  auto journal = store.log("journal", {.durability = Durability::interval,
                                       .settings = {.segment_bytes = 8 << 20,
                                                    .retain_ms = kWeekMs,
                                                    .retain_bytes = std::uint64_t{10} << 30,
                                                    .keep_records_min = 1'000,
                                                    .compress_above_bytes = 1'024}});
  if (!journal) return Unexpected(journal.error());
  for (int i = 0; i < 100; ++i)
    if (auto id = journal->append("line " + std::to_string(i)); !id) return Unexpected(id.error());

  const auto kept = journal->settings();
  if (!kept) return Unexpected(kept.error());
  LogSettings changed = *kept;
  changed.retain_ms = kWeekMs / 7;
  if (auto set = journal->set_settings(changed); !set) return set;
  const auto let_go = journal->retain();  // now; it happens by itself as well
  if (!let_go) return Unexpected(let_go.error());

  const auto statistics = journal->statistics();
  if (!statistics) return Unexpected(statistics.error());
  std::cout << statistics->next_id - statistics->first_id << " lines in " << statistics->segments << " segments\n";
  return {};
}

Result<void> take_the_begin_away(Log& log) {
  const auto next = log.next_id();
  if (!next) return Unexpected(next.error());
  const auto truncation = log.truncate_before(*next - 1);  // all but the last
  if (!truncation) return Unexpected(truncation.error());

  const auto gone = log.read(truncation->first_id - 1);
  if (!gone && gone.error().code == ErrorCode::not_found) std::cout << "gone: " << gone.error().found << "\n";
  return {};
}

Result<void> take_the_end_away(Log& log) {
  const auto checkpoint = log.next_id();
  if (!checkpoint) return Unexpected(checkpoint.error());
  if (auto id = log.append("of an attempt that failed"); !id) return Unexpected(id.error());
  const auto cut = log.truncate_from(*checkpoint);
  if (!cut) return Unexpected(cut.error());
  const auto behind = log.append("goes on");
  if (!behind) return Unexpected(behind.error());
  std::cout << cut->records << " taken back; the next id is not " << cut->from << ": " << (*behind == cut->next_id) << "\n";
  return {};
}

Result<void> keep_the_latest(Store& store) {
  auto profiles = store.log("profiles", {.durability = Durability::buffered,
                                         .settings = {.segment_records_max = 100,
                                                      .compact_by_key = true,
                                                      .compact_garbage_percent_min = 30,
                                                      .tombstone_ms = 24ull * 3'600 * 1'000}});
  if (!profiles) return Unexpected(profiles.error());
  for (int i = 0; i < 1'000; ++i)
    if (auto id = profiles->append("version " + std::to_string(i), {.key = "user:" + std::to_string(i % 10)}); !id)
      return Unexpected(id.error());
  if (auto gone = profiles->erase_key("user:3"); !gone) return Unexpected(gone.error());

  const auto compaction = profiles->compact();  // now; it happens by itself as well
  if (!compaction) return Unexpected(compaction.error());
  std::map<std::string, std::string> users;  // whoever begins at the begin has the present state at the end
  const auto first = profiles->first_id();
  if (!first) return Unexpected(first.error());
  const auto behind = profiles->scan(*first, [&](const LogEntryView& entry) {
    const std::string user(entry.key.value_or(""));
    if (entry.erases_key)
      users.erase(user);
    else
      users[user] = entry.payload;
    return true;
  });
  if (!behind) return Unexpected(behind.error());
  std::cout << users.size() << " users of " << *behind - *first << " records\n";
  return {};
}

Result<void> all_but_the_first() {
  auto store = Store::open("app.hf");
  if (!store) return Unexpected(store.error());
  auto events = store->log("events");
  if (!events) return Unexpected(events.error());
  Result<void> done = append_in_five_ways(*store, *events);
  if (done) done = read_in_five_ways(*events);
  if (done) done = look_at_a_record(*events);
  if (done) done = follow(*events);
  if (done) done = consume(*events);
  if (done) done = handle_each_once(*store, *events);
  if (done) done = keep_a_week(*store);
  if (done) done = take_the_begin_away(*events);
  if (done) done = take_the_end_away(*events);
  if (done) done = keep_the_latest(*store);
  if (done) done = store->drop_log("journal");
  if (done) done = store->drop_log("profiles");
  return done ? store->close() : done;
}

int main() {
  const auto result = quick_start().and_then(all_but_the_first);
  if (!result) std::cerr << result.error().to_string() << "\n";
  return result ? 0 : 1;
}
