#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/sharded_log.hpp>

#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

using Cores = std::span<const std::shared_ptr<StoreCore>>;

/// As ShardedLog::open, list and remove. Requires: at least one store.
[[nodiscard]] Result<std::shared_ptr<ShardedLogState>> open_log(Cores cores, std::string_view name,
                                                                const ShardedLogOptions& options);
[[nodiscard]] Result<std::vector<std::string>> list_logs(StoreCore& core);
[[nodiscard]] Result<void> remove_log(Cores cores, std::string_view name);

}  // namespace holdfast::sharded_log
