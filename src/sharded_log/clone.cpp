// The records below a checkpoint once more, as a log of their own.

#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/log_reader.hpp>
#include <holdfast/sharded_log.hpp>

#include "common/base/success.hpp"
#include "log/entry_batch.hpp"
#include "log/log_stream.hpp"
#include "sharded_log/checkpoint_record.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/creation.hpp"
#include "sharded_log/end_cuts.hpp"
#include "sharded_log/opening.hpp"
#include "sharded_log/sharded_log_state.hpp"
#include "store_core.hpp"

namespace holdfast::sharded_log {
namespace {

/// Copied in one write. More: fewer writes, more memory.
constexpr std::size_t kCopiedBytesMax = std::size_t{1} << 20;
constexpr std::size_t kCopiedRecordsMax = 1'024;

/// What is to be copied. The readers keep it: what lies before them is taken away by nobody, nor are the shards
/// resharded.
struct CloneSource {
  std::uint64_t seed = 0;
  LogSettings settings{};
  std::vector<LogId> cut;
  std::vector<LogReader> readers;
};

/// A reader before the first record that is left. Errors: out_of_bounds (that is above the cut), closed, not_found.
Result<LogReader> reader_below(const Log& stream, LogId cut) {
  for (;;) {
    const auto begin = begin_of(stream);
    if (!begin) return Unexpected(begin.error());
    auto reader = stream.reader(*begin);
    if (reader && *begin > cut) return begins_behind(stream, cut, *begin);
    if (reader || reader.error().code != ErrorCode::out_of_bounds) return reader;  // else it was truncated just now
  }
}

Result<CloneSource> source_of(const ShardedLogState& log, std::string_view id) {
  const std::shared_lock turn(log.checkpoint_turn());  // the shards are those of the cut
  const auto found = log.checkpoints().find(id);
  if (!found) return Unexpected(Error{.code = ErrorCode::not_found, .message = "no checkpoint of that id"});
  CloneSource source{.seed = log.seed(), .cut = found->checkpoint->next, .readers = {}};
  const auto streams = streams_of(log);
  const auto settings = streams.front().settings();
  if (!settings) return Unexpected(settings.error());
  source.settings = *settings;
  source.readers.reserve(streams.size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    auto reader = reader_below(streams[i], source.cut[i]);
    if (!reader) return Unexpected(reader.error());
    source.readers.push_back(std::move(*reader));
  }
  return source;
}

/// Gathers records and appends them together, as they are but for their ids.
class RecordCopier {
 public:
  RecordCopier(Engine& engine, log::LogStream& into) : engine_(engine), into_(into) {
    records_.reserve(kCopiedRecordsMax);
  }

  Result<void> add(const LogEntryView& entry) {
    records_.push_back(
        {.timestamp_us = entry.timestamp_us, .payload = std::string(entry.payload), .erases_key = entry.erases_key});
    if (entry.key) records_.back().key.emplace(*entry.key);
    size_bytes_ += entry.payload.size() + entry.key.value_or(std::string_view()).size();
    return records_.size() == kCopiedRecordsMax || size_bytes_ >= kCopiedBytesMax ? flush() : success();
  }

  // They are made durable together, in the end.
  Result<void> flush() {
    if (records_.empty()) return success();
    log::EntryBatch batch(records_.size());
    for (const LogEntry& record : records_)
      batch.add(into_, record.timestamp_us, record.key, record.payload, record.erases_key);
    if (auto written = engine_.write(batch.entries(), Durability::buffered); !written) return written;
    records_.clear();
    size_bytes_ = 0;
    return success();
  }

 private:
  Engine& engine_;
  log::LogStream& into_;
  std::vector<LogEntry> records_;
  std::size_t size_bytes_ = 0;
};

Result<void> copy_below(LogReader& from, LogId cut, Engine& engine, const Log& into) {
  RecordCopier copier(engine, log::stream_of(into));
  while (from.position() < cut) {
    const auto moved = from.next();
    if (!moved) return Unexpected(moved.error());
    if (!*moved || from.entry().id >= cut) break;  // what lay before was cut off
    if (auto copied = copier.add(from.entry()); !copied) return copied;
  }
  if (from.skipped() != 0)  // as the log's options say for who reads; a copy is whole
    return Unexpected(Error{.code = ErrorCode::corruption, .message = "a record below the checkpoint is damaged"});
  return copier.flush();
}

/// Errors: exists, as creating a log, as reading and appending.
Result<void> make_clone(CloneSource& source, const std::shared_ptr<StoreCore>& core, std::string_view name) {
  const std::lock_guard lock(core->sharded_logs().mutex());
  const std::array<StorePart, 1> stores{{{.core = core, .gate = core->gate(), .ledger = core->ledger()}}};
  const auto there = find_manifest(stores.front(), name);
  if (!there) return Unexpected(there.error());
  if (*there) return Unexpected(Error{.code = ErrorCode::exists, .message = "a sharded log of that name exists"});
  const auto engine = core->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const Fill fill = [&](std::span<const Log> streams) -> Result<void> {
    for (std::size_t i = 0; i < streams.size(); ++i)
      if (auto copied = copy_below(source.readers[i], source.cut[i], *engine, streams[i]); !copied) return copied;
    return engine->sync();
  };
  const ShardedLogOptions options{.shards = static_cast<std::uint32_t>(source.cut.size()),
                                  .log = {.settings = source.settings}};
  const auto created = create_log(stores, name, options, source.seed, fill);
  return created ? success() : Unexpected(created.error());
}

/// The log of that name as it is opened by whoever has just made it.
ShardedLogOptions options_of_clone(const ShardedLogState& log) {
  ShardedLogOptions options = log.options();
  options.mode = OpenMode::existing;
  options.shards = 0;
  options.auto_checkpoint = {};
  return options;
}

}  // namespace
}  // namespace holdfast::sharded_log

namespace holdfast {

// Crash order, as in docs/durability.md "checkpoints", "cloning".
Result<ShardedLog> ShardedLog::clone_at(std::string_view id, Store& store, std::string_view name) const {
  using State = std::shared_ptr<sharded_log::ShardedLogState>;
  const std::array<std::shared_ptr<StoreCore>, 1> cores{store.core_};
  auto clone = state_->answer([&]() -> Result<State> {
    if (auto checked = sharded_log::check_checkpoint_id(id); !checked) return Unexpected(checked.error());
    return cores.front()->gate()->answer([&]() -> Result<State> {
      const ShardedLogOptions options = sharded_log::options_of_clone(*state_);
      // Leftovers of that name go, and what can't be a name is refused.
      const auto there = sharded_log::open_log(cores, name, options);
      if (there) return Unexpected(Error{.code = ErrorCode::exists, .message = "a sharded log of that name exists"});
      if (there.error().code != ErrorCode::not_found) return there;
      auto source = sharded_log::source_of(*state_, id);
      if (!source) return Unexpected(source.error());
      if (auto made = sharded_log::make_clone(*source, cores.front(), name); !made) return Unexpected(made.error());
      return sharded_log::open_log(cores, name, options);
    });
  });
  if (!clone) return Unexpected(clone.error());
  return ShardedLog(std::move(*clone));
}

}  // namespace holdfast
