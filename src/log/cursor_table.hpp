#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/cursor_store.hpp"

namespace holdfast::log {

/// The cursors of a stream, by name.
/// Threads: any.
class CursorTable {
 public:
  [[nodiscard]] std::optional<CursorState> find(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = cursors_.find(name);
    if (found == cursors_.end()) return std::nullopt;
    return found->second;
  }

  [[nodiscard]] std::vector<std::pair<std::string, CursorState>> all() const {
    const std::lock_guard lock(mutex_);
    return {cursors_.begin(), cursors_.end()};
  }

  /// Needs memory for a new name alone.
  void set(std::string_view name, const CursorState& cursor) {
    const std::lock_guard lock(mutex_);
    if (const auto found = cursors_.find(name); found != cursors_.end())
      found->second = cursor;
    else
      cursors_.emplace(name, cursor);
  }

  void erase(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (const auto found = cursors_.find(name); found != cursors_.end()) cursors_.erase(found);
  }

  /// The one that protects the lowest record.
  [[nodiscard]] std::optional<std::pair<std::string, LogId>> lowest_protecting() const {
    const std::lock_guard lock(mutex_);
    std::optional<std::pair<std::string, LogId>> lowest;
    for (const auto& [name, cursor] : cursors_)
      if (cursor.protects && (!lowest || cursor.next < lowest->second)) lowest.emplace(name, cursor.next);
    return lowest;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, CursorState, std::less<>> cursors_;
};

}  // namespace holdfast::log
