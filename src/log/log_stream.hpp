#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/log.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "common/engine/stored_value.hpp"
#include "common/index/sequence_index.hpp"
#include "log/cursor_table.hpp"
#include "log/entry_key.hpp"
#include "log/growth_signal.hpp"
#include "log/key_scan.hpp"
#include "log/lost_ids.hpp"
#include "log/reader_positions.hpp"
#include "log/retention.hpp"
#include "log/stream_gaps.hpp"

namespace holdfast::log {

/// How a handle reads.
struct ReadTerms {
  bool verify = true;
  OnDamage on_damage = OnDamage::fail;
};

[[nodiscard]] inline ReadTerms terms_of(const LogOptions& options) noexcept {
  return {.verify = options.verify_on_read, .on_damage = options.on_damage};
}

class LogStream;

/// The end of a stream that is to go: the records from `from` on.
struct StreamEnd {
  LogStream* stream = nullptr;
  LogId from = 0;
};

/// A stream at work: the index over its records.
///
/// An append: (1) the stream's one tail gives the record its id and its place; (2) the engine makes it durable, as far
/// as asked; (3) the thread that did so shows it, in the order of the tail, before anybody is told the id. So a
/// reader is never shown an id before a lower one, nor an id that the level asked for could still lose.
///
/// Compaction leaves single records out (log/compaction.hpp): their ids are missing then, which is no loss.
///
/// The begin of a stream is taken away as in docs/durability.md "truncation": (1) readers are shown a higher first id;
/// (2) one catalog record says so and frees the segments that hold nothing else; (3) the index forgets; (4) the room is given
/// out when nobody reads there. Its end likewise, but that no append is under way meanwhile, and that a gap of ids stays.
/// Threads: any number of callers.
class LogStream final : private WriteObserver {
 public:
  LogStream(std::shared_ptr<EngineGate> gate, Space& space)
      : gate_(std::move(gate)), space_(space), name_(space.name()) {}

  /// Fills the index from what recovery has found; before anybody else uses the stream. Adds the extents
  /// of large payloads to `referenced`.
  void recover(const Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced);

  /// Takes up settings that are the catalog's. Before anybody else uses a new stream.
  void apply(const LogSettings& settings) noexcept;

  /// Key and timestamp are looked at where the caller has them: behind the fence of the append before, a copy of what was just
  /// stored in smaller pieces, as of options with another key, waits until all that the fence orders is on the medium.
  [[nodiscard]] Result<LogId> append(std::string_view payload, const std::optional<std::string_view>& key,
                                     const std::optional<std::uint64_t>& timestamp_us, Durability durability,
                                     std::uint8_t flags = 0);
  [[nodiscard]] Result<LogId> append_batch(std::span<const LogDraft> drafts, Durability durability);
  [[nodiscard]] Result<std::shared_ptr<TicketState>> append_async(std::string_view payload, const AppendOptions& options,
                                                                  Durability durability);
  [[nodiscard]] Result<LogEntry> read(LogId id, bool verify) const;
  [[nodiscard]] Result<LogView> view(LogId id, bool verify) const;
  [[nodiscard]] Result<LogId> scan(LogId from, const Log::Visitor& visitor, const ReadTerms& terms) const;
  [[nodiscard]] Result<LogId> scan_back(LogId from, const Log::Visitor& visitor, const ReadTerms& terms) const;
  [[nodiscard]] Result<LogId> find_time(std::uint64_t timestamp_us, const ReadTerms& terms) const;
  [[nodiscard]] Result<LogId> first_id() const;
  [[nodiscard]] Result<LogId> next_id() const;
  [[nodiscard]] Result<LogId> wait(LogId id, std::chrono::milliseconds timeout) const;

  [[nodiscard]] Result<LogTruncation> truncate_before(LogId id);
  [[nodiscard]] Result<LogCut> truncate_from(LogId id);
  /// The same of several streams of one store, each named once: all are cut, or none, also behind a crash. In the order of
  /// `ends`. Errors: as Log::truncate_from.
  [[nodiscard]] static Result<std::vector<LogCut>> cut_ends(std::span<const StreamEnd> ends);
  /// Reads everything, and cuts the end before the first record that is damaged or lost. Errors: as truncate_from().
  [[nodiscard]] Result<void> cut_at_damage();
  [[nodiscard]] Result<LogTruncation> retain();
  /// Whether retain() may have something to do.
  [[nodiscard]] bool has_retention() const noexcept {
    return has_retention_.load(std::memory_order_relaxed) || has_cut_segments_.load(std::memory_order_relaxed);
  }

