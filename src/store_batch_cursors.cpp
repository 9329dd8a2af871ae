#include "store_batch_cursors.hpp"

#include <algorithm>
#include <functional>

#include "common/base/success.hpp"

namespace holdfast {

bool BatchCursors::has_any() const noexcept {
  return std::any_of(batch_.operations_.begin(), batch_.operations_.end(),
                     [](const Batch::Operation& operation) { return operation.kind == Batch::Kind::commit_cursor; });
}

Result<void> BatchCursors::begin(Engine& engine, StoreLedger& ledger) {
  if (!has_any()) return success();
  auto space = ledger.space_to_write();
  if (!space) return Unexpected(space.error());
  ledger_space_ = std::move(*space);
  std::vector<log::CursorMove> moves;
  std::vector<std::mutex*> mutexes;
  const std::uint64_t now_us = engine.expiry_clock().read_us();
  for (const Batch::Operation& operation : batch_.operations_) {
    if (operation.kind != Batch::Kind::commit_cursor) continue;
    log::LogStream& stream = log::stream_of(batch_.streams_[operation.handle]);
    const std::string_view name = std::string_view(batch_.bytes_).substr(operation.start, operation.key_size_bytes);
    moves.push_back({.stream = &stream,
                     .name = name,
                     .cursor = {.next = operation.offset, .committed_us = now_us, .protects = operation.protects}});
    mutexes.push_back(&stream.cursor_mutex(name));
    records_.emplace_back(stream.space_id(), name, moves.back().cursor);
  }
  std::sort(mutexes.begin(), mutexes.end(), std::less<>());  // in one order, so that no two batches wait for each other
  mutexes.erase(std::unique(mutexes.begin(), mutexes.end()), mutexes.end());
  locks_.reserve(mutexes.size());
  moves_.reserve(moves.size());
  for (std::mutex* const mutex : mutexes) locks_.emplace_back(*mutex);
  for (log::CursorMove& move : moves) {
    if (auto begun = move.stream->begin_move(engine, move); !begun) return begun;
    moves_.push_back(move);
  }
  return success();
}

void BatchCursors::add_next(kv::BatchWrites& writes) {
  const StoreLedger::CursorRecord& record = records_[next_++];
  writes.add_put(*ledger_space_, record.key(), record.value(), {});
}

void BatchCursors::end(bool is_kept) noexcept {
  if (is_kept) {
    for (const log::CursorMove& move : moves_) move.stream->end_move(move, true);
  } else {
    for (auto move = moves_.rbegin(); move != moves_.rend(); ++move) move->stream->end_move(*move, false);
  }
  moves_.clear();
  locks_.clear();
}

}  // namespace holdfast
