#pragma once

#include <cstdint>
#include <memory>

#include <holdfast/kv.hpp>

#include "kv/kv_snapshot.hpp"

namespace holdfast::kv {

/// A snapshot of an ordered space. Errors: not_supported (it is not ordered), closed.
[[nodiscard]] Result<std::shared_ptr<const Snapshot>> ordered_snapshot(const std::shared_ptr<KvSpace>& space, bool verify,
                                                                       ScanRegistry::Kind kind);

/// What Kv::range and Kv::count do as of a snapshot.
[[nodiscard]] Result<void> visit_range(const std::shared_ptr<const Snapshot>& snapshot, const KvRange& range,
                                       const Kv::Visitor& visitor);
[[nodiscard]] Result<std::uint64_t> count_range(const std::shared_ptr<const Snapshot>& snapshot, const KvRange& range);

}  // namespace holdfast::kv
