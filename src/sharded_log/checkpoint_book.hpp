#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/checkpoint.hpp>

namespace holdfast::sharded_log {

/// A checkpoint and its place in the order of all: cuts never go back from one sequence to the next.
struct KeptCheckpoint {
  std::uint64_t sequence = 0;
  std::shared_ptr<const Checkpoint> checkpoint;
};

/// The checkpoints of a sharded log, in memory: those whose records are durable, by id and by order. Of several that
/// got one id it has the youngest; the records of the others, which are to be erased with the next change, it
/// remembers.
/// Threads: any.
class CheckpointBook {
 public:
  /// A sequence that was never given out before.
  [[nodiscard]] std::uint64_t next_sequence() noexcept;

  /// Sequences up to this one are taken, e.g. by records that are not shown.
  void skip_to(std::uint64_t sequence) noexcept;

  /// Requires: its sequence was never shown. Throws std::bad_alloc; then nothing has changed.
  void show(KeptCheckpoint kept);

  [[nodiscard]] std::optional<KeptCheckpoint> find(std::string_view id) const;
  [[nodiscard]] std::optional<KeptCheckpoint> latest() const;
  [[nodiscard]] std::uint64_t count() const;

  /// Those that `is_asked`, if one is given, says yes of, the oldest first.
  using Filter = std::function<bool(const KeptCheckpoint&)>;
  [[nodiscard]] std::vector<KeptCheckpoint> all(const Filter& is_asked = {}) const;

  /// Records that nobody is shown any more, and that may still be there.
  [[nodiscard]] std::vector<std::uint64_t> superseded() const;

  /// They are not shown any more; how many were.
  std::uint64_t hide(std::span<const std::uint64_t> sequences) noexcept;

  /// They are not shown any more; their records go with the next change. Throws std::bad_alloc; then some are not
  /// shown.
  void supersede(std::span<const KeptCheckpoint> victims);

  /// Their records are gone for good.
  void forget_superseded(std::span<const std::uint64_t> sequences) noexcept;

  /// Shows these and no others, none of which has been shown before; sequences go on.
  void replace_all(std::vector<KeptCheckpoint> all);

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t next_sequence_ = 1;
  std::map<std::uint64_t, std::shared_ptr<const Checkpoint>> by_order_;
  std::map<std::string_view, std::uint64_t> by_id_;  // keys lie in the checkpoints of by_order_
  std::set<std::uint64_t> superseded_;
};

}  // namespace holdfast::sharded_log
