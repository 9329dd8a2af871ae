#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace holdfast {

namespace sharded_log {
class ShardedLogState;
}  // namespace sharded_log

/// The sharded logs of a store that are open in this process, so that all handles of one are the same log.
/// Threads: who uses it holds mutex(); noted ends may be set by anybody.
class ShardedLogs {
 public:
  /// Set when the log's last work in this process is done.
  using Gone = std::shared_ptr<std::atomic<bool>>;

  /// One open or removal at a time, from the first look until it is over.
  [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }

  /// The log of that name, if it is open. One that is just ending is waited for: it may still be writing.
  [[nodiscard]] std::shared_ptr<sharded_log::ShardedLogState> find(std::string_view name) {
    const auto found = open_.find(name);
    if (found == open_.end()) return nullptr;
    if (auto state = found->second.state.lock()) return state;
    while (!found->second.gone->load()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    open_.erase(found);
    return nullptr;
  }

  void add(std::string_view name, const std::shared_ptr<sharded_log::ShardedLogState>& state, Gone gone) {
    std::erase_if(open_, [](const auto& other) { return other.second.gone->load(); });
    open_.insert_or_assign(std::string(name), Open{state, std::move(gone)});
  }

  /// The next open of that name makes another.
  void forget(std::string_view name) noexcept {
    if (const auto found = open_.find(name); found != open_.end()) open_.erase(found);
  }

 private:
  struct Open {
    std::weak_ptr<sharded_log::ShardedLogState> state;
    Gone gone;
  };

  std::mutex mutex_;  // guards open_
  std::map<std::string, Open, std::less<>> open_;
};

}  // namespace holdfast
