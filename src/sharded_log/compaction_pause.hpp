#pragma once

#include <vector>

#include <holdfast/log.hpp>

#include "log/log_stream.hpp"

namespace holdfast::sharded_log {

/// While it lives these streams are not compacted: who copies a record and later the one that erases its key must find both.
/// Threads: one.
class CompactionPause {
 public:
  explicit CompactionPause(std::vector<Log> streams) : streams_(std::move(streams)) {
    for (const Log& stream : streams_) log::stream_of(stream).pause_compaction();
  }
  CompactionPause(const CompactionPause&) = delete;
  CompactionPause& operator=(const CompactionPause&) = delete;
  ~CompactionPause() {
    for (const Log& stream : streams_) log::stream_of(stream).resume_compaction();
  }

 private:
  std::vector<Log> streams_;
};

}  // namespace holdfast::sharded_log
