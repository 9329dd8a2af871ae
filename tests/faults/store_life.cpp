#include "faults/store_life.hpp"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

constexpr WriteOptions kInterval{.durability = Durability::interval};
constexpr WriteOptions kImmediate{.durability = Durability::immediate};

}  // namespace

StoreLife::StoreLife(std::filesystem::path path, Backend backend) : path_(std::move(path)) {
  options_.backend = backend;
  options_.emulate_pmem = true;
  options_.size_bytes = kMiB;
  options_.max_size_bytes = 64 * kMiB;
  options_.segment_size_bytes = 64 << 10;
  options_.interval_ms = 60'000;  // nothing happens by the clock
  options_.recovery_threads = 1;
}

bool StoreLife::open(Session& session) {
  first_failed_sync_.reset();
  for (int attempt = 0; attempt < 2 && !session.store; ++attempt) {
    auto store = in_library([&] { return Store::open(path_, options_); });
    if (note(store)) session.store.emplace(std::move(*store));
  }
  if (!session.store) return false;
  was_open_ = true;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!session.keys)
      if (auto keys = in_library([&] { return session.store->kv("keys"); }); note_write(keys))
        session.keys = *keys;
    if (!session.log)
      if (auto log = in_library([&] { return session.store->log("log"); }); note_write(log))
        session.log = *log;
    if (!session.bytes)
      if (auto bytes = in_library([&] { return session.store->region("bytes"); }); note_write(bytes))
        session.bytes = *bytes;
  }
  return true;
}

void StoreLife::put(Session& session, const std::string& key, std::size_t size, WriteOptions options) {
  if (!session.keys) return;
  const std::string value = text_of(size, ++seed_);
  expected_.put(key, value, note_write(in_library([&] { return session.keys->put(key, value, options); })));
}

void StoreLife::replace(Session& session, const std::string& key, std::size_t size) {
  if (!session.keys) return;
  const auto present = in_library([&] { return session.keys->get(key); });
  if (!present) return;
  std::optional<std::string_view> old;
  if (*present) old = **present;
  const std::string value = text_of(size, ++seed_);
  const auto stored = in_library([&] { return session.keys->compare_and_set(key, old, value); });
  const bool succeeded = note_write(stored);
  if (succeeded) {
    EXPECT_TRUE(*stored) << key;
  }
  expected_.put(key, value, succeeded);
}

void StoreLife::erase(Session& session, const std::string& key) {
  if (!session.keys) return;
  const auto erased = in_library([&] { return session.keys->erase(key); });
  // One that finds nothing writes nothing, and succeeds whatever has failed.
  if (erased && !*erased) return;
  expected_.erase(key, note_write(erased));
}

void StoreLife::append(Session& session, std::size_t size, WriteOptions options) {
  if (!session.log) return;
  const std::string payload = text_of(size, ++seed_);
  const auto id = in_library([&] { return session.log->append(payload, options); });
  note_write(id) ? expected_.append(*id, payload) : expected_.failed_append(payload);
}

void StoreLife::append_async(Session& session, std::size_t size) {
  if (!session.log) return;
  const std::string payload = text_of(size, ++seed_);
  const auto id = in_library([&]() -> Result<LogId> {
    auto ticket = session.log->append_async(payload);
    if (!ticket) return Unexpected(ticket.error());
    return ticket->wait();
  });
  note_write(id) ? expected_.append(*id, payload) : expected_.failed_append(payload);
}

