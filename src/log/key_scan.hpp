#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include <holdfast/log.hpp>

#include "common/engine/engine.hpp"
#include "log/id_set.hpp"
#include "log/latest_keys.hpp"

namespace holdfast::log {

class LogStream;

/// What of a stream is looked at, and how.
struct KeyScanTerms {
  LogId first = 0;
  LogId end = 0;    ///< Records from here on are not looked at: they may not be durable yet.
  LogId limit = 0;  ///< Nor are those from here on to go: somebody has not passed them.
  std::uint64_t now_us = 0;
  std::uint64_t tombstone_us = 0;
  bool drops_tombstones = true;
  std::size_t key_slots_max = kKeySlotsMax;  ///< A power of two.

  static constexpr std::size_t kKeySlotsMax = std::size_t{1} << 22;
};

/// Finds which records of a stream may go, since later ones of their keys are there: from the last one down, so that the first
/// that is met of a key is the one that stays. Keys are compared as they are; their hashes only lead to them.
/// Threads: one, beside writers and readers.
class KeyScan {
 public:
  KeyScan(LogStream& stream, const Engine& engine, const KeyScanTerms& terms)
      : stream_(stream), engine_(engine), terms_(terms), keys_(terms.key_slots_max), gone_(terms.first) {}

  /// Segments in which a record fails its checks are marked as damaged. Errors: not_found (the stream was dropped), closed (the
  /// store is about to be).
  [[nodiscard]] Result<void> run();

  struct Gone {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] const IdSet& gone() const noexcept { return gone_; }
  [[nodiscard]] Gone gone_of(SegmentId segment) const;

  /// The highest record that was looked at; while that is there, so are all that have replaced others. 0: there was none.
  [[nodiscard]] LogId latest() const noexcept { return latest_; }

  /// Whether a record fails its checks: one that erases its key may be all that hides it, should it come back.
  [[nodiscard]] bool found_damage() const noexcept { return found_damage_; }

  /// Whether a record that erases its key would go, were there no older ones of it.
  [[nodiscard]] bool has_waiting_tombstones() const noexcept { return has_waiting_tombstones_; }
  /// When the next one is old enough; 0: none is too young.
  [[nodiscard]] std::uint64_t tombstone_due_us() const noexcept { return tombstone_due_us_; }

 private:
  [[nodiscard]] Result<void> look_through();
  void look_at(LogId id);
  void add_key(LogId id, std::uint64_t hash, const RecordView& record);
  [[nodiscard]] bool has_key(LogId id, std::string_view key) const;
  void mark(LogId id, Location location, const RecordView& record);
  void mark_tombstones();

  LogStream& stream_;
  const Engine& engine_;
  const KeyScanTerms terms_;
  LatestKeys keys_;
  IdSet gone_;
  std::map<SegmentId, Gone> gone_by_segment_;
  LogId latest_ = 0;
  bool found_damage_ = false;
  bool has_waiting_tombstones_ = false;
  std::uint64_t tombstone_due_us_ = 0;
};

}  // namespace holdfast::log
