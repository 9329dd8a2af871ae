// The ends of streams go.

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {

bool LogStream::is_all_cut_off(const SegmentUse& use) const {
  const auto gap = use.entries != 0 ? gaps_.around(use.id_min) : std::nullopt;
  return gap && use.id_max < gap->to;
}

// Those that a tail has in use among them: they stay until it has left them.
std::vector<SegmentId> LogStream::cut_off_segments() const {
  std::vector<SegmentId> segments;
  for (const SegmentUse& use : space_.segments().uses())
    if (is_all_cut_off(use)) segments.push_back(use.place.segment_id);
  return segments;
}

// Without entries that are gone already. A gap has more ids than that where compaction has left some out.
std::vector<SegmentUse> LogStream::uses_to_retain() const {
  std::vector<SegmentUse> uses = space_.segments().uses();
  for (SegmentUse& use : uses) {
    if (use.entries == 0 || gaps_.count(use.id_min, use.id_max + 1) == 0) continue;
    std::uint64_t present = 0;
    const LogId end = use.id_max + 1;
    for (auto id = index_.next_present(use.id_min, end); id; id = index_.next_present(*id + 1, end)) ++present;
    use.entries = std::min(use.entries, present);
  }
  return uses;
}

// What fails here is done by retain(), or by whoever opens the store next.
void LogStream::free_end(Engine& engine, const LogGap& gap, LogCut& cut) {
  static_cast<void>(without_bad_alloc([&]() -> Result<void> {
    const auto freed = engine.free_log_end(space_, gap, cut_off_segments(),
                                            [this](const SegmentUse& use) { return is_all_cut_off(use); });
    if (!freed) return Unexpected(freed.error());
    cut.segments = freed->segments;
    cut.bytes = freed->bytes;
    return success();
  }));
  truncated_segments_.fetch_add(cut.segments, std::memory_order_relaxed);
  has_cut_segments_.store(true, std::memory_order_relaxed);  // retain() looks whether that is so
}

Result<LogCut> LogStream::truncate_from(LogId id) {
  const StreamEnd end{this, id};
  auto cuts = cut_ends({&end, 1});
  if (!cuts) return Unexpected(cuts.error());
  return cuts->front();
}

// Crash order, as in docs/durability.md "truncation": the engine's (1) to (3), then the room.
Result<std::vector<LogCut>> LogStream::cut_ends(std::span<const StreamEnd> ends) {
  std::vector<LogCut> cuts(ends.size());
  if (ends.empty()) return cuts;
  const auto engine = ends.front().stream->gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  std::vector<LogStream*> streams;
  for (const StreamEnd& end : ends) streams.push_back(end.stream);
  std::sort(streams.begin(), streams.end(), [](const LogStream* a, const LogStream* b) { return a->space_id() < b->space_id(); });
  std::vector<std::unique_lock<std::mutex>> locks;  // in one order, so that no two calls wait for each other
  locks.reserve(streams.size());
  for (LogStream* const stream : streams) locks.emplace_back(stream->upkeep_mutex_);
  std::vector<Engine::LogEnd> log_ends;
  for (const StreamEnd& end : ends) {
    LogStream& stream = *end.stream;
    if (stream.is_dropped()) return Unexpected(dropped_error());
    if (end.from > stream.index_.next()) return Unexpected(stream.no_such_place(*engine, end.from));
    log_ends.push_back({.log = &stream.space_, .from = std::max(end.from, stream.first_.load())});
    stream.gaps_.make_room();
  }
  const auto shown = [&] {
    for (std::size_t i = 0; i < ends.size(); ++i) {
      LogStream& stream = *ends[i].stream;
      const Engine::LogEnd& end = log_ends[i];
      stream.gaps_.add(end.from, end.to);  // first, so that nobody takes what is missing for lost
      cuts[i] = {.from = end.from, .next_id = end.to, .records = stream.index_.take_out(end.from, end.to)};
      stream.cut_records_.fetch_add(cuts[i].records, std::memory_order_relaxed);
    }
  };
  if (auto cut = engine->cut_log_ends(log_ends, shown); !cut) return Unexpected(cut.error());
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (cuts[i].from < cuts[i].next_id)
      ends[i].stream->free_end(*engine, {cuts[i].from, cuts[i].next_id}, cuts[i]);
  return cuts;
}

// Where a page of the map is missing zeros look like damage: nothing is cut for that.
Result<std::optional<LogId>> LogStream::first_damaged() const {
  for (;;) {
    LogId at = first_.load();
    const auto read = scan(at, [&at](const LogEntryView& entry) {
      at = entry.id + 1;
      return true;
    }, {.verify = true, .on_damage = OnDamage::fail});
    if (read) return std::nullopt;
    if (read.error().code == ErrorCode::out_of_bounds && at < first_.load()) continue;  // retention was there
    if (read.error().code != ErrorCode::corruption || gate_->is_faulted()) return Unexpected(read.error());
    return gaps_.passed_forward(at);
  }
}

Result<void> LogStream::cut_at_damage() {
  const auto damaged = first_damaged();
  if (!damaged) return Unexpected(damaged.error());
  if (!*damaged) return success();
  const auto cut = truncate_from(**damaged);
  return cut ? success() : Unexpected(cut.error());
}

}  // namespace holdfast::log
