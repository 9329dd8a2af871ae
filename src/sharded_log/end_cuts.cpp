#include "sharded_log/end_cuts.hpp"

#include <string>
#include <vector>

#include "common/base/success.hpp"
#include "log/log_stream.hpp"

namespace holdfast::sharded_log {

Result<void> cut_ends(std::span<const EndCut> cuts) {
  std::vector<log::StreamEnd> ends;
  ends.reserve(cuts.size());
  for (const EndCut& cut : cuts) ends.push_back({&log::stream_of(cut.stream), cut.from});
  const auto gone = log::LogStream::cut_ends(ends);
  return gone ? success() : Unexpected(gone.error());
}

Result<LogId> begin_of(const Log& stream) {
  const auto first = stream.first_id();  // the store is open, and the stream is there
  if (!first) return first;
  return log::stream_of(stream).begin();
}

Unexpected begins_behind(const Log& stream, LogId cut, LogId begin) {
  Error error{
      .code = ErrorCode::out_of_bounds,
      .message = "records of stream '" + std::string(stream.name()) + "' below the checkpoint have been taken away"};
  error.expected = "a begin at " + std::to_string(cut) + " or below";
  error.found = std::to_string(begin);
  return Unexpected(error);
}

}  // namespace holdfast::sharded_log
