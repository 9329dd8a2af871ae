#include "common/engine/number_limits.hpp"

#include <algorithm>
#include <string>

#include "common/format/record.hpp"

namespace holdfast {
namespace {

// What a store gives out from here on stays below kVersionEnd, and batches have a next number, however long it lives.
constexpr std::uint64_t kFoundNumberEnd = kVersionEnd / 2;
constexpr std::uint64_t kFoundBatchEnd = std::uint64_t{1} << 63;

constexpr std::uint64_t kEntrySizeBytesMin = padded_record_size(sizeof(LogKeyDisk), 0, kRecordAlignmentMin);

Unexpected beyond(const Storage& storage, std::string what, std::uint64_t limit, std::uint64_t found) {
  Error error{.code = ErrorCode::corruption,
              .message = "a record carries " + std::move(what) + " that no writer gives out",
              .path = std::string(storage.path())};
  error.expected = "less than " + std::to_string(limit);
  error.found = std::to_string(found);
  return Unexpected(std::move(error));
}

}  // namespace

Result<void> check_numbers(const RecoveredSpaces& recovered, const CatalogState& catalog, const Storage& storage) {
  if (recovered.version_max >= kFoundNumberEnd)
    return beyond(storage, "a version", kFoundNumberEnd, recovered.version_max);
  if (recovered.batch_max >= kFoundBatchEnd)
    return beyond(storage, "a batch's number", kFoundBatchEnd, recovered.batch_max);
  // Each id that was given out had a record, and from the log's begin on, or where its compacted part ends, none was taken away but
  // those in its gaps.
  const std::uint64_t count_max = storage.size_bytes() / kEntrySizeBytesMin + 2;
  for (const auto& [id, space] : recovered.spaces) {
    const CatalogSpace& log = catalog.spaces().at(id);
    const std::uint64_t whole_from = std::max(log.log_begin, log.log_thinned);
    const std::uint64_t gone = whole_from + log.log_gaps.count(whole_from, kVersionEnd);
    const std::uint64_t id_end = std::min(kFoundNumberEnd, gone + count_max);
    if (space.next_number >= id_end) return beyond(storage, "an id", id_end, space.next_number);
  }
  return {};
}

}  // namespace holdfast
