#include <algorithm>

#include "common/engine/value_parts.hpp"
#include "log/log_settings.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {
namespace {

void reference_parts(const Engine& engine, Location location, std::set<SegmentId>& referenced) {
  const auto record = engine.read(location, true);
  if (!record) return;  // it proved itself a moment ago: the medium is failing, and reads will say so
  for (const ValuePartDisk& part : decode_value_parts(record->payload).value_or(std::vector<ValuePartDisk>{}))
    referenced.insert(part.segment_id);
}

}  // namespace

// What recovery has admitted is a prefix of the stream but for damage, and for what compaction has left out. An id in it that
// no record has stays without one: it is not given out again, and the records behind it keep theirs. What lies below the
// stream's begin is gone, also where a segment still holds it, and so is what lies in a gap.
void LogStream::recover(const Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced) {
  // What cannot be read is told by settings(); the stream is one without any then.
  if (const auto kept = decode_settings(engine.space_metadata(space_.id()))) apply(*kept);
  const LogId first = std::max<LogId>(engine.log_begin(space_.id()), 1);
  first_.store(first);
  index_.skip_to(first);
  const LogGaps gaps = engine.log_gaps(space_.id());
  gaps_.set(gaps);
  struct Entry {
    std::uint64_t id;
    Location location;
    std::uint8_t flags;
  };
  std::vector<Entry> entries;
  std::size_t count = 0;
  for (const RecoveredSlice& slice : recovered.slices) count += slice.records.size();
  entries.reserve(count);
  for (const RecoveredSlice& slice : recovered.slices)
    for (const RecoveredRecord& record : slice.records)
      if (record.type == RecordType::log_entry && record.version >= first &&
          !gaps.around(record.version))
        entries.push_back({record.version, slice.location_of(record), record.flags});
  const auto by_id = [](const Entry& left, const Entry& right) { return left.id < right.id; };
  if (!std::is_sorted(entries.begin(), entries.end(), by_id)) std::sort(entries.begin(), entries.end(), by_id);
  for (const Entry& entry : entries) {
    index_.skip_to(entry.id);
    if (index_.next() == entry.id) index_.append(entry.location);
    if ((entry.flags & kRecordFlagValueParts) != 0) reference_parts(engine, entry.location, referenced);
  }
  index_.skip_to(recovered.next_number);
  const LogId thinned = engine.log_thinned(space_.id());
  lost_.recover(engine, recovered, index_, first, thinned);
  compacted_to_ = thinned;
  has_cut_segments_.store(!gaps.all().empty() && !cut_off_segments().empty(), std::memory_order_relaxed);
}

}  // namespace holdfast::log
