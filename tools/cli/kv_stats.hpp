#pragma once

#include <cstdint>
#include <holdfast/holdfast.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.hpp"

namespace holdfast::cli {

/// What can be told of a space without reading its values.
struct KvSpaceStats {
  std::string name;
  std::uint64_t keys = 0;
  KvSettings settings{};
  std::uint64_t data_bytes = 0;   ///< Present records, what a bound on bytes bounds.
  std::uint64_t index_bytes = 0;  ///< Memory of the index.
  std::uint64_t segment_count = 0;
  std::uint64_t size_bytes = 0;     ///< Extents it owns.
  std::uint64_t live_bytes = 0;     ///< In segments: records that are read.
  std::uint64_t garbage_bytes = 0;  ///< In segments: what cleaning can give back.
};

struct KvStats {
  std::vector<KvSpaceStats> spaces;
  std::uint64_t store_size_bytes = 0;
  std::uint64_t store_free_bytes = 0;
  std::uint64_t store_available_bytes = 0;
};

/// Of the space of that name, or of all. Errors: as existing_space, and closed.
[[nodiscard]] Result<KvStats> kv_stats(Store& store, const std::optional<std::string>& space);

[[nodiscard]] Json stats_json(const KvStats& stats);

/// A table; every name is safe to print.
[[nodiscard]] std::string stats_text(const KvStats& stats);

}  // namespace holdfast::cli
