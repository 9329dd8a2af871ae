#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

constexpr std::string_view kClearLine = "\r\x1b[K";

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(std::string_view verb, std::chrono::nanoseconds interval)
    : verb_(verb),
      interval_(interval),
      enabled_(::isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + interval_) {}

Progress::~Progress() {
  if (drawn_) print(kClearLine);
}

void Progress::bytes(std::uint64_t done_bytes, std::uint64_t total_bytes) {
  if (!due()) return;
  if (total_bytes == 0) {
    draw(fmt::format("{}: {}", verb_, format_size(done_bytes)));
    return;
  }
  const auto percent =
      static_cast<unsigned>(static_cast<double>(done_bytes) / static_cast<double>(total_bytes) * 100);
  draw(fmt::format("{}: {} of {} ({} %)", verb_, format_size(done_bytes), format_size(total_bytes), percent));
}

void Progress::entries(std::uint64_t done_bytes, std::uint64_t entry_count, std::uint64_t entry_count_total) {
  if (!due()) return;
  const std::string total = entry_count_total == 0 ? "" : fmt::format(" of {}", entry_count_total);
  draw(fmt::format("{}: {}, {}{} entries", verb_, format_size(done_bytes), entry_count, total));
}

bool Progress::due() {
  if (!enabled_) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return false;
  next_ = now + interval_;
  return true;
}

void Progress::draw(const std::string& text) {
  print(std::string(kClearLine) + text);
  drawn_ = true;
}

}  // namespace holdfast::cli
