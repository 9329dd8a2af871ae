#include "log/log_stream.hpp"

#include "common/base/check.hpp"
#include "common/base/success.hpp"
#include "log/entry_batch.hpp"

namespace holdfast::log {
namespace {

Error too_large(const char* what, std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  Error error{.code = ErrorCode::too_large, .message = std::string(what) + " is too large"};
  error.expected = "at most " + std::to_string(size_bytes_max) + " bytes";
  error.found = std::to_string(size_bytes);
  return error;
}

// Counted by one thread at a time, and no slower for it than by a plain number.
void count(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

}  // namespace

Result<void> LogStream::check_draft(const LogDraft& draft) {
  if (is_possible(draft.payload, draft.key, draft.timestamp_us)) return success();
  return Unexpected(not_possible(draft.payload, draft.key, draft.timestamp_us));
}

// Apart from the look itself, which is in the way of every append: what makes errors needs a frame of hundreds of bytes.
Error LogStream::not_possible(std::string_view payload, const std::optional<std::string_view>& key,
                              const std::optional<std::uint64_t>& timestamp_us) {
  if (payload.size() > kPayloadSizeBytesMax) return too_large("payload", payload.size(), kPayloadSizeBytesMax);
  if (key && key->size() > kLogKeySizeBytesMax) return too_large("key", key->size(), kLogKeySizeBytesMax);
  Error error{.code = ErrorCode::invalid_argument, .message = "the timestamp is too large"};
  error.expected = "at most " + std::to_string(kLogTimestampUsMax) + " us";
  error.found = std::to_string(timestamp_us.value_or(0));
  return error;
}

Error LogStream::dropped_error() { return {.code = ErrorCode::not_found, .message = "the stream was dropped"}; }

void LogStream::apply(const LogSettings& settings) noexcept {
  constexpr std::uint64_t kUsPerMs = 1'000;
  space_.set_rotation({.segment_size_bytes = settings.segment_bytes,
                       .entries_max = settings.segment_records_max,
                       .age_us_max = settings.segment_age_ms_max * kUsPerMs});
  compress_above_bytes_.store(settings.compress_above_bytes, std::memory_order_relaxed);
  has_retention_.store(retains_not_all(settings), std::memory_order_relaxed);
  compacts_.store(settings.compact_by_key, std::memory_order_relaxed);
  compact_percent_min_.store(
      settings.compact_garbage_percent_min == 0 ? kCompactGarbagePercentDefault : settings.compact_garbage_percent_min,
      std::memory_order_relaxed);
}

WriteEntry LogStream::entry(const EntryKey& key, const StoredValue& stored, std::uint8_t flags) noexcept {
  return {.space = &space_,
          .draft = {.type = RecordType::log_entry,
                    .flags = static_cast<std::uint8_t>(key.flags() | stored.flags() | flags),
                    .key = key.bytes(),
                    .payload = stored.payload()},
          .observer = this};
}

StoredValue LogStream::store(std::string_view payload) {
  StoredValue stored =
      stored_value(payload, {.compress_above_bytes = compress_above_bytes_.load(std::memory_order_relaxed)});
  if ((stored.flags() & kRecordFlagCompressed) != 0) {
    plain_bytes_.fetch_add(payload.size(), std::memory_order_relaxed);
    packed_bytes_.fetch_add(stored.payload().size(), std::memory_order_relaxed);
  }
  return stored;
}

void LogStream::written(const WriteEntry& entry) noexcept {
  HOLDFAST_CHECK(entry.draft.version == index_.next());  // the tail's order is the order of ids
  index_.append(entry.location);
  count(appended_records_, 1);
  count(appended_bytes_, entry.size_bytes);
  if (entry.location.slice != last_slice_) {
    last_slice_ = entry.location.slice;
    wants_retention_.store(true, std::memory_order_relaxed);
  }
  growth_.grown();
}

// Behind a write, in its thread: the engine's does the work.
void LogStream::ask_for_retention(Engine& engine) noexcept {
  if (!wants_retention_.load(std::memory_order_relaxed)) return;
  wants_retention_.store(false, std::memory_order_relaxed);
  if (has_retention() || compacts()) engine.want_sweep_now();
}

Result<LogId> LogStream::append(std::string_view payload, const std::optional<std::string_view>& key,
                                const std::optional<std::uint64_t>& timestamp_us, Durability durability,
                                std::uint8_t flags) {
  if (!is_possible(payload, key, timestamp_us)) [[unlikely]]
    return Unexpected(not_possible(payload, key, timestamp_us));
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const EntryKey entry_key(timestamp_us ? *timestamp_us : engine->expiry_clock().read_us(), key);
  const StoredValue stored = store(payload);
  WriteEntry single = entry(entry_key, stored, flags);
  if (auto appended = engine->write({&single, 1}, durability); !appended) return Unexpected(appended.error());
  ask_for_retention(*engine);
  return single.draft.version;
}

Result<LogId> LogStream::append_batch(std::span<const LogDraft> drafts, Durability durability) {
  if (drafts.empty())
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "a batch without payloads has no id"});
  for (const LogDraft& draft : drafts)
    if (auto checked = check_draft(draft); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::uint64_t now_us = engine->expiry_clock().read_us();
  EntryBatch batch(drafts.size());
  for (const LogDraft& draft : drafts)
    batch.add(*this, draft.timestamp_us.value_or(now_us), draft.key, draft.payload);
  if (auto appended = engine->write(batch.entries(), durability); !appended) return Unexpected(appended.error());
  ask_for_retention(*engine);
  return batch.entries().front().draft.version;
}

Result<std::shared_ptr<TicketState>> LogStream::append_async(std::string_view payload, const AppendOptions& options,
                                                             Durability durability) {
  if (!is_possible(payload, options.key, options.timestamp_us)) [[unlikely]]
    return Unexpected(not_possible(payload, options.key, options.timestamp_us));
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  const EntryKey key(options.timestamp_us ? *options.timestamp_us : engine->expiry_clock().read_us(), options.key);
  const StoredValue stored = store(payload);
  auto ticket = engine->write_async(entry(key, stored), durability);
  ask_for_retention(*engine);
  return ticket;
}

Result<LogId> LogStream::first_id() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  return gaps_.passed_forward(first_.load());
}

