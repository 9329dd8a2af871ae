#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/sharded_data.hpp>

#include "common/base/active_writes.hpp"
#include "sharded/manifest.hpp"

namespace holdfast::sharded {

/// What a handle knows of a data set. Never changes once the handle is there.
struct DataSet {
  Manifest manifest;
  std::optional<Region> list{};                 ///< The region with the manifest.
  std::vector<std::optional<Region>> shards{};  ///< In order; all are there once the handle is.
  ShardedDataOptions options{};

  [[nodiscard]] const Layout& layout() const noexcept { return manifest.layout; }
  [[nodiscard]] ShardInfo info(std::uint64_t index) const noexcept;

  /// Errors: corruption (`found` is not the checksum of the shard).
  [[nodiscard]] Result<void> check(std::uint64_t index, std::uint64_t found) const;
};

/// The region of that name, if there is one. Errors: exists (a space of another kind), invalid_argument, closed.
[[nodiscard]] Result<std::optional<Region>> find_list(Store& store, std::string_view name);

/// What the region says of a data set; nothing, if it is none. A replacement meanwhile makes it the old or the new one.
/// Errors: corruption, version_mismatch (it is one, but damaged or newer), not_found (removed), closed.
[[nodiscard]] Result<std::optional<Manifest>> load_manifest(ActiveWrites& writes, const Region& list);

[[nodiscard]] Error not_a_data_set();
[[nodiscard]] Error busy();

/// The region's error, of a shard that a handle knows: not_found says what has happened.
[[nodiscard]] Error shard_error(Error error);

}  // namespace holdfast::sharded
