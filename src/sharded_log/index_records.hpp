#pragma once

#include <memory>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

/// The shards with an index of what is in them, if `index_latest`. Errors: closed, io; damage is noted.
[[nodiscard]] Result<std::unique_ptr<Shards>> indexed_shards(std::uint64_t generation, std::vector<Log> streams,
                                                             bool index_latest);

}  // namespace holdfast::sharded_log
