// What makes a data set, or puts another in its place.
//
// Crash order, as in docs/durability.md "sharded data": (1) each shard is a durable region that is marked with the write's
// id; (2) one catalog record creates the list that names them, or swaps its bytes; (3) the shards of the list before it are
// removed. What is marked and in no list is a leftover.

#include <memory>
#include <mutex>

#include <holdfast/sharded_data.hpp>

#include "common/base/checksum.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/random.hpp"
#include "common/base/rollback.hpp"
#include "sharded/data_set.hpp"
#include "sharded/leftovers.hpp"
#include "sharded/shard_queue.hpp"
#include "store_core.hpp"

namespace holdfast {
namespace sharded {
namespace {

/// Bytes of one shard, given out again for the next: memory is taken once a thread.
class Buffer {
 public:
  /// Throws std::bad_alloc.
  [[nodiscard]] std::span<std::byte> of(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
    if (bytes_ == nullptr) bytes_ = std::make_unique_for_overwrite<std::byte[]>(size_bytes_max);
    return {bytes_.get(), size_bytes};
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
};

/// A shard's bytes: where they are already, or made in the buffer.
using Bytes = std::function<Result<std::span<const std::byte>>(const ShardInfo& shard, Buffer& buffer)>;

/// One write of one data set.
class Writer {
 public:
  Writer(Store& store, ActiveWrites& writes, std::string_view name, DataSet& data) noexcept
      : store_(store), writes_(writes), name_(name), data_(data) {}

  [[nodiscard]] Result<void> check_mode() const {
    const auto list = find_list(store_, name_);
    if (!list) return Unexpected(list.error());
    const OpenMode mode = data_.options.mode;
    if (!*list && mode == OpenMode::existing)
      return Unexpected(Error{.code = ErrorCode::not_found, .message = "no data set of that name"});
    if (!*list) return {};
    if (mode == OpenMode::create)
      return Unexpected(Error{.code = ErrorCode::exists, .message = "a data set or region of that name exists"});
    return check_replaceable(load_manifest(writes_, **list));
  }

  /// (1) Errors: create_region's, and those of `bytes`; what was created is left to undo().
  [[nodiscard]] Result<void> write_shards(const Bytes& bytes) {
    return share_out(data_.options.threads, data_.layout().count(), [&](ShardQueue& queue) {
      Buffer buffer;
      while (const auto index = queue.take())
        if (auto written = write_shard(*index, bytes, buffer); !written) queue.fail(*index, written.error());
    });
  }

  /// (2) and (3). Errors: those of the list's creation or replacement; undo() then keeps what the medium may know of.
  [[nodiscard]] Result<void> commit() {
    auto list = find_list(store_, name_);
    if (!list) return Unexpected(std::move(list.error()));
    const auto before = *list ? load_manifest(writes_, **list) : Result<std::optional<Manifest>>();
    if (*list)
      if (auto allowed = check_replaceable(before); !allowed) return allowed;
    const auto bytes = encode_manifest(data_.manifest);
    may_be_true_ = true;  // also where memory runs out for the error
    auto committed = *list ? swap_list(bytes, **list) : create_list(bytes, *list);
    if (!committed) {
      const ErrorCode code = committed.error().code;
      may_be_true_ = code == ErrorCode::io || code == ErrorCode::no_memory;
      return committed;
    }
    may_be_true_ = false;
    is_true_ = true;
    data_.list = std::move(*list);
    if (before && *before) remove_shards(store_, writes_, (*before)->shards);
    if (!before) writes_.set_may_have_leftovers(true);  // a damaged list: its shards are those that no list names
    return {};
  }

  /// Takes back what was written, unless it is true or may be.
  void undo() noexcept {
    if (is_true_) return;
    if (may_be_true_) {
      writes_.note_unknown_outcome();
      return;
    }
    for (auto& shard : data_.shards)
      if (shard && !shard->remove()) writes_.set_may_have_leftovers(true);
  }

 private:
  /// A data set may be replaced, a damaged one as well; not what is none, or of a newer format.
  [[nodiscard]] static Result<void> check_replaceable(const Result<std::optional<Manifest>>& present) {
    if (present && !*present) return Unexpected(not_a_data_set());
    if (!present && present.error().code != ErrorCode::corruption) return Unexpected(present.error());
    return {};
  }

