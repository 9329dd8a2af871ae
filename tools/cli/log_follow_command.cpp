#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/record_printer.hpp"
#include "cli/stop_signals.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kForever = milliseconds::max();

struct FollowArguments {
  StoreArguments store;
  std::string stream;
  std::optional<LogId> from;
  std::optional<std::uint64_t> limit;
  milliseconds interval{200};
  milliseconds timeout = kForever;
};

/// Looks at the log again and again, each time with the store open for reading for as long as it takes to
/// print what is new: a store that stays open for reading could not be written.
class Follower {
 public:
  Follower(const FollowArguments& arguments, bool json)
      : arguments_(arguments),
        next_(arguments.from),
        printer_(json ? RecordFormat::json_lines : RecordFormat::plain) {
    if (arguments.timeout != kForever) end_ = begin_ + arguments.timeout;
  }

  Result<ExitCode> run() {
    while (!signals_.stopped() && !complete()) {
      const auto looked = look();
      if (signals_.stopped() || abandoned()) break;
      if (!looked && looked.error().code != ErrorCode::locked) return looked;
      if (!looked) note(looked.error());
      if (complete()) break;
      if (end_ && steady_clock::now() >= *end_) return timed_out();
      signals_.wait(pause());
    }
    return done();
  }

 private:
  [[nodiscard]] bool complete() const { return arguments_.limit && printed_ >= *arguments_.limit; }

  /// The reader of our output has gone: what it did not take is nobody's.
  [[nodiscard]] static bool abandoned() {
    const bool abandoned = Output::is_abandoned();
    if (abandoned) Output::discard();
    return abandoned;
  }

  Result<ExitCode> look() {
    return with_store_to_read_now(arguments_.store, [this](Store& store) -> Result<ExitCode> {
      const auto log = existing_log(store, arguments_.stream);
      if (!log) return Unexpected(log.error());
      if (!next_) {
        const auto next = log->next_id();
        if (!next) return Unexpected(next.error());
        next_ = *next;
      }
      locked_.reset();
      looked_ = true;
      return print_new(*log).and_then(Output::flush).and_then(done);
    });
  }

  Result<void> print_new(const Log& log) {
    Result<void> printed;
    const auto next = log.scan(*next_, [&](const LogEntryView& entry) {
      printed = printer_.record(entry);
      if (printed) ++printed_;
      return printed.has_value() && !complete() && !signals_.stopped();
    });
    if (!next) return Unexpected(next.error());
    next_ = *next;
    return printed;
  }

  /// Who starts to follow while a writer is at work, and not just passing, is told why nothing comes.
  void note(const Error& locked) {
    locked_ = locked;
    if (looked_ || told_ || steady_clock::now() < begin_ + kLockPatience) return;
    print_error(locked.to_string() + "; waiting until it is closed");
    told_ = true;
  }

  [[nodiscard]] milliseconds pause() const {
    if (!end_) return arguments_.interval;
    const auto left = std::chrono::ceil<milliseconds>(*end_ - steady_clock::now());
    return std::clamp(left, milliseconds(0), arguments_.interval);
  }

  [[nodiscard]] Result<ExitCode> timed_out() const {
    if (!looked_ && locked_) return Unexpected(*locked_);
    if (!arguments_.limit) return done();
    return Unexpected(Error{.code = ErrorCode::not_found,
                            .message = std::to_string(printed_) + " of " + std::to_string(*arguments_.limit) +
                                       " records came in time",
                            .path = arguments_.store.path});
  }

  const FollowArguments& arguments_;
  std::optional<LogId> next_;  ///< Nothing: from the first look's end on.
  RecordPrinter printer_;
  StopSignals signals_;
  steady_clock::time_point begin_ = steady_clock::now();
  std::optional<steady_clock::time_point> end_;
  std::uint64_t printed_ = 0;
  bool looked_ = false;
  bool told_ = false;
  std::optional<Error> locked_;  ///< What the last look met, if that was a writer.
};

}  // namespace

void add_log_follow_command(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<FollowArguments>();
  auto& command = *log.add_subcommand("follow", "Prints records of a log as they come, until it is stopped.");
  command.footer(
      "A store is open in one process at a time. follow opens it for a moment every --interval, and waits\n"
      "while a writer has it open: records show when that process has closed the store, or has ended.\n"
      "Ends with 0 on SIGINT, SIGTERM, or when nobody reads its output; with 1 if --limit records have not\n"
      "come when --timeout is over. --json prints one document a line.\n"
      "example: holdfast log follow app.hf events --from 1 | grep error");
  add_store_arguments(command, arguments->store);
  command.add_option("STREAM", arguments->stream, "name of the log")->required();
  command.add_option("--from", arguments->from, "first id to print; default: what comes from now on")
      ->option_text("ID");
  command.add_option("--limit", arguments->limit, "ends after so many records")->option_text("N");
  add_duration_option(command, "--interval", arguments->interval, "time from look to look [200ms]");
  add_duration_option(command, "--timeout", arguments->timeout, "ends after so long");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return Follower(*arguments, invocation.json).run(); };
  });
}

}  // namespace holdfast::cli
