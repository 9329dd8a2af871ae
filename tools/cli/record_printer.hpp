#pragma once

#include <holdfast/holdfast.hpp>

namespace holdfast::cli {

/// How records of a log are printed.
enum class RecordFormat {
  plain,       ///< Each payload and a line break, byte for byte; on a terminal escaped.
  json,        ///< One document, {"records": [...]}.
  json_lines,  ///< One document a record.
};

/// Prints records one by one: a log may be larger than memory.
class RecordPrinter {
 public:
  explicit RecordPrinter(RecordFormat format);

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> record(const LogEntryView& entry);
  [[nodiscard]] Result<void> end();

 private:
  RecordFormat format_;
  bool escaped_;
  bool first_ = true;
};

}  // namespace holdfast::cli