  [[nodiscard]] Result<void> write_shard(std::uint64_t index, const Bytes& bytes_of, Buffer& buffer) {
    ShardInfo shard = data_.info(index);
    const auto bytes = bytes_of(shard, buffer);
    if (!bytes) return Unexpected(bytes.error());
    data_.manifest.shards[index].check = checksum(*bytes, 0);
    auto region = store_.create_region(
        {.bytes = *bytes, .metadata = mark_of(name_, data_.manifest.write_id, index)},
        {.size_bytes_max = kRegionSizeBytesMax});
    if (!region) return Unexpected(std::move(region.error()));
    data_.manifest.shards[index].region_id = region->id();
    data_.shards[index].emplace(std::move(*region));
    return {};
  }

  [[nodiscard]] Result<void> create_list(std::span<const std::byte> bytes, std::optional<Region>& list) {
    auto created = store_.create_region(
        {.name = name_,
         .bytes = bytes,
         .metadata = {.owner = std::string(kOwner), .description = "list of a data set's shards"}});
    if (!created) return Unexpected(std::move(created.error()));
    list.emplace(std::move(*created));
    return {};
  }

  [[nodiscard]] Result<void> swap_list(std::span<const std::byte> bytes, Region& list) {
    const std::lock_guard lock(writes_.lists());
    return list.truncate_write(0, bytes);
  }

  Store& store_;
  ActiveWrites& writes_;
  std::string_view name_;
  DataSet& data_;
  bool is_true_ = false;
  bool may_be_true_ = false;
};

Result<std::shared_ptr<DataSet>> write(Store& store, ActiveWrites& writes, std::string_view name,
                                       std::uint64_t size_bytes, const ShardedDataOptions& options,
                                       const Bytes& bytes) {
  const Layout layout{.size_bytes = size_bytes, .shard_size_bytes = options.shard_size_bytes};
  if (auto valid = layout.validate(); !valid) return Unexpected(std::move(valid.error()));
  const auto write_id = random_u64();
  if (!write_id) return Unexpected(write_id.error());
  auto data = std::make_shared<DataSet>(
      DataSet{.manifest = {.write_id = *write_id, .layout = layout}, .options = options});
  const ActiveWrites::Claim claim(writes, name, *write_id);
  if (!claim) return Unexpected(busy());
  Writer writer(store, writes, name, *data);
  if (auto allowed = writer.check_mode(); !allowed) return Unexpected(std::move(allowed.error()));
  try_remove_leftovers(store, writes);
  data->manifest.shards.resize(layout.count());
  data->shards.resize(layout.count());
  Rollback undone([&] { writer.undo(); });  // before the claim ends; also where the caller's source throws
  if (auto written = writer.write_shards(bytes); !written) return Unexpected(std::move(written.error()));
  if (auto committed = writer.commit(); !committed) return Unexpected(std::move(committed.error()));
  undone.keep();
  return data;
}

}  // namespace
}  // namespace sharded

Result<ShardedData> ShardedData::write(Store& store, std::string_view name, std::span<const std::byte> bytes,
                                       ShardedDataOptions options) {
  return without_bad_alloc([&]() -> Result<ShardedData> {
    auto data = sharded::write(store, store.core_->data_set_writes(), name, bytes.size(), options,
                               [&](const ShardInfo& shard, sharded::Buffer&) -> Result<std::span<const std::byte>> {
                                 return bytes.subspan(shard.offset, shard.size_bytes);
                               });
    if (!data) return Unexpected(std::move(data.error()));
    return ShardedData(std::move(*data));
  });
}

Result<ShardedData> ShardedData::write_from(Store& store, std::string_view name, std::uint64_t size_bytes,
                                            const Source& source, ShardedDataOptions options) {
  return without_bad_alloc([&]() -> Result<ShardedData> {
    const std::uint64_t buffer_size_bytes = std::min(options.shard_size_bytes, size_bytes);
    auto data = sharded::write(
        store, store.core_->data_set_writes(), name, size_bytes, options,
        [&](const ShardInfo& shard, sharded::Buffer& buffer) -> Result<std::span<const std::byte>> {
          const auto bytes = buffer.of(shard.size_bytes, buffer_size_bytes);
          if (auto filled = source(shard.offset, bytes); !filled) return Unexpected(std::move(filled.error()));
          return std::span<const std::byte>(bytes);
        });
    if (!data) return Unexpected(std::move(data.error()));
    return ShardedData(std::move(*data));
  });
}

}  // namespace holdfast
