#include <algorithm>

#include "common/engine/value_parts.hpp"
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

// What recovery has admitted is a prefix of the stream but for damage. An id in it that no record has is lost, and
// stays so: it is not given out again, and the records behind it keep theirs.
void LogStream::recover(const Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced) {
  std::vector<const RecoveredRecord*> records;
  for (const auto& slice : recovered.records)
    for (const RecoveredRecord& record : slice)
      if (record.type == RecordType::log_entry) records.push_back(&record);
  const auto by_id = [](const RecoveredRecord* left, const RecoveredRecord* right) {
    return left->version < right->version;
  };
  if (!std::is_sorted(records.begin(), records.end(), by_id)) std::sort(records.begin(), records.end(), by_id);
  for (const RecoveredRecord* const record : records) {
    while (index_.next() < record->version) index_.append_lost();
    if (index_.next() == record->version) index_.append(record->location);
    if ((record->flags & kRecordFlagValueParts) != 0) reference_parts(engine, record->location, referenced);
  }
  while (index_.next() < recovered.next_number) index_.append_lost();
}

}  // namespace holdfast::log
