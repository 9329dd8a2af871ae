#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <holdfast/options.hpp>

#include "common/base/location.hpp"
#include "common/base/rollback.hpp"

namespace holdfast::kv {

/// A record that another one has replaced.
struct Replacement {
  Location location{};
  std::uint64_t version = 0;      ///< Of the replaced record.
  std::uint64_t replaced_by = 0;  ///< Version that replaced it.
  bool has_parts = false;
  Durability durability{};        ///< Of the replacing write.
};

/// While a scan runs, remembers what is replaced, so that the scan can show each key as it was when the
/// scan began, and so that nothing the scan may still read is given back.
/// Threads: any.
class ScanRegistry {
 public:
  [[nodiscard]] bool active() const noexcept { return scans_.load() != 0; }

  void begin() {
    const std::lock_guard lock(mutex_);
    scans_.fetch_add(1);
  }

  /// Returns what may be given back now: everything, if this was the last scan.
  [[nodiscard]] std::vector<Replacement> end() noexcept {
    const std::lock_guard lock(mutex_);
    std::vector<Replacement> freed;
    if (scans_.fetch_sub(1) != 1) return freed;
    freed.swap(held_back_);
    replaced_.clear();
    return freed;
  }

  /// True if a scan runs and now remembers `replacement`. Called before the index shows the new record,
  /// so that a scan that misses the old one in the index finds it here. A record that another write has
  /// replaced already keeps that note: this caller is late, as the index will tell it.
  [[nodiscard]] bool note(const Replacement& replacement) {
    if (!active()) return false;
    const std::lock_guard lock(mutex_);
    if (!active()) return false;
    const auto [noted, is_new] = replaced_.try_emplace(replacement.location.packed(), replacement);
    if (!is_new || !replacement.has_parts) return is_new;
    Rollback forgotten([&, place = noted] { replaced_.erase(place); });
    held_back_.push_back(replacement);
    forgotten.keep();
    return true;
  }

  /// Takes back a note: the record was not replaced after all.
  void forget(Location location) {
    const std::lock_guard lock(mutex_);
    replaced_.erase(location.packed());
    std::erase_if(held_back_, [&](const Replacement& held) { return held.location == location; });
  }

  /// Whether the record at `location` was the present one at `version`, and has been replaced since.
  [[nodiscard]] bool was_present(Location location, std::uint64_t version) const {
    const std::lock_guard lock(mutex_);
    const auto found = replaced_.find(location.packed());
    return found != replaced_.end() && found->second.version < version && found->second.replaced_by >= version;
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> scans_{0};
  std::unordered_map<std::uint64_t, Replacement> replaced_;
  std::vector<Replacement> held_back_;  // those of them with parts, so that end() needs no memory
};

}  // namespace holdfast::kv
