#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <chrono>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/kv_stats.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/stop_signals.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct StatsArguments {
  StoreArguments store;
  std::optional<std::string> space;
};

struct WatchArguments : StatsArguments {
  milliseconds interval{1'000};
  std::optional<std::uint64_t> count;
};

Result<ExitCode> print_stats(Store& store, const StatsArguments& arguments, bool json) {
  const auto stats = kv_stats(store, arguments.space);
  if (!stats) return Unexpected(stats.error());
  if (json) return Output::document(stats_json(*stats)).and_then(done);
  return Output::write(stats_text(*stats)).and_then(done);
}

/// Prints the figures again and again, each time with the store open for reading for a moment: a store that
/// stays open for reading could not be written.
class Watcher {
 public:
  Watcher(const WatchArguments& arguments, bool json) : arguments_(arguments), json_(json) {}

  Result<ExitCode> run() {
    while (!signals_.stopped() && !complete()) {
      const auto looked = look();
      if (signals_.stopped() || abandoned()) break;
      if (!looked && looked.error().code != ErrorCode::locked) return looked;
      if (!looked) note(looked.error());
      if (!complete()) signals_.wait(arguments_.interval);
    }
    return done();
  }

 private:
  [[nodiscard]] bool complete() const { return arguments_.count && printed_ >= *arguments_.count; }

  /// The reader of our output has gone: what it did not take is nobody's.
  [[nodiscard]] static bool abandoned() {
    const bool abandoned = Output::is_abandoned();
    if (abandoned) Output::discard();
    return abandoned;
  }

  Result<ExitCode> look() {
    return with_store_to_read_now(arguments_.store, [this](Store& store) -> Result<ExitCode> {
      const auto stats = kv_stats(store, arguments_.space);
      if (!stats) return Unexpected(stats.error());
      ++printed_;
      const auto printed =
          json_ ? Output::line(stats_json(*stats).dump()) : Output::write(stats_text(*stats));
      return printed.and_then(Output::flush).and_then(done);
    });
  }

  /// Who begins to watch while a writer is at work, and not just passing, is told why nothing comes.
  void note(const Error& locked) {
    if (printed_ > 0 || told_ || steady_clock::now() < begin_ + kLockPatience) return;
    print_error(locked.to_string() + "; waiting until it is closed");
    told_ = true;
  }

  const WatchArguments& arguments_;
  bool json_;
  StopSignals signals_;
  steady_clock::time_point begin_ = steady_clock::now();
  std::uint64_t printed_ = 0;
  bool told_ = false;
};

void add_stats_arguments(CLI::App& command, StatsArguments& arguments) {
  add_store_arguments(command, arguments.store);
  command.add_option("SPACE", arguments.space, "name of a key-value space; none: all of them");
}

void add_stats(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<StatsArguments>();
  auto& command = *kv.add_subcommand("stats", "Prints how many keys spaces hold, and what room they take.");
  command.footer("example: holdfast kv stats app.hf\nexample: holdfast kv stats app.hf users --json");
  add_stats_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(
          arguments->store, [&](Store& store) { return print_stats(store, *arguments, invocation.json); });
    };
  });
}

void add_watch(CLI::App& kv, Invocation& invocation) {
  const auto arguments = std::make_shared<WatchArguments>();
  auto& command = *kv.add_subcommand("watch", "Prints what stats does again and again, until it is stopped.");
  command.footer(
      "A store is open in one process at a time. watch opens it for a moment every --interval, and waits "
      "while a\n"
      "writer has it open. Ends with 0 on SIGINT, SIGTERM, behind --count looks, or when nobody reads its "
      "output.\n"
      "--json prints one document a line.\n"
      "example: holdfast kv watch app.hf users --interval 5s");
  add_stats_arguments(command, *arguments);
  add_duration_option(command, "--interval", arguments->interval, "time from look to look [1s]");
  command.add_option("--count", arguments->count, "ends behind so many looks")->option_text("N");
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return Watcher(*arguments, invocation.json).run(); };
  });
}

}  // namespace

void add_stats_commands(CLI::App& kv, Invocation& invocation) {
  add_stats(kv, invocation);
  add_watch(kv, invocation);
}

}  // namespace holdfast::cli
