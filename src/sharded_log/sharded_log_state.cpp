#include "sharded_log/sharded_log_state.hpp"

#include <span>
#include <thread>
#include <utility>

#include "common/base/checksum.hpp"
#include "common/base/success.hpp"
#include "sharded_log/index_records.hpp"
#include "sharded_log/resharding.hpp"

namespace holdfast::sharded_log {

ShardedLogState::ShardedLogState(std::string name, std::vector<StorePart> stores, const Manifest& manifest,
                                 const ShardedLogOptions& options, std::unique_ptr<Shards> shards)
    : name_(std::move(name)),
      stores_(std::move(stores)),
      number_(manifest.log_number),
      seed_(manifest.seed),
      manifest_(manifest),
      options_(options),
      owned_shards_(std::move(shards)),
      shards_(owned_shards_.get()) {}

ShardedLogState::~ShardedLogState() {
  observer_.reset();  // its work is over then
  gone_->store(true);
}

// A child must not wait for what its parent's threads have held.
Result<void> ShardedLogState::check_process() const {
  for (const StorePart& store : stores_)
    if (store.gate->in_child())
      return Unexpected(Error{.code = ErrorCode::locked,
                              .message = "the store belongs to the process that opened it, not to its forked child"});
  if (!is_removed_.load(std::memory_order_relaxed)) [[likely]] return success();
  return Unexpected(Error{.code = ErrorCode::not_found, .message = "the sharded log was removed"});
}

Result<void> ShardedLogState::check() const {
  if (auto checked = check_process(); !checked) return checked;
  for (const StorePart& store : stores_)
    if (const auto engine = store.gate->enter(); !engine) return Unexpected(EngineGate::closed_error());
  return success();
}

Result<std::vector<LogId>> ShardedLogState::next_ids() const {
  const View view = shards();
  std::vector<LogId> ids;
  ids.reserve(view->streams.size());
  for (const Log& stream : view->streams) {
    const auto next = stream.next_id();
    if (!next) return Unexpected(next.error());
    ids.push_back(*next);
  }
  return ids;
}

Result<void> ShardedLogState::sync(std::size_t first_store) const {
  for (std::size_t i = first_store; i < stores_.size(); ++i) {
    const auto engine = stores_[i].gate->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    if (auto synced = engine->sync(); !synced) return synced;
  }
  return success();
}

std::uint32_t ShardedLogState::shard_of(const Shards& shards, std::string_view key) const noexcept {
  return static_cast<std::uint32_t>(checksum(std::as_bytes(std::span(key)), seed_) % shards.streams.size());
}

void ShardedLogState::note(const Shards& shards, std::uint32_t shard, std::string_view key, LogId id) const noexcept {
  if (options_.index_latest) shards.index.note(shard, key, id);
}

Result<void> ShardedLogState::rebuild_index() {
  auto rebuilt = indexed_shards(owned_shards_->generation, owned_shards_->streams, options_.index_latest);
  if (!rebuilt) return Unexpected(rebuilt.error());
  const auto before = show(std::move(*rebuilt));
  wait_for_views();
  return success();
}

std::unique_ptr<Shards> ShardedLogState::show(std::unique_ptr<Shards> shards) noexcept {
  shards_.store(shards.get());
  return std::exchange(owned_shards_, std::move(shards));
}

void ShardedLogState::wait_for_views() noexcept {
  const std::uint64_t phase = views_.phase();
  for (views_.advance(); !views_.out_of_sight(phase); views_.advance()) std::this_thread::yield();
}

void ShardedLogState::resharded(std::uint64_t generation, std::uint32_t shard_count) noexcept {
  manifest_.generation = generation;
  manifest_.shard_count = shard_count;
}

Result<void> ShardedLogState::abandon_reshard() { return Resharding::drop_interrupted(*this); }

}  // namespace holdfast::sharded_log
