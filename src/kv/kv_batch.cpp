#include "kv/kv_batch.hpp"

#include <bit>
#include <utility>

#include "common/base/key_hash.hpp"
#include "common/base/success.hpp"

namespace holdfast::kv {

// Keeps the memory unless it has become unusually large.
void BatchWrites::clear() noexcept {
  if (changes_.capacity() > kKeptCountMax || entries_.capacity() > kKeptCountMax) *this = BatchWrites();
  changes_.clear();
  next_ = 0;
  stored_.clear();
  pending_.clear();
  entries_.clear();
}

void BatchWrites::add(const Change& change) {
  changes_.push_back(change);
  changes_.back().hash = key_hash(change.key);
  change.space->expect_change(changes_.back().hash);
}

// Of several changes of one key the last one counts. Each finds those behind it in a table by the hash of its key.
void BatchWrites::find_last_changes() {
  table_.assign(std::bit_ceil(2 * changes_.size() + 1), nullptr);
  const std::size_t mask = table_.size() - 1;
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    std::size_t place = change->hash & mask;
    const auto is_another_key = [&](const Change& later) {
      return later.hash != change->hash || later.key != change->key || later.space != change->space;
    };
    while (table_[place] != nullptr && is_another_key(*table_[place])) place = (place + 1) & mask;
    change->counts = table_[place] == nullptr;
    if (change->counts) table_[place] = &*change;
  }
}

Result<void> BatchWrites::begin_next(Engine& engine) {
  const Change& change = changes_[next_++];
  if (!change.counts) return success();
  stored_.push_back(change.erases
                        ? StoredValue::erase()
                        : stored_value(change.value, change.space->value_terms(engine, change.lifespan)));
  const auto begun = change.space->begin(engine, change.hash, change.key, leaves(stored_.back()));
  if (!begun) return Unexpected(begun.error());
  pending_.push_back({change.space, *begun, entries_.size()});
  entries_.push_back(change.space->entry(pending_.back().write, stored_.back()));
  return success();
}

void BatchWrites::make_way(Engine& engine) const {
  for (const Change& change : changes_)
    if (!change.erases) change.space->make_way(engine);
}

void BatchWrites::expect_publish() const noexcept {
  for (const Pending& pending : pending_) pending.space->expect_publish(pending.write);
}

Result<void> BatchWrites::end(Engine& engine, Durability durability, Result<void> written) noexcept {
  const bool is_written = written.has_value();
  for (const Pending& pending : pending_) {
    auto shown = without_bad_alloc([&] {
      if (is_written) pending.space->publish(engine, pending.write, entries_[pending.entry], durability);
      return success();
    });
    if (is_written && shown) continue;
    pending.space->abandon(pending.write);
    if (!shown) written = std::move(shown);
  }
  clear();
  return written;
}

}  // namespace holdfast::kv
