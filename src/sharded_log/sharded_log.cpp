// The calls of a ShardedLog, but for those of checkpoints.

#include <holdfast/sharded_log.hpp>

#include <string>
#include <utility>

#include "common/base/out_of_memory.hpp"
#include "common/format/record.hpp"
#include "sharded_log/appending.hpp"
#include "sharded_log/checkpoints.hpp"
#include "sharded_log/latest.hpp"
#include "sharded_log/opening.hpp"
#include "sharded_log/resharding.hpp"
#include "sharded_log/sharded_log_state.hpp"
#include "store_core.hpp"

namespace holdfast {

using sharded_log::CutGate;
using sharded_log::ShardedLogState;

namespace {

Unexpected no_such_shard(std::uint32_t shard, std::size_t count) {
  Error error{.code = ErrorCode::invalid_argument, .message = "the sharded log has no such shard"};
  error.expected = "at most " + std::to_string(count - 1);
  error.found = std::to_string(shard);
  return Unexpected(std::move(error));
}

}  // namespace

ShardedLog::ShardedLog(std::shared_ptr<ShardedLogState> state) noexcept : state_(std::move(state)) {}

Result<std::vector<std::shared_ptr<StoreCore>>> ShardedLog::cores_of(std::span<Store* const> stores) {
  if (stores.empty()) return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "no store to keep it in"});
  std::vector<std::shared_ptr<StoreCore>> cores;
  cores.reserve(stores.size());
  for (const Store* const store : stores) {
    if (store == nullptr) return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "a store is null"});
    cores.push_back(store->core_);
  }
  return cores;
}

Result<ShardedLog> ShardedLog::open(std::span<Store* const> stores, std::string_view name, ShardedLogOptions options) {
  auto cores = without_bad_alloc([&] { return cores_of(stores); });
  if (!cores) return Unexpected(std::move(cores.error()));
  auto state = cores->front()->gate()->answer([&] { return sharded_log::open_log(*cores, name, options); });
  if (!state) return Unexpected(std::move(state.error()));
  return ShardedLog(std::move(*state));
}

Result<ShardedLog> ShardedLog::open(Store& store, std::string_view name, ShardedLogOptions options) {
  Store* const one = &store;
  return open(std::span(&one, 1), name, std::move(options));
}

Result<std::vector<std::string>> ShardedLog::list(Store& store) {
  return store.core_->gate()->answer([&] { return sharded_log::list_logs(*store.core_); });
}

Result<void> ShardedLog::remove(std::span<Store* const> stores, std::string_view name) {
  const auto cores = without_bad_alloc([&] { return cores_of(stores); });
  if (!cores) return Unexpected(cores.error());
  return cores->front()->gate()->answer([&] { return sharded_log::remove_log(*cores, name); });
}

Result<void> ShardedLog::remove(Store& store, std::string_view name) {
  Store* const one = &store;
  return remove(std::span(&one, 1), name);
}

Result<ShardedLogId> ShardedLog::append(std::string_view key, std::string_view payload, const AppendOptions& options) {
  return state_->answer_append([&] { return sharded_log::append_one(*state_, key, payload, options); });
}

Result<ShardedLogId> ShardedLog::erase_key(std::string_view key, const AppendOptions& options) {
  return state_->answer_append([&] { return sharded_log::append_one(*state_, key, {}, options, kRecordFlagErasesKey); });
}

Result<std::vector<ShardedLogId>> ShardedLog::append_batch(std::span<const ShardedLogDraft> records,
                                                           WriteOptions options) {
  return state_->answer([&] {
    return sharded_log::append_all(*state_, records, options.durability.value_or(state_->options().log.durability),
                                   CutGate::Kind::single);
  });
}

Result<std::vector<ShardedLogId>> ShardedLog::append_atomic(std::span<const ShardedLogDraft> records,
                                                            WriteOptions options) {
  return state_->answer([&]() -> Result<std::vector<ShardedLogId>> {
    if (state_->stores().size() > 1)
      return Unexpected(Error{.code = ErrorCode::not_supported, .message = "no append is atomic over several stores"});
    return sharded_log::append_all(*state_, records, options.durability.value_or(state_->options().log.durability),
                                   CutGate::Kind::across);
  });
}

Result<LogEntry> ShardedLog::read(const ShardedLogId& place) const {
  return state_->answer([&]() -> Result<LogEntry> {
    const auto shards = state_->shards();
    if (place.shard >= shards->streams.size()) return no_such_shard(place.shard, shards->streams.size());
    return shards->streams[place.shard].read(place.id);
  });
}

Result<std::optional<LogEntry>> ShardedLog::latest(std::string_view key) const {
  return state_->answer([&] { return sharded_log::latest_of(*state_, key); });
}

std::uint32_t ShardedLog::shard_of(std::string_view key) const noexcept {
  return state_->shard_of(*state_->shards(), key);
}

std::uint32_t ShardedLog::shard_count() const noexcept {
  return static_cast<std::uint32_t>(state_->shards()->streams.size());
}

Result<Log> ShardedLog::shard(std::uint32_t index) const {
  return state_->answer([&]() -> Result<Log> {
    const auto shards = state_->shards();
    if (index >= shards->streams.size()) return no_such_shard(index, shards->streams.size());
    return shards->streams[index];
  });
}

Result<void> ShardedLog::reshard(std::uint32_t shards, const OnReshard& progress) {
  return state_->answer([&] { return sharded_log::Resharding::run(*state_, shards, progress); });
}

Result<ShardedLogStatistics> ShardedLog::statistics() const {
  return state_->answer([&]() -> Result<ShardedLogStatistics> {
    const auto shards = state_->shards();
    ShardedLogStatistics statistics{.shards = {}, .keys = shards->index.size()};
    statistics.shards.reserve(shards->streams.size());
    for (const Log& stream : shards->streams) {
      auto one = stream.statistics();
      if (!one) return Unexpected(one.error());
      statistics.shards.push_back(*one);
    }
    sharded_log::add_checkpoint_statistics(*state_, statistics);
    return statistics;
  });
}

namespace sharded_log {

const std::shared_ptr<ShardedLogState>& state_of(const ShardedLog& handle) noexcept { return handle.state_; }

}  // namespace sharded_log
}  // namespace holdfast
