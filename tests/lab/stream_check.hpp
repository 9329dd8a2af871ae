#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "history.hpp"

namespace holdfast::lab {

/// Holds one recovered stream against what C2 allows after a crash:
///  1. it begins with the base, and every record behind is one that somebody began to append, once; but for what was cut
///  off its begin, at one of the ids that somebody asked for, and for gaps, which are exactly those that cuts of its end left;
///  2. it is a prefix of the ids that were told: no record that has its id is missing below one that is
///  there;
///  3. what one call appended lies together, all or none, and one thread's calls in their order, none left
///  out;
///  4. every durable append is there, and every record that a reader was shown;
///  5. records are missing in the middle only where a compaction was asked for that leaves them out; then all that have replaced
///  them are there, and what is gone for good does not come back.
class StreamCheck {
 public:
  StreamCheck(const std::string& stream, const Contents& base,
              const std::vector<const Operation*>& operations, std::uint64_t event_count);

  /// What is wrong; empty if nothing is. `shown`: records that a reader has seen.
  [[nodiscard]] std::string run(const Contents& found, std::uint64_t shown);

  /// The operations that appended to the stream, or cut its end, and whether what they did is there. Requires: run().
  [[nodiscard]] const std::map<const Operation*, bool>& are_there() const noexcept { return are_there_; }

 private:
  using Records = std::vector<Value>;  // record 1 first; null: it was cut off, or compacted away

  [[nodiscard]] static Records records_of(const Contents& contents, const std::string& stream);
  [[nodiscard]] static std::uint64_t begin_of(const Contents& contents, const std::string& stream);
  /// Ids that cuts of the end have taken; one that was not durable yet with them or not.
  [[nodiscard]] std::set<std::uint64_t> gone_ids(bool with_pending) const;
  [[nodiscard]] std::string check_begin(std::uint64_t begin) const;
  /// Puts what was compacted away back in its place, but for what the base has not.
  [[nodiscard]] std::string fill_compacted(Records& records) const;
  [[nodiscard]] std::string check_gaps(const Records& records);
  [[nodiscard]] std::string check_records(const Records& records);
  [[nodiscard]] std::string check_operations(const Records& records);
  [[nodiscard]] std::string check_threads() const;

  std::string stream_;
  Records base_;
  std::uint64_t base_begin_;
  std::uint64_t begin_ = 1;  // of what was found
  std::uint64_t event_count_;
  std::vector<const Operation*> operations_;  // that append to the stream
  std::set<std::uint64_t> cuts_;              // that were asked for
  std::uint64_t durable_cut_ = 0;
  std::vector<std::pair<const Operation*, EndCut>> end_cuts_;
  std::vector<const Operation*> thinnings_;   // compactions of the stream
  std::map<const Operation*, Records> appended_;
  std::map<Value, const Operation*> appender_of_;
  std::map<const Operation*, std::size_t> first_place_;  // in the records, of those that are there
  std::map<const Operation*, bool> are_there_;
};

}  // namespace holdfast::lab
