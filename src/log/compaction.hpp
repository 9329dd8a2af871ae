#pragma once

#include <cstdint>
#include <vector>

#include <holdfast/log.hpp>

#include "common/engine/engine.hpp"
#include "log/key_scan.hpp"

namespace holdfast::log {

class LogStream;

/// One run of compaction by key: a look through the stream, then segments that are worth it are rewritten, in groups of
/// neighbours whose copies fill about one segment, each group in one step. Between two steps nothing is held up.
///
/// A record that erases its key goes only when no older one of the key was there when the run began: so it never goes before,
/// nor in one step with, what it hides.
/// Threads: one of a stream at a time, beside writers and readers.
class Compaction {
 public:
  Compaction(LogStream& stream, Engine& engine, const LogSettings& settings, const Log::CompactProgress& progress,
             std::size_t key_slots_max)
      : stream_(stream), engine_(engine), settings_(settings), progress_(progress), key_slots_max_(key_slots_max) {}

  /// Errors: as Log::compact.
  [[nodiscard]] Result<LogCompaction> run();

 private:
  /// Neighbours, by their ids.
  struct Group {
    std::vector<SegmentUse> segments{};
    std::uint64_t gone_records = 0;
    std::uint64_t gone_bytes = 0;
    std::uint64_t live_bytes = 0;
    bool has_garbage = false;
  };
  enum class Ended : std::uint8_t { done, again, early };

  [[nodiscard]] Result<Ended> run_once();
  [[nodiscard]] Result<Ended> rewrite_all(const KeyScan& scan, const std::vector<Group>& groups);
  [[nodiscard]] Result<Engine::Thinned> rewrite(const KeyScan& scan, const Group& group);
  [[nodiscard]] std::vector<SegmentUse> segments_in_order() const;
  [[nodiscard]] bool has_damage() const;
  [[nodiscard]] std::vector<Group> choose(const KeyScan& scan, LogId end, std::uint64_t now_us);
  [[nodiscard]] bool is_old_enough(const SegmentUse& use, std::uint64_t now_us) const noexcept;

  LogStream& stream_;
  Engine& engine_;
  const LogSettings& settings_;
  const Log::CompactProgress& progress_;
  const std::size_t key_slots_max_;
  LogCompaction compaction_{};
  std::uint64_t done_bytes_ = 0;
  std::uint64_t due_us_ = 0;  // when what is too young now comes of age; 0: nothing is
};

}  // namespace holdfast::log
