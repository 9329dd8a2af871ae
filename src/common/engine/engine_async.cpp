#include "common/base/out_of_memory.hpp"
#include "common/base/rollback.hpp"
#include "common/engine/cleaner.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {

Error Engine::async_busy(std::uint64_t size_bytes) const {
  Error error{.code = ErrorCode::busy, .message = "too many bytes of asynchronous writes are in flight"};
  error.expected = "at most " + std::to_string(async_room_.bytes_max());
  error.found = std::to_string(async_room_.in_flight_bytes()) + ", and " + std::to_string(size_bytes);
  return error;
}

Result<std::shared_ptr<TicketState>> Engine::write_async(WriteEntry entry, Durability durability,
                                                         std::unique_ptr<AsyncFollower> follower) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  const std::uint64_t size =
      padded_record_size(entry.draft.key.size(), entry.draft.payload.size(), kRecordAlignmentMin);
  // Nobody waits for the write, so nobody could come again with it.
  if (cleaner_->is_nearly_full())
    if (auto made = cleaner_->make_room(size); !made) return Unexpected(made.error());
  if (!async_room_.take(size)) return Unexpected(async_busy(size));
  Rollback room([&] { async_room_.give_back(size); });
  auto ticket = std::make_shared<TicketState>();
  auto write = std::make_unique<AsyncWrite>();
  write->key = entry.draft.key;
  write->entry = entry;
  write->entry.draft.key = write->key;
  write->entry.size_bytes = entry.draft.key.size() + entry.draft.payload.size();
  write->durability = durability;
  write->follower = std::move(follower);
  write->done = [this, ticket, size](AsyncWrite& done, Result<void>& outcome) {
    const bool has_parts = (done.entry.draft.flags & kRecordFlagValueParts) != 0;
    if (!outcome && has_parts) retire_parts(done.entry.draft.flags, done.payload, false);
    if (done.follower != nullptr) done.follower->end(done.entry, outcome);
    async_room_.give_back(size);
    ticket->set(outcome ? Result<std::uint64_t>(done.entry.draft.version) : Unexpected(copy_of(outcome.error())));
  };
  if (write->follower != nullptr)
    if (auto begun = write->follower->begin(write->entry); !begun) return Unexpected(begun.error());

  std::vector<MovedOut> parts;  // of a large payload, whose bytes are written here and now
  Rollback unused([&] {
    for (const MovedOut& moved_out : parts) retire_parts(moved_out.flags, moved_out.parts, false);
  });
  auto moved = move_out_large_values({&write->entry, 1}, parts);
  if (moved) {
    write->payload = write->entry.draft.payload;
    write->entry.draft.payload = write->payload;
    route_->write_async(std::move(write));
  } else {
    write->done(*write, moved);
  }
  unused.keep();
  room.keep();  // done() gives it back
  return ticket;
}

}  // namespace holdfast
