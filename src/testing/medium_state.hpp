#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <holdfast/testing/crash_image.hpp>
#include <holdfast/testing/crash_storage.hpp>

namespace holdfast::testing {

/// A unit the medium keeps whole, with every content it may have on the medium beside the durable one.
struct PendingUnit {
  struct Version {
    std::uint64_t time = 0;  ///< Of the event that made it.
    std::uint64_t hash = 0;
    std::vector<std::byte> bytes;
  };
  /// Somebody has handed the content as of `time` on to the medium, and a sync of the right kind by the
  /// right thread makes it durable.
  struct Mark {
    std::uint64_t time = 0;
    std::uint32_t thread = 0;
    bool in_commit = false;  ///< Covered by the end of its commit only.
  };
  std::uint64_t durable_hash = 0;
  std::vector<Version> versions;  ///< In order of time; the last is what readers see.
  std::vector<Mark> marks;
};

/// A medium between two events: what is durable, and what is pending on top of it.
///
/// The rules (docs/testing.md "The two media"):
///  1. A write or store makes a new version of each unit it changes. Until a sync covers it, the medium may
///  hold
///     the durable content or any version: caches evict and kernels write back whenever they like.
///  2. write() and flush() mark the units' present content as handed on by that thread; a store alone does
///  not.
///  3. drain_end makes durable what its thread had marked; on pages what any thread had marked before
///     drain_begin. Marks of commits are not covered: the seam does not promise it.
///  4. commit_end makes the commit's own ranges durable, and nothing else; sync_end of what lies wholly in its ranges what
///     a drain begun at their sync_range would.
///  5. A failed sync takes the marks away: the kernel has forgotten that those pages were dirty, so no later
///     sync covers them unless they are written again.
///  6. A killed process leaves everything pending. On pages any later drain covers it; cached lines need
///     a flush by somebody first.
class MediumState {
 public:
  MediumState(MediumModel model, std::vector<std::byte> durable);

  /// Takes the next event of the log.
  void apply(const Event& event, std::span<const std::byte> bytes);

  [[nodiscard]] MediumModel model() const noexcept { return model_; }
  [[nodiscard]] std::uint64_t unit_size_bytes() const noexcept { return unit_size_bytes_; }

  /// Units that may differ from the durable bytes, by their index.
  [[nodiscard]] const std::map<std::uint64_t, PendingUnit>& pending() const noexcept { return pending_; }

  [[nodiscard]] std::span<const std::byte> durable() const noexcept { return durable_; }

  /// Changes with the durable bytes; equal bytes of one log give equal numbers.
  [[nodiscard]] std::uint64_t durable_hash() const noexcept { return durable_hash_; }

  /// The size to which the medium may or may not have grown already.
  [[nodiscard]] std::optional<std::uint64_t> growing_to() const noexcept { return growing_to_; }

  /// What a reader sees: the newest version of everything.
  [[nodiscard]] CrashImage live_image() const;

  /// Rule 6.
  void kill();

 private:
  void add_versions(const Event& event, std::span<const std::byte> bytes);
  void mark(std::uint64_t offset, std::uint64_t size_bytes, std::uint32_t thread, bool in_commit);
  [[nodiscard]] std::optional<std::uint64_t> covered_time(std::uint64_t index, const PendingUnit& unit,
                                                          const Event& sync) const;
  [[nodiscard]] std::uint64_t sync_began(std::uint64_t index, const Event& sync) const;
  void end_sync(const Event& event);
  void forget_marks(const Event& event);
  void make_durable(std::uint64_t index, PendingUnit& unit, std::uint64_t time);
  [[nodiscard]] std::span<std::byte> durable_unit(std::uint64_t index) noexcept;

  MediumModel model_;
  std::uint64_t unit_size_bytes_;
  std::vector<std::byte> durable_;
  std::uint64_t durable_hash_ = 0;
  std::map<std::uint64_t, PendingUnit> pending_;
  std::map<std::uint32_t, std::uint64_t> drain_began_;  // thread -> time
  struct SyncRange {
    std::uint64_t time = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  std::map<std::uint32_t, std::vector<SyncRange>> syncs_;  // thread -> ranges of its sync in flight
  std::optional<std::uint64_t> growing_to_;
  std::uint64_t time_ = 0;
};

/// Of a unit's content, for telling images apart.
[[nodiscard]] std::uint64_t unit_hash(std::uint64_t index, std::span<const std::byte> bytes) noexcept;

}  // namespace holdfast::testing