void StoreLife::commit_batch(Session& session) {
  if (!session.keys || !session.log) return;
  std::array<std::string, 3> texts;
  for (std::string& text : texts) text = text_of(3'000, ++seed_);
  const auto committed = in_library([&] {
    Batch batch;
    batch.put(*session.keys, "batch 1", texts[0]);
    batch.put(*session.keys, "batch 2", texts[1]);
    batch.append(*session.log, texts[2]);
    return session.store->commit(batch);
  });
  const bool succeeded = note_write(committed);
  expected_.put("batch 1", texts[0], succeeded);
  expected_.put("batch 2", texts[1], succeeded);
  const auto next = session.log->next_id();
  succeeded&& next ? expected_.append(*next - 1, texts[2]) : expected_.failed_append(texts[2]);
}

void StoreLife::write_region(Session& session, std::uint64_t offset, std::size_t size, WriteOptions options) {
  if (!session.bytes) return;
  const std::string text = text_of(size, ++seed_);
  const auto written =
      in_library([&] { return session.bytes->write_at(offset, bytes_of_text(text), options); });
  expected_.write_region(offset, text, false);  // what no flush has covered, the end of the process may take
  if (note_write(written)) region_unflushed_.emplace_back(offset, text);
  region_is_durable(written && options.durability == Durability::immediate);
}

void StoreLife::update_region(Session& session, std::uint64_t first, std::uint64_t second, std::size_t size) {
  if (!session.bytes) return;
  const std::array texts{text_of(size, ++seed_), text_of(size, ++seed_)};
  const std::array writes{RegionWrite{first, bytes_of_text(texts[0])}, RegionWrite{second, bytes_of_text(texts[1])}};
  const bool updated = note_write(in_library([&] { return session.bytes->update(writes); }));
  region_is_durable(updated);  // flushed before, or the size is new
  expected_.write_region(first, texts[0], updated);
  expected_.write_region(second, texts[1], updated);
}

void StoreLife::store_in_region(Session& session, std::uint64_t offset, std::size_t size) {
  if (!session.bytes) return;
  const auto present = session.bytes->size();
  if (!present || *present < offset + size) return;  // what should have made it longer has failed
  auto view = in_library([&] { return session.bytes->mutable_view(offset, size); });
  if (!note_write(view)) return;
  const std::string text = text_of(size, ++seed_);
  std::string_view left = text;
  for (const auto& span : view->spans()) {
    std::copy_n(std::as_bytes(std::span(left)).data(), span.size(), span.data());
    left.remove_prefix(span.size());
  }
  expected_.write_region(offset, text, false);
  if (note_write(in_library([&] { return view->mark_dirty(0, size); }))) region_unflushed_.emplace_back(offset, text);
}

void StoreLife::region_is_durable(bool flushed) {
  if (!flushed) return;
  for (const auto& [offset, text] : region_unflushed_) expected_.write_region(offset, text, true);
  region_unflushed_.clear();
}

void StoreLife::sync(Session& session) {
  region_is_durable(note_write(in_library([&] { return session.store->sync(); })));
  if (session.bytes) static_cast<void>(note(in_library([&] { return session.bytes->flush(); })));
}

// Whatever has failed: what was acknowledged can be read.
void StoreLife::read_all(Session& session) {
  const auto note_read = [this](const auto& result) {
    if (!result) read_errors_.push_back(result.error());
  };
  if (session.keys) {
    note_read(in_library([&] { return session.keys->get("key 1"); }));
    note_read(in_library([&] { return session.keys->view("large"); }));
    std::array<char, 100> buffer;
    note_read(in_library([&] { return session.keys->get_into("large", buffer); }));
    const std::array<std::string_view, 4> several{"key 1", "absent", "large", "key 3"};
    note_read(in_library([&] { return session.keys->multi_get(several); }));
    note_read(in_library([&] { return session.keys->scan("", [](auto, auto) { return true; }); }));
  }
  if (session.log)
    note_read(in_library([&] { return session.log->scan(1, [](const auto&) { return true; }); }));
  if (session.bytes) {
    const auto size = in_library([&] { return session.bytes->size(); });
    note_read(size);
    if (size && *size > 0) note_read(in_library([&] { return session.bytes->view(0, *size); }));
  }
  note_read(in_library([&] { return session.store->verify(); }));
}

void StoreLife::fill(Session& session) {
  for (int i = 1; i <= 4; ++i) put(session, "key " + std::to_string(i), 2'000);
  put(session, "key 5", 2'000, kBuffered);
  put(session, "key 6", 2'000, kInterval);
  put(session, "large", 50'000);
  append(session, 1'000);
  append(session, 1'000, kBuffered);
  append_async(session, 1'000);
  append(session, 40'000);
  commit_batch(session);
  write_region(session, 0, 5'000);
  write_region(session, 5'000, 5'000, kImmediate);
  write_region(session, 12'000, 1'000, kInterval);  // behind a gap
  erase(session, "key 2");
  replace(session, "key 3", 1'500);
  put_async(session, "key 7", 1'500);
  put_async(session, "large async", 60'000);
  multi_put(session, 1'200);
  exchange(session, "key 7", 1'800);
  update(session, "key 8", 1'000);
  put_if_absent(session, "key 9", 1'000);
  add(session, "counter");
  sync(session);
}

void StoreLife::grow(Session& session) {
  put(session, "larger", 1'500'000);
  write_region(session, 13'000, 300'000);
  if (session.bytes) static_cast<void>(note(in_library([&] { return session.bytes->reserve(2 * kMiB); })));
  append(session, 700'000);
  for (int i = 0; i < 40; ++i) put(session, "many " + std::to_string(i), 4'000, kBuffered);
  update_region(session, 200'000, 320'000, 3'000);
  put(session, "large", 60'000);
  erase(session, "larger");
  put(session, "larger", 1'600'000);
}

void StoreLife::rename_and_remove(Session& session) {
  const auto write = [&](const char* name) -> std::optional<Region> {
    auto region = in_library([&] { return session.store->region(name); });
    if (!note_write(region)) return std::nullopt;
    kept_regions_.insert(name);
    static_cast<void>(note(in_library([&] { return region->append(bytes_of_text("some bytes")); })));
    return *region;
  };
  if (auto region = write("first name")) {
    const bool renamed = note_write(in_library([&] { return region->rename("second name"); }));
    kept_regions_.erase("first name");
    if (renamed) kept_regions_.insert("second name"), gone_regions_.insert("first name");
  }
  if (auto region = write("doomed")) {
    const auto cut = in_library([&] { return region->truncate(3); });
    note_write(cut);
    const bool removed = note_write(in_library([&] { return region->remove(); }));
    kept_regions_.erase("doomed");
    if (removed) gone_regions_.insert("doomed");
  }
}

void StoreLife::change(Session& session) {
  put(session, "key 1", 2'500);
  erase(session, "key 4");
  put(session, "large", 70'000);
  append(session, 900);
  append_async(session, 900);
  put_async(session, "key 7", 900);
  multi_put(session, 50'000);
  exchange(session, "large async", 1'000);
  add(session, "counter");
  commit_batch(session);
  write_region(session, 100, 2'000, kImmediate);
  store_in_region(session, 2'500, 1'500);
  sync(session);
  update_region(session, 1'000, 9'000, 500);
}

void StoreLife::close(Session& session) {
  read_all(session);
  region_is_durable(note_write(in_library([&] { return session.store->close(); })));
  region_unflushed_.clear();
  session = {};
}

void StoreLife::live() {
  Session session;
  if (open(session)) {
    fill(session);
    grow(session);
    rename_and_remove(session);
    use_forms(session);
    close(session);
  }
  if (open(session)) {
    change(session);
    close(session);
  }
}

void StoreLife::check_after() {
  for (int round = 0; round < 2; ++round) {
    options_.mode = was_open_ ? OpenMode::existing : OpenMode::open_or_create;
    Session session;
    errors_.clear();
    ASSERT_TRUE(open(session)) << errors_.front().to_string();
    ASSERT_NO_FATAL_FAILURE(expected_.check(*session.store));
    for (const std::string& name : kept_regions_)
      ASSERT_TRUE(ok(session.store->region(name, {.mode = OpenMode::existing}))) << name;
    for (const Formed& formed : formed_) ASSERT_NO_FATAL_FAILURE(check_form(*session.store, formed));
    const auto verified = session.store->verify();
    ASSERT_TRUE(ok(verified));
    ASSERT_TRUE(verified->damage.empty()) << verified->damage.front().message;
    for (const std::string& name : gone_regions_)
      ASSERT_FALSE(session.store->region(name, {.mode = OpenMode::existing}).has_value()) << name;
    change(session);
    const auto closed = session.store->close();
    ASSERT_TRUE(ok(closed));
    region_is_durable(closed.has_value());
    ASSERT_TRUE(errors_.empty()) << errors_.front().to_string();
  }
}

}  // namespace holdfast
