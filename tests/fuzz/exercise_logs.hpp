#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include <holdfast/holdfast.hpp>
#include <holdfast/sharded_log.hpp>

namespace holdfast::fuzz {

/// Who uses a forged store is told of errors, and of answers that contradict each other.
struct LogListener {
  std::function<void(const Error&)> note;
  std::function<void(std::string)> complain;

  template <class T>
  bool succeeded(const Result<T>& result) const {
    if (!result) note(result.error());
    return result.has_value();
  }
};

/// Reads a stream in every way but by id.
void look_at_log(const Log& log, const LogListener& listener);

/// Takes away from both ends and the middle, and appends. What was appended last must be found.
void write_log(Log& log, const LogListener& listener);

/// Opens and reads all sharded logs, their checkpoints and their latest records.
void look_at_sharded_logs(Store& store, const LogListener& listener);

/// Appends to all of them, and then, by `use`, reshards, restores, prunes and clones, or removes them.
void write_sharded_logs(Store& store, std::uint8_t use, const LogListener& listener);

}  // namespace holdfast::fuzz
