#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "history.hpp"

namespace holdfast::lab {

/// Holds one recovered stream against what C2 allows after a crash:
///  1. it begins with the base, and every record behind is one that somebody began to append, once;
///  2. it is a prefix of the ids that were told: no record that has its id is missing below one that is
///  there;
///  3. what one call appended lies together, all or none, and one thread's calls in their order, none left
///  out;
///  4. every durable append is there, and every record that a reader was shown.
class StreamCheck {
 public:
  StreamCheck(const std::string& stream, const Contents& base,
              const std::vector<const Operation*>& operations, std::uint64_t event_count);

  /// What is wrong; empty if nothing is. `shown`: records that a reader has seen.
  [[nodiscard]] std::string run(const Contents& found, std::uint64_t shown);

  /// The operations that appended to the stream, and whether what they appended is there. Requires: run().
  [[nodiscard]] const std::map<const Operation*, bool>& are_there() const noexcept { return are_there_; }

 private:
  using Records = std::vector<Value>;  // record 1 first

  [[nodiscard]] static Records records_of(const Contents& contents, const std::string& stream);
  [[nodiscard]] std::string check_records(const Records& records);
  [[nodiscard]] std::string check_operations(const Records& records);
  [[nodiscard]] std::string check_threads() const;

  std::string stream_;
  Records base_;
  std::uint64_t event_count_;
  std::vector<const Operation*> operations_;  // that append to the stream
  std::map<const Operation*, Records> appended_;
  std::map<Value, const Operation*> appender_of_;
  std::map<const Operation*, std::size_t> first_place_;  // in the records, of those that are there
  std::map<const Operation*, bool> are_there_;
};

}  // namespace holdfast::lab
