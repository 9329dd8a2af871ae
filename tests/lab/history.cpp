#include "history.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/check.hpp"
#include "history_check.hpp"

namespace holdfast::lab {
namespace {

std::uint64_t size_bytes_of(const Operation& operation) {
  std::uint64_t size_bytes = 0;
  for (const Change& change : operation.changes)
    size_bytes += change.key.size() + (change.value == nullptr ? 0 : change.value->size());
  return size_bytes;
}

}  // namespace

void History::start_era(Contents base, std::uint64_t event_count, bool exists) {
  const std::lock_guard lock(mutex_);
  eras_.push_back({std::move(base), event_count, exists, operations_.size()});
}

bool History::has_begun() const {
  const std::lock_guard lock(mutex_);
  return !eras_.empty();
}

const Contents& History::base_at(std::uint64_t event_count) const {
  const std::lock_guard lock(mutex_);
  return eras_[era_at(event_count)].base;
}

std::size_t History::begin(Operation operation) {
  const std::lock_guard lock(mutex_);
  operations_.push_back({std::move(operation), false});
  return operations_.size() - 1;
}

void History::acknowledge(std::size_t id, std::uint64_t event_count) {
  const std::lock_guard lock(mutex_);
  Operation& operation = operations_[id].operation;
  operation.acknowledged = event_count;
  if (operation.durability == Durability::immediate) operation.durable = event_count;
  if (operation.durability == Durability::interval) note_interval_bytes(operation);
}

void History::note_interval_bytes(const Operation& operation) {
  std::uint64_t behind = 0;
  for (auto noted = operations_.rbegin(); noted != operations_.rend(); ++noted) {
    Operation& earlier = noted->operation;
    if (earlier.thread != operation.thread || earlier.durability != Durability::interval) continue;
    if (behind >= interval_bytes_ && earlier.durable == kNever && earlier.acknowledged != kNever)
      earlier.durable = operation.acknowledged;
    behind += size_bytes_of(earlier);
  }
}

void History::withdraw(std::size_t id) {
  const std::lock_guard lock(mutex_);
  operations_[id].withdrawn = true;
}

void History::set_first_id(std::size_t id, std::uint64_t first_id) {
  const std::lock_guard lock(mutex_);
  operations_[id].operation.first_id = first_id;
}

void History::note_shown(const std::string& stream, std::uint64_t count, std::uint64_t event_count) {
  const std::lock_guard lock(mutex_);
  shown_.push_back({stream, count, event_count});
}

std::vector<std::size_t> History::begin_barrier() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> covered;
  for (std::size_t id = 0; id < operations_.size(); ++id)
    if (operations_[id].operation.acknowledged != kNever) covered.push_back(id);
  return covered;
}

void History::end_barrier(const std::vector<std::size_t>& covered, std::uint64_t event_count) {
  const std::lock_guard lock(mutex_);
  for (const std::size_t id : covered)
    operations_[id].operation.durable = std::min(operations_[id].operation.durable, event_count);
}

std::size_t History::era_at(std::uint64_t event_count) const {
  HOLDFAST_CHECK(!eras_.empty());
  std::size_t era = 0;
  for (std::size_t i = 0; i < eras_.size(); ++i)
    if (eras_[i].began <= event_count) era = i;
  return era;
}

bool History::must_exist(std::uint64_t event_count) const {
  const std::lock_guard lock(mutex_);
  return eras_[era_at(event_count)].exists;
}

std::string History::check(const Contents& contents, std::uint64_t event_count) const {
  const std::lock_guard lock(mutex_);
  const std::size_t era = era_at(event_count);
  const std::size_t end = era + 1 < eras_.size() ? eras_[era + 1].first_operation : operations_.size();
  std::vector<const Operation*> operations;
  for (std::size_t id = eras_[era].first_operation; id < end; ++id)
    if (!operations_[id].withdrawn && operations_[id].operation.began < event_count)
      operations.push_back(&operations_[id].operation);
  std::map<std::string, std::uint64_t> shown;
  for (const Shown& one : shown_)
    if (one.event_count >= eras_[era].began && one.event_count <= event_count)
      shown[one.stream] = std::max(shown[one.stream], one.count);
  return HistoryCheck(eras_[era].base, std::move(operations), event_count, std::move(shown)).run(contents);
}

std::optional<Change> History::change_at(std::uint64_t event_count) const {
  const std::lock_guard lock(mutex_);
  std::optional<Change> last;
  for (const Noted& noted : operations_) {
    const Operation& operation = noted.operation;
    if (operation.began >= event_count || operation.changes.empty()) continue;
    last = operation.changes.front();
    if (operation.acknowledged > event_count) break;
  }
  return last;
}

std::size_t History::size() const {
  const std::lock_guard lock(mutex_);
  return operations_.size();
}

}  // namespace holdfast::lab
