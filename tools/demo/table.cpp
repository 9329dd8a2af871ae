#include "demo/table.hpp"

#include <fmt/format.h>

#include <iterator>

#include "demo/load.hpp"

namespace holdfast::demo {
namespace {

constexpr const char* kHead = "{:<8} {:>7} {:<7} {:>8} {:>7} {:>7} {:>10} {:>13} {:>8} {:>5}\n";
constexpr const char* kRow = "{:<8} {:>7} {:<7} {:>8} {:>7.1f} {:>7.1f} {:>10.1f} {:>13} {:>8} {:>5}\n";

std::string row(const Outcome& outcome, Facade facade) {
  const FacadeOutcome& one = outcome.facades[facade];
  const double megabytes = static_cast<double>(one.size_bytes) / 1e6;
  return fmt::format(fmt::runtime(kRow), outcome.backend, outcome.durable ? "yes" : "no", name(facade),
                     one.records, megabytes, megabytes / one.load_s, outcome.reopen_ms,
                     one.after_kill.expected, one.after_kill.found, one.after_kill.lost + one.at_end.lost);
}

}  // namespace

std::string table(const std::vector<Outcome>& outcomes) {
  std::string text = fmt::format(fmt::runtime(kHead), "backend", "durable", "facade", "records", "MB", "MB/s",
                                 "reopen ms", "acknowledged", "found", "lost");
  for (const Outcome& outcome : outcomes)
    for (const Facade facade : kFacades) text += row(outcome, facade);
  fmt::format_to(
      std::back_inserter(text),
      "records: of a region, its pieces of {} KiB; acknowledged: those whose put, append or flush had "
      "returned\n"
      "before the SIGKILL; found: those there after it, byte for byte; lost: acknowledged and missing, "
      "after\n"
      "the kill or at the end. All are loaded side by side: 8 threads put, 8 append, one writes and flushes\n"
      "the region in step with them, its MB/s are of the time in its calls. Each call is durable before it\n"
      "returns on a durable medium; an emulated pmem pool runs the same instructions on memory.\n",
      kPieceSizeBytes >> 10);
  return text;
}

}  // namespace holdfast::demo
