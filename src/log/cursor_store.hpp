#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>

#include "common/format/layout.hpp"

namespace holdfast::log {

/// Where a named reader of a stream is.
struct CursorState {
  LogId next = 0;
  std::uint64_t committed_us = 0;
  bool protects = true;
};

class LogStream;

/// A cursor on its way to another place. Lifetime of the name: the caller's.
struct CursorMove {
  LogStream* stream = nullptr;
  std::string_view name{};
  CursorState cursor{};
  std::optional<CursorState> before{};  ///< Out, of LogStream::begin_move().
};

/// Keeps cursors over restarts. Implemented above the facades, who know nothing of each other.
/// Threads: any number of callers; of one cursor one at a time.
class CursorStore {
 public:
  /// Errors: no_space, io, read_only, locked.
  [[nodiscard]] virtual Result<void> keep(SpaceId stream, std::string_view name, const CursorState& cursor,
                                          Durability durability) = 0;
  [[nodiscard]] virtual Result<void> forget(SpaceId stream, std::string_view name) = 0;

 protected:
  ~CursorStore() = default;
};

}  // namespace holdfast::log
