#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast {

/// Ids of a log, from `from` to below `to`, whose records were taken off its end.
struct LogGap {
  std::uint64_t from = 0;
  std::uint64_t to = 0;

  friend bool operator==(const LogGap&, const LogGap&) = default;
};

/// The gaps of a log in their order. Each was at the log's end when it came, so the last one reaches farthest, and one that
/// comes behind a cut further down swallows those above.
/// Threads: the owner's matter.
class LogGaps {
 public:
  /// Ids from `from` on, and all up to below `to`, are gone. False: no cut of an end leaves that; nothing changed.
  /// Needs no memory behind make_room().
  [[nodiscard]] bool add(std::uint64_t from, std::uint64_t to);
  void make_room() { gaps_.reserve(gaps_.size() + 1); }

  /// The log begins with `begin` now.
  void forget_below(std::uint64_t begin) noexcept;

  [[nodiscard]] const std::vector<LogGap>& all() const noexcept { return gaps_; }

  /// The one that `id` lies in.
  [[nodiscard]] std::optional<LogGap> around(std::uint64_t id) const noexcept;

  /// Where the first gap begins from `id` on; `none` if there is none.
  [[nodiscard]] std::uint64_t next_begin(std::uint64_t id, std::uint64_t none) const noexcept;

  /// Where the last gap ends up to `id`; `none` if there is none.
  [[nodiscard]] std::uint64_t last_end(std::uint64_t id, std::uint64_t none) const noexcept;

  /// Ids from `begin` to below `end` that lie in gaps.
  [[nodiscard]] std::uint64_t count(std::uint64_t begin, std::uint64_t end) const noexcept;

  /// The highest id from which on `count` ids up to below `end` lie in no gap; not below `begin`.
  [[nodiscard]] std::uint64_t back_by(std::uint64_t count, std::uint64_t begin, std::uint64_t end) const noexcept;

 private:
  std::vector<LogGap> gaps_;  // none touches another
};

}  // namespace holdfast