  /// As Log::compact; `key_slots_max` bounds its memory.
  [[nodiscard]] Result<LogCompaction> compact(const Log::CompactProgress& progress,
                                              std::size_t key_slots_max = KeyScanTerms::kKeySlotsMax);
  /// The same where it promises to be worth it, or (`needs_room`) may be; whether any room came free. What fails is tried
  /// again, by whoever needs the room.
  [[nodiscard]] bool compact_if_due(bool needs_room);
  /// It is not compacted until resume_compaction() was called as often. Waits for one that is under way.
  void pause_compaction();
  void resume_compaction() noexcept { compaction_pauses_.fetch_sub(1); }
  /// Compaction has left out no id from here on. Errors: closed.
  [[nodiscard]] Result<LogId> compacted_below() const;
  [[nodiscard]] bool compacts() const noexcept { return compacts_.load(std::memory_order_relaxed); }

  [[nodiscard]] Result<void> commit_cursor(std::string_view name, LogId next, const CursorOptions& options,
                                           Durability durability);
  [[nodiscard]] Result<std::optional<LogCursor>> cursor(std::string_view name) const;
  [[nodiscard]] Result<std::vector<LogCursor>> cursors() const;
  [[nodiscard]] Result<bool> drop_cursor(std::string_view name);
  /// The two halves of a commit, around keeping it. begin_move() shows the cursor, or for now the place that it protects
  /// beside the new one; end_move() the new place, or the one before. Requires: cursor_mutex() of the name is held from
  /// before the one to behind the other. Errors: out_of_bounds, not_found; nothing changed.
  [[nodiscard]] Result<void> begin_move(const Engine& engine, CursorMove& move);
  void end_move(const CursorMove& move, bool is_kept) noexcept;
  [[nodiscard]] std::mutex& cursor_mutex(std::string_view name) noexcept;
  [[nodiscard]] static Result<void> check_cursor_name(std::string_view name);
  /// Where cursors are kept. Before anybody else uses the stream. Lifetime: the stream's.
  void keep_cursors_in(std::shared_ptr<CursorStore> store) noexcept { cursor_store_ = std::move(store); }
  /// One that was kept; whether it stood behind the stream's end, and was taken back there. One that protects and stands below
  /// the begin has passed what is gone by a commit that was lost: it stands at the begin. Before anybody else uses the stream.
  [[nodiscard]] bool recover_cursor(std::string_view name, CursorState& cursor);

  [[nodiscard]] Result<LogSettings> settings() const;
  [[nodiscard]] Result<void> set_settings(const LogSettings& settings);
  [[nodiscard]] Result<LogStatistics> statistics() const;

  /// The stream and everything in it is gone, durably. Errors: as Engine::drop_log; then it goes on.
  [[nodiscard]] Result<void> drop();
  [[nodiscard]] bool is_dropped() const noexcept { return dropped_.load(); }
  [[nodiscard]] static Error dropped_error();

  /// What is written for an append of `stored` under `key`; both must live until the write has its outcome. Showing
  /// it is the writer's part.
  [[nodiscard]] WriteEntry entry(const EntryKey& key, const StoredValue& stored, std::uint8_t flags = 0) noexcept;

  /// Behind a write of entries, in its thread: retention has a look in the background if a segment was begun.
  void ask_for_retention(Engine& engine) noexcept;

  /// A payload as it is to be stored. Lifetime: the payload's.
  [[nodiscard]] StoredValue store(std::string_view payload);

  /// A record that is there.
  struct Found {
    LogId id = 0;
    Location location{};
  };
  enum class Direction : std::uint8_t { forward, backward };
  /// The next record from `from` on, that one included: below `border`, or back to it. Those passed over are counted.
  /// Errors: corruption (OnDamage::fail: one is lost), out_of_bounds (it was taken away). Requires: a guard is held.
  [[nodiscard]] Result<std::optional<Found>> look(const Engine& engine, LogId from, LogId border, Direction direction,
                                                  const ReadTerms& terms, std::uint64_t& skipped) const;
  /// Whether record `id`, which was there, was compacted away.
  [[nodiscard]] bool is_compacted(LogId id) const {
    return id >= first_.load() && !index_.find(id) && !lost_.contains(id);
  }
  /// A copy of it. Errors: corruption. Requires: a guard is held under which it was found.
  [[nodiscard]] Result<LogEntry> entry_of(const Engine& engine, const Found& found, bool verify) const;
  [[nodiscard]] Error no_such_place(const Engine& engine, LogId from) const;
  [[nodiscard]] ReaderPositions& positions() const noexcept { return positions_; }
  /// Below it nothing can be looked for; first_id(), or in a gap before it.
  [[nodiscard]] LogId begin() const noexcept { return first_.load(); }
  /// Whether the record was taken off the stream's end.
  [[nodiscard]] bool is_cut_off(LogId id) const { return gaps_.has(id); }

