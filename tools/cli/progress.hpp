#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::cli {

/// One line on standard error that is drawn over and over while a long command runs, and removed at its
/// end. Nothing at all unless standard error is a terminal.
/// Threads: one at a time.
class Progress {
 public:
  /// Drawn first after `interval`, so that a short command shows none, and then as often.
  explicit Progress(std::string_view verb,
                    std::chrono::nanoseconds interval = std::chrono::milliseconds(100));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// "verifying: 1.5 GiB of 4 GiB (37 %)"; where the total is 0, not known, "importing: 1.5 GiB".
  void bytes(std::uint64_t done_bytes, std::uint64_t total_bytes);

  /// "loading: 1.5 GiB, 12345 entries"; where the total is known, "dumping: 1.5 GiB, 12345 of 100000 entries".
  void entries(std::uint64_t done_bytes, std::uint64_t entry_count, std::uint64_t entry_count_total = 0);

 private:
  [[nodiscard]] bool due();
  void draw(const std::string& text);

  std::string verb_;
  std::chrono::nanoseconds interval_;
  bool enabled_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace holdfast::cli
