#include "lane_writer.hpp"

#include <span>
#include <string_view>
#include <vector>

#include "key_operations.hpp"
#include "lanes.hpp"

namespace holdfast::lanes {
namespace {

std::string value_of(const Change& change, std::uint64_t number) {
  return make_value(change.key, number, change.value_size_bytes);
}

void add(Batch& batch, const Kv& space, const Operation& operation, std::uint64_t number) {
  for (const Change& change : operation.changes) {
    if (change.erases) {
      batch.erase(space, change.key);
    } else {
      batch.put(space, change.key, value_of(change, number));
    }
  }
}

}  // namespace

LaneWriter::LaneWriter(Spaces& spaces, std::uint64_t seed, std::uint32_t lane, std::uint64_t done)
    : spaces_(spaces), seed_(seed), lane_(lane), number_(done), region_script_(seed) {
  while (kLanes[lane] == Facade::region && region_script_.number() < done) (void)region_script_.next();
}

Result<void> LaneWriter::apply() {
  ++number_;
  switch (kLanes[lane_]) {
    case Facade::kv:
      return apply_kv();
    case Facade::log:
      return apply_append();
    case Facade::region:
      return apply_region();
    case Facade::batch:
      return apply_batch();
  }
  return {};
}

Result<void> LaneWriter::apply_kv() {
  const Operation operation = operation_of(seed_, lane_, number_);
  if (operation.is_batch) {
    Batch batch;
    add(batch, spaces_.kv, operation, number_);
    return spaces_.store.commit(batch);
  }
  const Change& change = operation.changes.front();
  if (!change.erases) return spaces_.kv.put(change.key, value_of(change, number_));
  return spaces_.kv.erase(change.key).map([](bool) {});
}

Result<void> LaneWriter::apply_append() {
  const Append append = append_of(seed_, lane_, number_);
  switch (append.kind) {
    case AppendKind::one:
      return spaces_.log.append(append.payloads.front()).map([](LogId) {});
    case AppendKind::together: {
      const std::vector<std::string_view> payloads(append.payloads.begin(), append.payloads.end());
      return spaces_.log.append_batch(payloads).map([](LogId) {});
    }
    case AppendKind::asynchronous: {
      const auto ticket = spaces_.log.append_async(append.payloads.front());
      if (!ticket) return Unexpected(ticket.error());
      return ticket->wait().map([](LogId) {});
    }
  }
  return {};
}

// After a crash a part of this operation may be there already, its growth as well; then its bytes are
// written over themselves.
Result<void> LaneWriter::apply_region() {
  Region& region = spaces_.region;
  const RegionChange change = region_script_.next();
  const WriteOptions options{change.is_immediate ? Durability::immediate : Durability::buffered};
  for (const auto& write : change.writes) {
    const auto size_bytes = region.size();
    if (!size_bytes) return Unexpected(size_bytes.error());
    const auto bytes = std::as_bytes(std::span(write.bytes));
    auto written = write.offset == *size_bytes ? region.append(bytes, options).map([](std::uint64_t) {})
                                               : region.write_at(write.offset, bytes, options);
    if (!written) return written;
  }
  if (change.is_immediate) return {};
  return region.flush().map([](bool) {});
}

Result<void> LaneWriter::apply_batch() {
  Batch batch;
  add(batch, spaces_.batch_kv, operation_of(seed_, lane_, number_), number_);
  for (const auto& payload : append_of(seed_, lane_, number_).payloads)
    batch.append(spaces_.batch_log, payload);
  return spaces_.store.commit(batch);
}

}  // namespace holdfast::lanes
