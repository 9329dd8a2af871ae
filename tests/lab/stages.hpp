#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <holdfast/testing/crash_images.hpp>

#include "history.hpp"
#include "recovery.hpp"
#include "runner.hpp"
#include "scenario.hpp"

namespace holdfast::lab {

/// What the stages of one run share: whose it is, and where violations and counts go.
struct Lab {
  const Scenario& scenario;
  testing::MediumModel model;
  RunOptions options;
  LabReport report;

  [[nodiscard]] testing::CrashOptions medium_options() const;
  [[nodiscard]] Recovered recover(const testing::CrashImage& image, bool keeps_log = false);
  void violation(std::string_view where, std::string_view what);
  bool complain_of(const Actor& actor, std::string_view where);
  [[nodiscard]] bool goes_on() const { return !options.stops_at_first || report.violations == 0; }
};

/// What is wrong with a store that was recovered from a crash behind that many events; empty if nothing is.
[[nodiscard]] std::string wrong_with(const Recovered& recovered, const History& history,
                                     std::uint64_t event_count);

/// C5: opening read-only shows the same and does not touch the medium.
void check_read_only_open(Lab& lab, const std::string& where, const testing::CrashImage& image,
                          const Recovered& recovered);

/// C5: crashes behind each event of the recovery of `image` recover to the same.
void check_crash_in_recovery(Lab& lab, const std::string& where, const testing::CrashImage& image,
                             const Recovered& recovered);

/// Writes records of the size of `torn`, so that what is stale behind a torn tail would fit to them, then
/// cuts the power once more, at the end and at two points that `choice` picks.
void check_writing_on(Lab& lab, const std::string& where, const testing::CrashImage& image,
                      const Recovered& recovered, const std::optional<Change>& torn, std::uint64_t choice);

/// Kills the process at `point` (nothing that was written is lost, all that was pending still is), opens,
/// writes on, and cuts the power behind each of those events: what the recovery has shown must be durable by
/// then.
void check_kill(Lab& lab, const std::string& where, const testing::CrashPoint& point, const History& history);

}  // namespace holdfast::lab
