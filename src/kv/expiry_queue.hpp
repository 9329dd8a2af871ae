#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace holdfast::kv {

/// A present record that expires.
struct Expiry {
  std::uint64_t expires_us = 0;
  std::uint64_t version = 0;
  std::uint64_t hash = 0;  ///< Of its key.

  friend auto operator<=>(const Expiry&, const Expiry&) = default;
};

/// The present records of one stripe's keys that expire, in the order of their times: what has expired is known without a
/// look at any other. It changes with the index, under the stripe's lock, so that both are counted as of one moment.
/// Threads: the owner's matter; the lock is held.
class ExpiryQueue {
 public:
  /// Memory for one, to be had outside the lock.
  using Node = std::set<Expiry>::node_type;
  [[nodiscard]] static Node make(const Expiry& expiry) { return std::move(std::set<Expiry>{expiry}.extract(expiry)); }

  void add(Node node) noexcept { waiting_.insert(std::move(node)); }

  /// True if it was there. `expires_us` is where it is looked for first: what lies on the medium may be damaged meanwhile.
  bool remove(std::uint64_t version, std::uint64_t hash, std::optional<std::uint64_t> expires_us) noexcept {
    for (std::set<Expiry>* const part : {&waiting_, &expired_})
      if (expires_us && part->erase({*expires_us, version, hash}) != 0) return true;
    for (std::set<Expiry>* const part : {&waiting_, &expired_}) {
      const auto found = std::find_if(part->begin(), part->end(), [&](const Expiry& one) {
        return one.version == version && one.hash == hash;
      });
      if (found == part->end()) continue;
      part->erase(found);
      return true;
    }
    return false;
  }

  /// Those whose time has come by `now_us`, a time that never goes back. Lifetime: the next change.
  [[nodiscard]] const std::set<Expiry>& expired(std::uint64_t now_us) noexcept {
    while (!waiting_.empty() && waiting_.begin()->expires_us <= now_us)
      expired_.insert(expired_.end(), waiting_.extract(waiting_.begin()));
    return expired_;
  }

 private:
  std::set<Expiry> waiting_;
  std::set<Expiry> expired_;  // and still in the index
};

}  // namespace holdfast::kv
