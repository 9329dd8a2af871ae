#include "sharded_log/checkpoint_book.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sharded_log {

std::uint64_t CheckpointBook::next_sequence() noexcept {
  const std::lock_guard lock(mutex_);
  return next_sequence_++;
}

void CheckpointBook::skip_to(std::uint64_t sequence) noexcept {
  const std::lock_guard lock(mutex_);
  next_sequence_ = std::max(next_sequence_, sequence + 1);
}

void CheckpointBook::show(KeptCheckpoint kept) {
  const std::lock_guard lock(mutex_);
  next_sequence_ = std::max(next_sequence_, kept.sequence + 1);
  const std::string_view id = kept.checkpoint->id;
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) {
    const auto at = by_order_.emplace(kept.sequence, std::move(kept.checkpoint)).first;
    try {
      by_id_.emplace(id, kept.sequence);
    } catch (...) {
      by_order_.erase(at);
      throw;
    }
    return;
  }
  const std::uint64_t older = std::min(found->second, kept.sequence);
  superseded_.insert(older);
  if (older == kept.sequence) return;
  try {
    by_order_.emplace(kept.sequence, std::move(kept.checkpoint));
  } catch (...) {
    superseded_.erase(older);
    throw;
  }
  auto named = by_id_.extract(found);  // its key lies in the checkpoint that goes
  named.key() = id;
  named.mapped() = kept.sequence;
  by_id_.insert(std::move(named));
  by_order_.erase(older);
}

std::optional<KeptCheckpoint> CheckpointBook::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return KeptCheckpoint{found->second, by_order_.at(found->second)};
}

std::optional<KeptCheckpoint> CheckpointBook::latest() const {
  const std::lock_guard lock(mutex_);
  if (by_order_.empty()) return std::nullopt;
  const auto last = std::prev(by_order_.end());
  return KeptCheckpoint{last->first, last->second};
}

std::uint64_t CheckpointBook::count() const {
  const std::lock_guard lock(mutex_);
  return by_order_.size();
}

std::vector<KeptCheckpoint> CheckpointBook::all(const Filter& is_asked) const {
  std::vector<KeptCheckpoint> all;
  const std::lock_guard lock(mutex_);
  if (!is_asked) all.reserve(by_order_.size());
  for (const auto& [sequence, checkpoint] : by_order_) {
    const KeptCheckpoint kept{sequence, checkpoint};
    if (!is_asked || is_asked(kept)) all.push_back(kept);
  }
  return all;
}

std::vector<std::uint64_t> CheckpointBook::superseded() const {
  const std::lock_guard lock(mutex_);
  return {superseded_.begin(), superseded_.end()};
}

std::uint64_t CheckpointBook::hide(std::span<const std::uint64_t> sequences) noexcept {
  std::uint64_t hidden = 0;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t sequence : sequences) {
    const auto found = by_order_.find(sequence);
    if (found == by_order_.end()) continue;
    by_id_.erase(found->second->id);
    by_order_.erase(found);
    ++hidden;
  }
  return hidden;
}

void CheckpointBook::supersede(std::span<const KeptCheckpoint> victims) {
  for (const KeptCheckpoint& victim : victims) {
    const std::lock_guard lock(mutex_);
    if (!by_order_.contains(victim.sequence)) continue;
    superseded_.insert(victim.sequence);
    by_id_.erase(victim.checkpoint->id);
    by_order_.erase(victim.sequence);
  }
}

void CheckpointBook::forget_superseded(std::span<const std::uint64_t> sequences) noexcept {
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t sequence : sequences) superseded_.erase(sequence);
}

void CheckpointBook::replace_all(std::vector<KeptCheckpoint> all) {
  CheckpointBook other;
  for (KeptCheckpoint& kept : all) other.show(std::move(kept));
  const std::lock_guard lock(mutex_);
  by_id_.swap(other.by_id_);
  by_order_.swap(other.by_order_);
  superseded_.swap(other.superseded_);
  next_sequence_ = std::max(next_sequence_, other.next_sequence_);
}

}  // namespace holdfast::sharded_log
