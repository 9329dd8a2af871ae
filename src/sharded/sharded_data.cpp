// What opens, reads, checks and removes a data set.

#include <holdfast/sharded_data.hpp>

#include <map>
#include <mutex>

#include "common/base/checksum.hpp"
#include "common/base/out_of_memory.hpp"
#include "sharded/data_set.hpp"
#include "sharded/leftovers.hpp"
#include "sharded/shard_queue.hpp"
#include "store_core.hpp"

namespace holdfast {

using sharded::DataSet;
using sharded::ShardQueue;

namespace {

Unexpected wrong_shard(const ShardInfo& shard, std::string found) {
  Error error{.code = ErrorCode::corruption, .message = {}, .offset = shard.offset};
  error.message = "shard " + std::to_string(shard.index) + " of the data set is not as its list says";
  error.expected = "region " + std::to_string(shard.region) + " of " + std::to_string(shard.size_bytes) + " bytes";
  error.found = std::move(found);
  return Unexpected(std::move(error));
}

Result<void> find_shards(Store& store, DataSet& data) {
  data.shards.resize(data.manifest.shards.size());
  for (std::uint64_t index = 0; index < data.shards.size(); ++index) {
    const ShardInfo shard = data.info(index);
    auto region = store.region(shard.region);
    const auto size_bytes = region ? region->size() : Unexpected(region.error());
    if (!size_bytes && size_bytes.error().code != ErrorCode::not_found) return Unexpected(size_bytes.error());
    if (!size_bytes) return wrong_shard(shard, "no such region");
    if (*size_bytes != shard.size_bytes) return wrong_shard(shard, std::to_string(*size_bytes) + " bytes");
    data.shards[index].emplace(std::move(*region));
  }
  return {};
}

Result<std::shared_ptr<const DataSet>> open_data_set(Store& store, ActiveWrites& writes,
                                                     std::string_view name, const ShardedDataOptions& options) {
  for (std::optional<std::uint64_t> seen;;) {
    auto list = sharded::find_list(store, name);
    if (!list) return Unexpected(std::move(list.error()));
    auto manifest = *list ? sharded::load_manifest(writes, **list) : Result<std::optional<sharded::Manifest>>();
    if (!*list || (!manifest && manifest.error().code == ErrorCode::not_found))
      return Unexpected(Error{.code = ErrorCode::not_found, .message = "no data set of that name"});
    if (!manifest) return Unexpected(std::move(manifest.error()));
    if (!*manifest) return Unexpected(sharded::not_a_data_set());
    auto data = std::make_shared<DataSet>(DataSet{.manifest = std::move(**manifest), .options = options});
    data->list = std::move(*list);
    auto found = find_shards(store, *data);
    if (found) return data;
    // Replaced in between, it is there under another write's id.
    if (found.error().code != ErrorCode::corruption || seen == data->manifest.write_id)
      return Unexpected(std::move(found.error()));
    seen = data->manifest.write_id;
  }
}

/// Whether the handle's store is open, and the data set has not been removed; for calls that touch no shard.
Result<void> check_present(const DataSet& data) {
  if (const auto size = data.list->size(); !size) return Unexpected(sharded::shard_error(size.error()));
  return {};
}

/// Calls `act` with the shard's bytes; what it says counts if all that it saw was the region's.
template <class Act>
Result<void> with_view(const DataSet& data, std::uint64_t index, const Act& act) {
  const Region& region = *data.shards[index];
  const auto view = region.view(0, data.layout().size_of(index));
  if (!view) return Unexpected(sharded::shard_error(view.error()));
  auto acted = act(*view);
  if (!view->ok())
    if (const auto faulted = region.size(); !faulted) return Unexpected(faulted.error());
  return acted;
}

}  // namespace

ShardedData::ShardedData(std::shared_ptr<const DataSet> data) noexcept : data_(std::move(data)) {}

std::uint64_t ShardedData::size_bytes() const noexcept { return data_->layout().size_bytes; }
std::uint64_t ShardedData::shard_size_bytes() const noexcept { return data_->layout().shard_size_bytes; }
std::uint64_t ShardedData::shard_count() const noexcept { return data_->manifest.shards.size(); }
ShardInfo ShardedData::shard(std::uint64_t index) const noexcept { return data_->info(index); }

Result<ShardedData> ShardedData::open(Store& store, std::string_view name, ShardedDataOptions options) {
  return without_bad_alloc([&]() -> Result<ShardedData> {
    auto data = open_data_set(store, store.core_->data_set_writes(), name, options);
    if (!data) return Unexpected(std::move(data.error()));
    return ShardedData(std::move(*data));
  });
}

Result<void> ShardedData::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  return without_bad_alloc([&]() -> Result<void> {
    const DataSet& data = *data_;
    if (offset > size_bytes() || bytes.size() > size_bytes() - offset) {
      Error error{.code = ErrorCode::out_of_bounds, .message = "not all bytes lie inside the data set", .offset = offset};
      error.expected = "at most " + std::to_string(size_bytes());
      error.found = std::to_string(bytes.size()) + " bytes from " + std::to_string(offset);
      return Unexpected(std::move(error));
    }
    if (auto present = check_present(data); !present || bytes.empty()) return present;
    const std::uint64_t first = offset / shard_size_bytes();
    const std::uint64_t last = (offset + bytes.size() - 1) / shard_size_bytes();
    return sharded::share_out(data.options.threads, last - first + 1, [&](ShardQueue& queue) {
      while (const auto taken = queue.take()) {
        const ShardInfo shard = data.info(first + *taken);
        const std::uint64_t begin = std::max(offset, shard.offset);
        const std::uint64_t end = std::min(offset + bytes.size(), shard.offset + shard.size_bytes);
        const auto piece = bytes.subspan(begin - offset, end - begin);
        auto done = data.shards[shard.index]->read_at(begin - shard.offset, piece).map_error(sharded::shard_error);
        // What the caller gets is checked, not what lies on the medium.
        if (done && data.options.verify_on_read && piece.size() == shard.size_bytes)
          done = data.check(shard.index, checksum(piece, 0));
        if (!done) queue.fail(*taken, done.error());
      }
    });
  });
}

