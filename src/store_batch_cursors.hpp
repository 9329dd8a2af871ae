#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <holdfast/batch.hpp>

#include "kv/kv_batch.hpp"
#include "log/log_stream.hpp"
#include "store_ledger.hpp"

namespace holdfast {

/// What a batch does to cursors: each is a change of the store's own key-value space. While it lives, other commits of these
/// cursors wait.
///
/// As for a single commit, docs/durability.md "cursors": until it is kept a cursor protects what it has protected before as
/// well.
/// Threads: one.
class BatchCursors {
 public:
  explicit BatchCursors(const Batch& batch) : batch_(batch) {}
  BatchCursors(const BatchCursors&) = delete;
  BatchCursors& operator=(const BatchCursors&) = delete;
  ~BatchCursors() { end(false); }

  /// Holds off others and shows what is to come, if the streams have such places. Errors: as Log::commit_cursor; nothing
  /// changed.
  [[nodiscard]] Result<void> begin(Engine& engine, StoreLedger& ledger);

  /// Adds the next cursor's change, in the order of the batch. Requires: begin().
  void add_next(kv::BatchWrites& writes);

  /// The batch has its outcome; what is not kept is as it was before.
  void end(bool is_kept) noexcept;

 private:
  [[nodiscard]] bool has_any() const noexcept;

  const Batch& batch_;
  std::shared_ptr<kv::KvSpace> ledger_space_;
  std::vector<std::unique_lock<std::mutex>> locks_;
  std::vector<log::CursorMove> moves_;                  // those that were begun
  std::vector<StoreLedger::CursorRecord> records_;      // of each; the batch's changes refer to them
  std::size_t next_ = 0;                                // of records_, for add_next()
};

}  // namespace holdfast