  [[nodiscard]] static Result<void> check_draft(const LogDraft& draft);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] SpaceId space_id() const noexcept { return space_.id(); }
  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }

  /// Where the record `id` and its payload's parts lie in the store; for tests of durability.
  [[nodiscard]] std::vector<ByteRange> placements(LogId id) const;

 private:
  friend class EntryWalk;
  friend class KeyScan;
  friend class Compaction;

  static constexpr std::uint64_t kPayloadSizeBytesMax = 0xFFFF'FFFF;

  /// Whether an entry can be made of these.
  [[nodiscard]] static bool is_possible(std::string_view payload, const std::optional<std::string_view>& key,
                                        const std::optional<std::uint64_t>& timestamp_us) noexcept {
    return payload.size() <= kPayloadSizeBytesMax && (!key || key->size() <= kLogKeySizeBytesMax) &&
           (!timestamp_us || *timestamp_us <= kLogTimestampUsMax);
  }
  /// Why not.
  [[nodiscard, gnu::cold, gnu::noinline]] static Error not_possible(std::string_view payload,
                                                                    const std::optional<std::string_view>& key,
                                                                    const std::optional<std::uint64_t>& timestamp_us);
  void make_room(std::uint64_t version_end) override { index_.make_room(version_end); }
  void written(const WriteEntry& entry) noexcept override;
  /// Where the record lies. Errors: not_found, corruption. Requires: a guard is held.
  [[nodiscard]] Result<Found> find(const Engine& engine, LogId id) const;
  [[nodiscard]] Result<RecordView> record_at(const Engine& engine, LogId id, Location location, bool verify) const;
  [[nodiscard]] Error lost(const Engine& engine, LogId id) const;
  /// What a look at record `id` is told that has failed: it, or the stream, may have gone meanwhile.
  [[nodiscard]] Error told(Error error, LogId id) const;
  [[nodiscard]] Error not_there(LogId id) const;
  [[nodiscard]] Result<LogTruncation> cut(Engine& engine, LogId id, bool is_asked);
  [[nodiscard]] bool is_all_cut_off(const SegmentUse& use) const;
  [[nodiscard]] std::vector<SegmentId> cut_off_segments() const;
  [[nodiscard]] Result<std::optional<LogId>> first_damaged() const;
  void free_end(Engine& engine, const LogGap& gap, LogCut& cut);
  [[nodiscard]] std::vector<SegmentUse> uses_to_retain() const;
  [[nodiscard]] Result<LogCompaction> compact(Engine& engine, const Log::CompactProgress& progress,
                                              std::size_t key_slots_max);
  [[nodiscard]] bool is_compaction_due(const Engine& engine, bool needs_room) const;
  /// Where the lowest reader, or cursor that protects, stands; nothing: there is none.
  [[nodiscard]] std::optional<LogId> lowest_place() const;
  void note_compacted(LogId to, std::uint64_t due_us) noexcept {
    compacted_to_ = to;
    compact_due_us_ = due_us;
  }
  void count_compacted(const Engine::Thinned& thinned) noexcept;

  std::shared_ptr<EngineGate> gate_;
  Space& space_;  // the engine's: touched only inside the gate
  std::string name_;
  SequenceIndex index_;
  LostIds lost_;
  std::atomic<LogId> first_{1};
  StreamGaps gaps_;
  mutable ReaderPositions positions_;
  CursorTable cursors_;
  std::shared_ptr<CursorStore> cursor_store_;
  mutable GrowthSignal growth_;

  // One change of a cursor at a time, held while it is written: what is shown and what is kept come in one order. By name, so
  // that consumers share syncs.
  std::array<std::mutex, 16> cursor_mutexes_;
  std::mutex upkeep_mutex_;   // one truncation or change of settings at a time; no write that may find no room is made under it
  std::mutex compact_mutex_;  // one compaction at a time, taken before the one above; guards the next two
  LogId compacted_to_ = 0;             // from here on segments have come since the last one
  std::uint64_t compact_due_us_ = 0;   // when the next one is due all the same; 0: it is not
  std::atomic<bool> is_compacting_{false};
  std::atomic<int> compaction_pauses_{0};
  std::atomic<bool> dropped_{false};
  std::atomic<std::uint64_t> compress_above_bytes_{0};
  std::atomic<bool> has_retention_{false};
  std::atomic<bool> has_cut_segments_{false};  // some hold nothing but what was cut off
  std::atomic<bool> compacts_{false};
  std::atomic<std::uint32_t> compact_percent_min_{0};
  std::atomic<bool> wants_retention_{false};  // a segment was begun since retention was looked at

  // Counted by the one who shows.
  std::uint32_t last_slice_ = 0;
  std::atomic<std::uint64_t> appended_records_{0};
  std::atomic<std::uint64_t> appended_bytes_{0};
  std::atomic<std::uint64_t> truncated_segments_{0};
  std::atomic<std::uint64_t> cut_records_{0};
  std::atomic<std::uint64_t> compacted_segments_{0};
  std::atomic<std::uint64_t> compacted_records_{0};
  std::atomic<std::uint64_t> compaction_bytes_{0};
  std::atomic<std::uint64_t> plain_bytes_{0};   // of payloads that were compressed
  std::atomic<std::uint64_t> packed_bytes_{0};  // what became of them
};

}  // namespace holdfast::log
