// The base stores of logs.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base_store.hpp"

namespace holdfast::fuzz {
namespace {

constexpr std::uint64_t kRecordsOfSegment = 10;

/// Ends a reshard where it is.
struct Stopped {};

}  // namespace

// It goes as if its process had been killed in the middle of the reshard; `closed`: it was opened once more, and closed.
void BaseStore::write_logs(testing::CrashMedium& medium, bool closed) {
  {
    auto store = made(Store::open(made(medium.open()), options(OpenMode::create)));
    write_streams(store);
    write_sharded_logs(store);
    image_.assign(medium.live().begin(), medium.live().end());
  }
  if (!closed) return;
  testing::CrashOptions as_it_was = medium_options();
  const auto again = testing::CrashMedium::from_image(testing::image_of(image_), as_it_was);
  auto store = made(Store::open(made(again->open()), options(OpenMode::existing)));
  made(store.close());
  image_.assign(again->live().begin(), again->live().end());
}

void BaseStore::write_streams(Store& store) {
  auto cut = made(store.log("cut", {.settings = {.segment_records_max = kRecordsOfSegment}}));
  const auto append_up_to = [&](LogId last) {
    for (LogId id = made(cut.next_id()); id <= last; ++id) append(cut, noise(100 + id, 20 + 5 * id));
  };
  append_up_to(25);
  made(cut.truncate_from(18).map([](const LogCut&) {}));  // a gap between segments
  append_up_to(30);
  made(cut.truncate_from(29).map([](const LogCut&) {}));  // one inside of one
  append_up_to(33);
  made(cut.truncate_before(3).map([](const LogTruncation&) {}));
  made(cut.commit_cursor("cursor", 5));

  auto compacted = made(store.log("compacted", {.settings = {.segment_records_max = kRecordsOfSegment,
                                                             .compact_by_key = true,
                                                             .compact_garbage_percent_min = 1}}));
  const auto append_keyed_up_to = [&](LogId last) {
    for (LogId id = made(compacted.next_id()); id <= last; ++id) {
      const std::string key = "key " + std::to_string(id % 3);
      payloads_.push_back(noise(200 + id, 30));
      made(compacted.append(payloads_.back(), {.key = key}));
    }
  };
  append_keyed_up_to(24);
  made(compacted.compact());
  append_keyed_up_to(27);
}

void BaseStore::append_keyed(ShardedLog& log, int count) {
  for (int i = 0; i < count; ++i) {
    payloads_.push_back(noise(300 + payloads_.size(), 25));
    made(log.append("key " + std::to_string(payloads_.size() % 5), payloads_.back()));
  }
}

void BaseStore::write_sharded_logs(Store& store) {
  auto whole = made(ShardedLog::open(store, "whole", {.shards = 1}));
  append_keyed(whole, 3);
  made(whole.create_checkpoint("only"));
  append_keyed(whole, 1);

  auto events = made(ShardedLog::open(store, "events", {.shards = 2}));
  append_keyed(events, 6);
  made(events.create_checkpoint("older"));
  append_keyed(events, 5);
  made(events.create_checkpoint("younger"));
  append_keyed(events, 4);
  try {
    static_cast<void>(events.reshard(3, [](const ReshardProgress&) { throw Stopped(); }));
    HOLDFAST_CHECK(false);
  } catch (const Stopped&) {  // behind what lies below the first checkpoint
  }
}

}  // namespace holdfast::fuzz
