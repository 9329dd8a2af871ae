#include "demo/table.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::demo {

std::string table(const std::vector<Row>& rows) {
  std::string text =
      fmt::format("{:<8} {:>7} {:>8} {:>7} {:>7} {:>9} {:>10} {:>13} {:>8} {:>5}\n", "backend", "durable",
                  "records", "MB", "MB/s", "puts/s", "reopen ms", "acknowledged", "found", "lost");
  for (const Row& row : rows) {
    const double megabytes = static_cast<double>(row.size_bytes) / 1e6;
    fmt::format_to(std::back_inserter(text),
                   "{:<8} {:>7} {:>8} {:>7.1f} {:>7.1f} {:>9.0f} {:>10.1f} {:>13} {:>8} {:>5}\n", row.name,
                   row.durable ? "yes" : "no", row.records, megabytes, megabytes / row.load_s,
                   static_cast<double>(row.records) / row.load_s, row.reopen_ms, row.after_kill.expected,
                   row.after_kill.found, row.after_kill.lost + row.at_end.lost);
  }
  text +=
      "acknowledged: puts that had returned before the SIGKILL; found: those there after it, byte for byte;\n"
      "lost: acknowledged and missing, after the kill or at the end. Each put is durable before it returns\n"
      "(immediate, 8 threads) on a durable medium; an emulated pmem pool runs the same instructions on "
      "memory.\n";
  return text;
}

}  // namespace holdfast::demo
