#include "sharded_log/index_records.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/random.hpp"
#include "common/base/success.hpp"
#include "common/engine/parallel.hpp"
#include "log/log_stream.hpp"

namespace holdfast::sharded_log {
namespace {

/// Goes through one shard. Recovery has proved its records a moment ago, so their bytes are not proved again.
class ShardIndexer {
 public:
  ShardIndexer(Shards& shards, std::size_t shard)
      : shards_(shards),
        shard_(static_cast<std::uint32_t>(shard)),
        stream_(log::stream_of(shards.streams[shard])),
        damage_end_(shards.damage_end[shard]) {}

  Result<void> run() {
    for (;;) {
      auto first = stream_.first_id();
      if (!first) return Unexpected(first.error());
      from_ = std::max(from_, *first);
      auto end = stream_.scan(from_, [&](const LogEntryView& entry) { return take(entry); }, terms(OnDamage::fail));
      if (end) return success();
      if (end.error().code == ErrorCode::out_of_bounds) continue;  // retention was here
      if (end.error().code != ErrorCode::corruption) return Unexpected(end.error());
      const auto passed = pass_damage();
      if (!passed) return Unexpected(passed.error());
      if (!*passed) return success();
    }
  }

 private:
  [[nodiscard]] static log::ReadTerms terms(OnDamage on_damage) noexcept {
    return {.verify = false, .on_damage = on_damage};
  }

  bool take(const LogEntryView& entry) noexcept {
    if (entry.key) shards_.index.note(shard_, *entry.key, entry.id);
    from_ = entry.id + 1;
    return true;
  }

  /// To the next record that can be read; whether there is one.
  Result<bool> pass_damage() {
    std::optional<LogId> found;
    const auto end = stream_.scan(from_, [&](const LogEntryView& entry) {
      found = entry.id;
      return false;
    }, terms(OnDamage::skip));
    if (!end && end.error().code == ErrorCode::out_of_bounds) return true;
    if (!end) return Unexpected(end.error());
    damage_end_ = found.value_or(*end);
    from_ = damage_end_;
    return found.has_value();
  }

  Shards& shards_;
  const std::uint32_t shard_;
  const log::LogStream& stream_;
  LogId& damage_end_;
  LogId from_ = 1;
};

}  // namespace

Result<std::unique_ptr<Shards>> indexed_shards(std::uint64_t generation, std::vector<Log> streams, bool index_latest) {
  const auto seed = random_u64();
  if (!seed) return Unexpected(seed.error());
  auto shards = std::make_unique<Shards>(generation, *seed);
  shards->streams = std::move(streams);
  shards->damage_end.resize(shards->streams.size());
  if (!index_latest) return shards;
  std::mutex mutex;
  std::optional<Error> error;
  for_each_index(0, shards->streams.size(), [&](std::size_t shard) {
    auto done = ShardIndexer(*shards, shard).run();
    if (done) return;
    const std::lock_guard lock(mutex);
    error.emplace(std::move(done.error()));
  });
  if (error) return Unexpected(std::move(*error));
  return shards;
}

}  // namespace holdfast::sharded_log
