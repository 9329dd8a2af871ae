#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/sharded_log.hpp>

#include "sharded_log/sharded_log_state.hpp"

namespace holdfast::sharded_log {

/// Errors: invalid_argument (empty), too_large.
[[nodiscard]] Result<void> check_key(std::string_view key);

/// As ShardedLog::append; with kRecordFlagErasesKey, erase_key.
[[nodiscard]] Result<ShardedLogId> append_one(const ShardedLogState& log, std::string_view key, std::string_view payload,
                                              const AppendOptions& options, std::uint8_t flags = 0);

/// As ShardedLog::append_batch, and append_atomic for CutGate::Kind::across: all records that go to one store are one write.
[[nodiscard]] Result<std::vector<ShardedLogId>> append_all(const ShardedLogState& log,
                                                           std::span<const ShardedLogDraft> records,
                                                           Durability durability, CutGate::Kind kind);

}  // namespace holdfast::sharded_log
