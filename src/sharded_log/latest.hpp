#pragma once

#include <optional>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>

#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

/// As ShardedLog::latest.
[[nodiscard]] Result<std::optional<LogEntry>> latest_of(const ShardedLogState& log, std::string_view key);

}  // namespace holdfast::sharded_log
