#pragma once

#include <cstdint>
#include <functional>

#include <holdfast/storage.hpp>

#include "common/base/location.hpp"
#include "common/engine/slice_table.hpp"
#include "common/format/record.hpp"

namespace holdfast {

/// Visits every record of a slice that nobody writes to any more, each proved, the end record not. Where `visit` says false it
/// stops. False: a record is missing, or fails its checks.
[[nodiscard]] bool walk_whole_slice(const Storage& storage, const SliceInfo& slice, std::uint32_t table_index,
                                    const std::function<bool(Location, const RecordView&)>& visit);

}  // namespace holdfast