Result<void> ShardedData::for_each_shard(const Visitor& visitor) const {
  return without_bad_alloc([&]() -> Result<void> {
    const DataSet& data = *data_;
    if (auto present = check_present(data); !present) return present;
    return sharded::share_out(data.options.threads, shard_count(), [&](ShardQueue& queue) {
      while (const auto index = queue.take()) {
        const auto visited = with_view(data, *index, [&](const RegionView& view) -> Result<void> {
          if (data.options.verify_on_read)
            if (auto whole = data.check(*index, checksum_of_pieces(view.spans(), 0)); !whole) return whole;
          return visitor(data.info(*index), view);
        });
        if (!visited) queue.fail(*index, visited.error());
      }
    });
  });
}

Result<void> ShardedData::verify() const {
  return without_bad_alloc([&]() -> Result<void> {
    const DataSet& data = *data_;
    if (auto present = check_present(data); !present) return present;
    std::mutex mutex;
    std::map<std::uint64_t, Error> damaged;  // by index
    auto read = sharded::share_out(data.options.threads, shard_count(), [&](ShardQueue& queue) {
      while (const auto index = queue.take()) {
        Result<void> whole;
        auto seen = with_view(data, *index, [&](const RegionView& view) -> Result<void> {
          whole = data.check(*index, checksum_of_pieces(view.spans(), 0));
          return {};
        });
        if (!seen) {
          queue.fail(*index, seen.error());
        } else if (!whole) {
          const std::lock_guard lock(mutex);
          damaged.emplace(*index, std::move(whole.error()));
        }
      }
    });
    if (!read || damaged.empty()) return read;
    Error first = std::move(damaged.begin()->second);
    if (damaged.size() > 1) first.message += ", the first of " + std::to_string(damaged.size()) + " that do not";
    return Unexpected(std::move(first));
  });
}

// Crash order, as in docs/durability.md "sharded data": (1) the list is gone; (2) the shards are removed, one by one.
Result<void> ShardedData::remove(Store& store, std::string_view name) {
  return without_bad_alloc([&]() -> Result<void> {
    ActiveWrites& writes = store.core_->data_set_writes();
    const ActiveWrites::Claim claim(writes, name, 0);
    if (!claim) return Unexpected(sharded::busy());
    auto list = sharded::find_list(store, name);
    if (!list) return Unexpected(std::move(list.error()));
    if (!*list) return Unexpected(Error{.code = ErrorCode::not_found, .message = "no data set of that name"});
    const auto manifest = sharded::load_manifest(writes, **list);
    if (manifest && !*manifest) return Unexpected(sharded::not_a_data_set());
    const bool is_readable = manifest || manifest.error().code == ErrorCode::corruption;
    if (!is_readable) return Unexpected(manifest.error());
    if (auto removed = (*list)->remove(); !removed) return removed;  // (1)
    if (manifest) {
      sharded::remove_shards(store, writes, (*manifest)->shards);  // (2)
    } else {
      writes.set_may_have_leftovers(true);  // nobody knows which they were: those that no list names
      sharded::try_remove_leftovers(store, writes);
    }
    return {};
  });
}

Result<std::uint64_t> ShardedData::remove_leftovers(Store& store) {
  return without_bad_alloc([&] { return sharded::remove_leftovers(store, store.core_->data_set_writes()); });
}

}  // namespace holdfast
