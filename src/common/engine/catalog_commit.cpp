// How entries become true: at once, or in two steps around what they wait for.

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/check.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/engine/catalog.hpp"
#include "common/engine/commit_step.hpp"
#include "common/format/catalog_entry.hpp"

namespace holdfast {
namespace {

bool adds(const std::vector<CatalogEntry>& entries) noexcept {
  return std::any_of(entries.begin(), entries.end(), [](const CatalogEntry& entry) {
    return entry.type == CatalogEntryType::add_space || entry.type == CatalogEntryType::add_segment ||
           entry.type == CatalogEntryType::batch_decided || entry.type == CatalogEntryType::log_gap;
  });
}

}  // namespace

Result<void> Catalog::commit(const std::vector<CatalogEntry>& entries) {
  const std::lock_guard lock(mutex_);
  HOLDFAST_CHECK(extents_ != nullptr);
  if (auto whole = failed_.check(); !whole) return whole;
  std::uint64_t snapshot_size = state_.snapshot_size_bytes();
  for (const CatalogEntry& entry : entries) snapshot_size += catalog_entry_size_bytes(entry);
  if (auto kept = keep_spare_for(snapshot_size); !kept && adds(entries)) return kept;
  auto written = append(entries);
  return written ? apply(entries) : written;
}

Result<void> Catalog::apply(const std::vector<CatalogEntry>& entries) {
  const auto applied = without_bad_alloc([&]() -> Result<void> {
    for (const CatalogEntry& entry : entries)
      if (auto one = state_.apply(entry); !one) return one;
    return {};
  });
  if (!applied && applied.error().code == ErrorCode::no_memory)
    return Unexpected(failed_.latch({.code = ErrorCode::io, .message = "out of memory"}));
  return applied;
}

Result<void> Catalog::append(const std::vector<CatalogEntry>& entries) {
  const std::string payload = encode_catalog_entries(entries);
  const RecordDraft draft{.type = RecordType::catalog, .payload = payload};
  open_slice();
  if (!has_room_for(draft)) return checkpoint(entries);
  stage_.clear();
  writer_->append(draft, stage_);
  if (auto written = commit_step(storage_, stage_.ranges(), Mutant::catalog_not_synced); !written) return written;
  writer_->mark_durable();
  last_slice_ = writer_->link();
  return {};
}

// A record that has to wait for others to be durable must not need a checkpoint then.
Result<std::unique_ptr<Catalog::Prepared>> Catalog::prepare(std::vector<CatalogEntry> entries) {
  std::unique_lock lock(mutex_);
  if (auto whole = failed_.check(); !whole) return Unexpected(whole.error());
  std::unique_ptr<Prepared> prepared(new Prepared(*this, std::move(lock), std::move(entries)));
  std::uint64_t snapshot_size = state_.snapshot_size_bytes();
  for (const CatalogEntry& entry : prepared->entries_) snapshot_size += catalog_entry_size_bytes(entry);
  prepared->payload_ = encode_catalog_entries(prepared->entries_);
  const RecordDraft draft{.type = RecordType::catalog, .payload = prepared->payload_};
  open_slice();
  if (!has_room_for(draft))
    if (auto moved = checkpoint({}, padded_record_size(0, draft.payload.size(), kCacheLineSizeBytes)); !moved)
      return Unexpected(moved.error());
  HOLDFAST_CHECK(has_room_for(draft));
  if (auto kept = keep_spare_for(snapshot_size); !kept && adds(prepared->entries_)) return Unexpected(kept.error());
  stage_.clear();
  prepared->writer_ = writer_;
  prepared->writer_->append(draft, stage_);
  return prepared;
}

Result<void> Catalog::Prepared::commit() {
  Catalog& catalog = catalog_;
  auto written = commit_step(catalog.storage_, catalog.stage_.ranges(), Mutant::catalog_not_synced);
  if (!written) return Unexpected(catalog.failed_.latch(std::move(written.error())));
  writer_->mark_durable();
  catalog.writer_ = std::move(writer_);
  catalog.last_slice_ = catalog.writer_->link();
  auto applied = catalog.apply(entries_);
  lock_.unlock();
  return applied;
}

}  // namespace holdfast
