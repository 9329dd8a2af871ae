#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {

// One that is larger than the bound is let in alone, or it could never be written.
bool Engine::take_async_room(std::uint64_t size_bytes) noexcept {
  std::uint64_t in_flight = async_bytes_.load(std::memory_order_relaxed);  // relaxed: a count, nothing comes with it
  do {
    if (in_flight != 0 && (size_bytes > async_bytes_max_ || in_flight > async_bytes_max_ - size_bytes)) return false;
  } while (!async_bytes_.compare_exchange_weak(in_flight, in_flight + size_bytes, std::memory_order_relaxed));
  return true;
}

Result<std::shared_ptr<TicketState>> Engine::write_async(WriteEntry entry, Durability durability) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  const std::uint64_t size =
      padded_record_size(entry.draft.key.size(), entry.draft.payload.size(), kRecordAlignmentMin);
  if (!take_async_room(size)) {
    Error error{.code = ErrorCode::busy, .message = "too many bytes of asynchronous appends are in flight"};
    error.expected = "at most " + std::to_string(async_bytes_max_);
    error.found = std::to_string(async_bytes_.load(std::memory_order_relaxed)) + ", and " + std::to_string(size);
    return Unexpected(error);
  }
  Rollback room([&] { async_bytes_.fetch_sub(size, std::memory_order_relaxed); });
  auto ticket = std::make_shared<TicketState>();
  entry.size_bytes = entry.draft.key.size() + entry.draft.payload.size();
  std::vector<std::string> parts;  // of a large payload, whose bytes are written here and now
  const auto moved = move_out_large_values({&entry, 1}, parts);

  auto write = std::make_unique<AsyncWrite>();
  write->key = entry.draft.key;
  if (moved) write->payload = entry.draft.payload;
  write->entry = entry;
  write->entry.draft.key = write->key;
  write->entry.draft.payload = write->payload;
  write->durability = durability;
  write->done = [this, ticket, size](AsyncWrite& done, const Result<void>& outcome) {
    const bool has_parts = (done.entry.draft.flags & kRecordFlagValueParts) != 0;
    if (!outcome && has_parts) retire_parts(done.payload, false);
    async_bytes_.fetch_sub(size, std::memory_order_relaxed);
    ticket->set(outcome ? Result<std::uint64_t>(done.entry.draft.version) : Unexpected(copy_of(outcome.error())));
  };
  if (moved) {
    route_->write_async(std::move(write));
    room.keep();  // done() gives it back
  } else {
    room.keep();
    write->done(*write, moved);
  }
  return ticket;
}

}  // namespace holdfast