Result<LogId> LogStream::next_id() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  return index_.next();
}

// Outside the gate while it sleeps, so that the store can be closed.
Result<LogId> LogStream::wait(LogId id, std::chrono::milliseconds timeout) const {
  Result<LogId> next = next_id();
  if (!next || *next > id || timeout.count() <= 0) return next;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  growth_.wait_until(deadline, [&] {
    next = next_id();
    return !next || *next > id;
  });
  return next;
}

Result<LogStatistics> LogStream::statistics() const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  if (is_dropped()) return Unexpected(dropped_error());
  constexpr auto kRelaxed = std::memory_order_relaxed;
  LogStatistics statistics{.first_id = gaps_.passed_forward(first_.load()),
                           .next_id = index_.next(),
                           .index_bytes = index_.memory_bytes(),
                           .appended_records = appended_records_.load(kRelaxed),
                           .appended_bytes = appended_bytes_.load(kRelaxed),
                           .plain_bytes = plain_bytes_.load(kRelaxed),
                           .packed_bytes = packed_bytes_.load(kRelaxed),
                           .truncated_segments = truncated_segments_.load(kRelaxed),
                           .cut_records = cut_records_.load(kRelaxed),
                           .compacted_segments = compacted_segments_.load(kRelaxed),
                           .compacted_records = compacted_records_.load(kRelaxed),
                           .compaction_bytes = compaction_bytes_.load(kRelaxed)};
  LogId oldest = SliceUsage::kNoFloor;
  for (const SegmentUse& use : space_.segments().uses()) {
    ++statistics.segments;
    statistics.segment_bytes += use.place.size_bytes;
    if (use.entries == 0) continue;
    statistics.newest_timestamp_us = std::max(statistics.newest_timestamp_us, use.time_max_us);
    if (use.id_min >= oldest) continue;
    oldest = use.id_min;
    statistics.oldest_timestamp_us = use.time_min_us;
  }
  return statistics;
}

}  // namespace holdfast::log
