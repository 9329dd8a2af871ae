#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// What this process is writing under which name, outside of what the medium says: keeps two from writing one name, and
/// whoever cleans up from the parts of a write that is not complete yet.
/// Threads: any number of callers.
class ActiveWrites {
 public:
  /// A name and a write's id, taken for as long as it lives. False: somebody else has the name.
  class Claim {
   public:
    Claim(ActiveWrites& writes, std::string_view name, std::uint64_t write_id) : writes_(writes) {
      const std::lock_guard lock(writes_.mutex_);
      const auto [at, is_new] = writes_.by_name_.emplace(name, write_id);
      at_ = is_new ? at : writes_.by_name_.end();
    }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() {
      const std::lock_guard lock(writes_.mutex_);
      if (at_ != writes_.by_name_.end()) writes_.by_name_.erase(at_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return at_ != writes_.by_name_.end(); }

   private:
    ActiveWrites& writes_;
    std::map<std::string, std::uint64_t, std::less<>>::iterator at_;
  };

  /// Ids of the writes under way.
  [[nodiscard]] std::set<std::uint64_t> ids() const {
    const std::lock_guard lock(mutex_);
    std::set<std::uint64_t> ids;
    for (const auto& [name, id] : by_name_) ids.insert(id);
    return ids;
  }

  /// Taken alone where a list of parts is swapped, and shared where one is read: a region's size and bytes are two looks.
  [[nodiscard]] std::shared_mutex& lists() noexcept { return lists_; }

  /// There may be parts that nobody needs: what a crash has left, or could not be removed. True at first.
  [[nodiscard]] bool may_have_leftovers() const noexcept { return may_have_leftovers_.load(); }
  void set_may_have_leftovers(bool may) noexcept { may_have_leftovers_.store(may); }

  /// A write of this process may have become true, and only the next open shows it. Noted before its claim ends.
  [[nodiscard]] bool has_unknown_outcome() const noexcept { return has_unknown_outcome_.load(); }
  void note_unknown_outcome() noexcept { has_unknown_outcome_.store(true); }

 private:
  mutable std::mutex mutex_;  // guards the map
  std::map<std::string, std::uint64_t, std::less<>> by_name_;
  std::shared_mutex lists_;
  std::atomic<bool> may_have_leftovers_{true};
  std::atomic<bool> has_unknown_outcome_{false};
};

}  // namespace holdfast
