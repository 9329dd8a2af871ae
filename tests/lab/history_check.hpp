#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "history.hpp"

namespace holdfast::lab {

/// Holds what was recovered against what C2 allows after a crash:
///  1. spaces: each one whose creation was durable, none that nobody had begun to create;
///  2. keys that no operation touched: as in the base, and no others;
///  3. per thread and space: the state behind some prefix of the thread's operations, not shorter than its
///  last
///     durable one, not longer than what it had begun;
///  4. the prefixes of one thread over several spaces contain each of its batches everywhere or nowhere;
///  5. streams as StreamCheck says, and batches with them as in 4.
/// Threads write disjoint keys, so that each one's prefix shows by itself.
class HistoryCheck {
 public:
  /// `shown`: records of each stream that a reader has seen.
  HistoryCheck(const Contents& base, std::vector<const Operation*> operations, std::uint64_t event_count,
               std::map<std::string, std::uint64_t> shown = {});

  /// What is wrong; empty if nothing is.
  [[nodiscard]] std::string run(const Contents& found);

 private:
  using ThreadSpace = std::pair<std::uint32_t, std::string>;
  /// What one thread did to one space, and which of its prefixes explain what was found.
  struct Lane {
    std::vector<const Operation*> operations;
    std::size_t shortest = 0;
    std::vector<std::size_t> prefixes;
  };

  [[nodiscard]] std::string check_spaces(const Contents& found) const;
  [[nodiscard]] std::string check_streams(const Contents& found);
  [[nodiscard]] bool agrees_with_streams(const Lane& lane, std::size_t length) const;
  [[nodiscard]] std::string check_untouched(const Contents& found) const;
  [[nodiscard]] std::string find_prefixes(const ThreadSpace& name, Lane& lane, const Contents& found) const;
  [[nodiscard]] std::string check_batches() const;
  [[nodiscard]] bool batches_agree(std::map<ThreadSpace, std::size_t>& chosen,
                                   std::map<ThreadSpace, Lane>::const_iterator lane) const;

  const Contents& base_;
  std::vector<const Operation*> operations_;
  std::uint64_t event_count_;
  std::map<std::string, std::uint64_t> shown_;
  std::set<std::string> streams_;                // that somebody appended to
  std::map<const Operation*, bool> in_streams_;  // whether what it appended is there
  std::map<ThreadSpace, Lane> lanes_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> writer_of_;  // (space, key) -> thread
};

}  // namespace holdfast::lab
