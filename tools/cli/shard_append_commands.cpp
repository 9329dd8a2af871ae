#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/json.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/shard_arguments.hpp"

namespace holdfast::cli {
namespace {

/// Made, if it is not there. Nobody asks it for latest records.
Result<ShardedLog> sharded_log_to_append(Store& store, const std::string& name) {
  return ShardedLog::open(store, name, {.index_latest = false});
}

// --- one record ---

struct ShardAppendArguments : ShardArguments {
  std::string key;
  std::optional<std::string> payload;
  std::optional<std::uint64_t> timestamp_us;
  bool erases = false;
  Durability durability = Durability::immediate;
};

Result<ExitCode> append_to_shard(Store& store, const ShardAppendArguments& arguments, std::string_view payload, bool json) {
  auto log = sharded_log_to_append(store, arguments.log);
  if (!log) return Unexpected(log.error());
  const AppendOptions options{.durability = arguments.durability, .timestamp_us = arguments.timestamp_us};
  const auto place =
      arguments.erases ? log->erase_key(arguments.key, options) : log->append(arguments.key, payload, options);
  if (!place) return Unexpected(place.error());
  if (const auto synced = store.sync(); !synced) return Unexpected(synced.error());
  if (json) return Output::document(Json{{"shard", place->shard}, {"id", place->id}}).and_then(done);
  return Output::line(fmt::format("{} {}", place->shard, place->id)).and_then(done);
}

Result<ExitCode> append_keyed(const ShardAppendArguments& arguments, bool json) {
  std::string payload = arguments.payload.value_or("-");
  if (payload == "-" && !arguments.erases) {
    auto input = read_standard_input(kValueSizeBytesMax);
    if (!input) return Unexpected(input.error());
    payload = std::move(*input);
  }
  return with_store_to_write(arguments.store,
                             [&](Store& store) { return append_to_shard(store, arguments, payload, json); });
}

void add_shard_append(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<ShardAppendArguments>();
  auto& command = add_shard_command(
      group, "append", "Appends PAYLOAD under KEY to a sharded log and prints shard and id; creates the log if need be.",
      "PAYLOAD - or none: standard input as one record, any bytes. A PAYLOAD that begins with a dash goes\n"
      "behind --.\n"
      "example: holdfast shard append app.hf events user:1 'came'\n"
      "example: holdfast shard append app.hf events user:1 --erase",
      *arguments);
  command.add_option("KEY", arguments->key, "decides the shard, and is stored with the record")->required();
  auto* const payload = command.add_option("PAYLOAD", arguments->payload, "the record, or - for standard input");
  command.add_flag("--erase", arguments->erases, "the record says that the key is gone")->excludes(payload);
  command.add_option("--timestamp-us", arguments->timestamp_us, "microseconds since 1970; default: now")
      ->option_text("N");
  add_durability_option(command, arguments->durability);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return append_keyed(*arguments, invocation.json); };
  });
}

// --- a record a line ---

struct ShardBatchArguments : ShardArguments {
  bool atomic = false;
  Durability durability = Durability::immediate;
};

/// Collects lines of key, tab and payload, and appends them together: when there are enough, or at the end.
class KeyedLineAppender {
 public:
  KeyedLineAppender(ShardedLog& log, const ShardBatchArguments& arguments) : log_(log), arguments_(arguments) {}

  Result<void> run(LineReader& reader) {
    Progress progress("appending");
    std::string line;
    for (;;) {
      const auto more = reader.next(line);
      if (!more) return Unexpected(more.error());
      if (!*more) return append();
      if (line.find('\t') == std::string::npos || line.front() == '\t') return no_key(reader.line_number());
      size_bytes_ += line.size();
      batch_size_bytes_ += line.size();
      batch_.push_back(std::move(line));
      const bool is_full = batch_.size() >= kLinesMax || batch_size_bytes_ >= kSizeBytesMax;
      if (is_full && !arguments_.atomic)
        if (auto appended = append(); !appended) return appended;
      progress.entries(size_bytes_, count_);
    }
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

 private:
  static constexpr std::size_t kLinesMax = 1'024;
  static constexpr std::uint64_t kSizeBytesMax = std::uint64_t{8} << 20;

  [[nodiscard]] static Result<void> no_key(std::uint64_t line_number) {
    Error error{.code = ErrorCode::invalid_argument,
                .message = fmt::format("line {} of standard input has no key", line_number)};
    error.expected = "a key, a tab and the payload";
    error.found = "no key before a tab";
    return Unexpected(std::move(error));
  }

  Result<void> append() {
    std::vector<ShardedLogDraft> drafts;
    drafts.reserve(batch_.size());
    for (const std::string_view line : batch_) {
      const std::size_t tab = line.find('\t');
      drafts.push_back({.key = line.substr(0, tab), .payload = line.substr(tab + 1)});
    }
    const WriteOptions options{.durability = arguments_.durability};
    const auto places = arguments_.atomic ? log_.append_atomic(drafts, options) : log_.append_batch(drafts, options);
    if (!places) return Unexpected(places.error());
    count_ += batch_.size();
    batch_.clear();
    batch_size_bytes_ = 0;
    return {};
  }

  ShardedLog& log_;
  const ShardBatchArguments& arguments_;
  std::vector<std::string> batch_;
  std::uint64_t batch_size_bytes_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t size_bytes_ = 0;
};

Result<ExitCode> append_keyed_lines(const ShardBatchArguments& arguments, bool json) {
  auto reader = LineReader::open("-");
  if (!reader) return Unexpected(reader.error());
  return with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    auto log = sharded_log_to_append(store, arguments.log);
    if (!log) return Unexpected(log.error());
    KeyedLineAppender appender(*log, arguments);
    if (const auto appended = appender.run(*reader); !appended) {
      Error error = appended.error();
      error.message += fmt::format("; {} records before are appended", appender.count());
      return Unexpected(error);
    }
    if (const auto synced = store.sync(); !synced) return Unexpected(synced.error());
    if (json)
      return Output::document(Json{{"records", appender.count()}, {"bytes", appender.size_bytes()}}).and_then(done);
    return Output::line(fmt::format("appended {} records", appender.count())).and_then(done);
  });
}

void add_shard_batch(CLI::App& group, Invocation& invocation) {
  const auto arguments = std::make_shared<ShardBatchArguments>();
  auto& command = add_shard_command(
      group, "batch", "Appends each line of standard input, a key, a tab and a payload, to a sharded log.",
      "Lines are appended in batches; with --atomic all of them together, or none.\n"
      "example: printf 'user:1\\tcame\\nuser:2\\tcame\\n' | holdfast shard batch app.hf events --atomic",
      *arguments);
  command.add_flag("--atomic", arguments->atomic, "all lines or none, also after a crash");
  add_durability_option(command, arguments->durability);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] { return append_keyed_lines(*arguments, invocation.json); };
  });
}

}  // namespace

void add_shard_append_commands(CLI::App& shard, Invocation& invocation) {
  add_shard_append(shard, invocation);
  add_shard_batch(shard, invocation);
}

}  // namespace holdfast::cli
