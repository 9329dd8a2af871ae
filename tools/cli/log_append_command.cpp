#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <holdfast/holdfast.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/input.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t kBatchCountMax = 256;
constexpr std::uint64_t kBatchSizeBytesMax = std::uint64_t{8} << 20;

struct AppendArguments {
  StoreArguments store;
  std::string stream;
  std::optional<std::string> payload;
  std::optional<std::string> key;
  std::optional<std::uint64_t> timestamp_us;
  bool lines = false;
  Durability durability = Durability::immediate;
};

// --- one record ---

Result<ExitCode> append_one(Store& store, const AppendArguments& arguments, std::string_view payload,
                            bool json) {
  auto log = store.log(arguments.stream);
  if (!log) return Unexpected(log.error());
  AppendOptions options{.durability = arguments.durability, .timestamp_us = arguments.timestamp_us};
  if (arguments.key) options.key = *arguments.key;
  const auto id = log->append(payload, options);
  if (!id) return Unexpected(id.error());
  if (const auto synced = store.sync(); !synced) return Unexpected(synced.error());
  if (json) return Output::document(Json{{"id", *id}, {"payload_size_bytes", payload.size()}}).and_then(done);
  return Output::line(std::to_string(*id)).and_then(done);
}

Result<ExitCode> append_payload(const AppendArguments& arguments, bool json) {
  std::optional<std::string> payload = arguments.payload;
  if (!payload || *payload == "-") {
    auto input = read_standard_input(kValueSizeBytesMax);
    if (!input) return Unexpected(input.error());
    payload = std::move(*input);
  }
  return with_store_to_write(arguments.store,
                             [&](Store& store) { return append_one(store, arguments, *payload, json); });
}

// --- a record a line ---

/// Collects lines and appends them together when there are enough.
class LineAppender {
 public:
  LineAppender(Log& log, Durability durability) : log_(log), durability_(durability) {}

  Result<void> add(std::string line) {
    batch_size_bytes_ += line.size();
    batch_.push_back(std::move(line));
    const bool full = batch_.size() >= kBatchCountMax || batch_size_bytes_ >= kBatchSizeBytesMax;
    return full ? append() : Result<void>{};
  }

  Result<void> append() {
    if (batch_.empty()) return {};
    const std::vector<std::string_view> payloads(batch_.begin(), batch_.end());
    const auto id = log_.append_batch(payloads, {.durability = durability_});
    if (!id) return Unexpected(id.error());
    if (count_ == 0) first_id_ = *id;
    last_id_ = *id + batch_.size() - 1;
    count_ += batch_.size();
    size_bytes_ += batch_size_bytes_;
    batch_.clear();
    batch_size_bytes_ = 0;
    return {};
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  [[nodiscard]] Json json() const {
    Json json{{"records", count_}, {"bytes", size_bytes_}};
    if (count_ != 0) json["first_id"] = first_id_;
    if (count_ != 0) json["last_id"] = last_id_;
    return json;
  }

  [[nodiscard]] std::string text() const {
    std::string text = "appended " + std::to_string(count_) + " records";
    if (count_ != 0) text += ", ids " + std::to_string(first_id_) + " to " + std::to_string(last_id_);
    return text;
  }

 private:
  Log& log_;
  Durability durability_;
  std::vector<std::string> batch_;
  std::uint64_t batch_size_bytes_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t size_bytes_ = 0;
  LogId first_id_ = 0;
  LogId last_id_ = 0;
};

Result<void> append_all(LineReader& reader, LineAppender& appender) {
  Progress progress("appending");
  std::string line;
  for (;;) {
    const auto more = reader.next(line);
    if (!more) return Unexpected(more.error());
    if (!*more) return appender.append();
    if (auto added = appender.add(line); !added) return added;
    progress.entries(appender.size_bytes(), appender.count());
  }
}

Result<ExitCode> append_lines(const AppendArguments& arguments, bool json) {
  auto reader = LineReader::open("-");
  if (!reader) return Unexpected(reader.error());
  return with_store_to_write(arguments.store, [&](Store& store) -> Result<ExitCode> {
    auto log = store.log(arguments.stream);
    if (!log) return Unexpected(log.error());
    LineAppender appender(*log, arguments.durability);
    if (const auto appended = append_all(*reader, appender); !appended) {
      Error error = appended.error();
      error.message += "; " + std::to_string(appender.count()) + " records before are appended";
      return Unexpected(error);
    }
    if (const auto synced = store.sync(); !synced) return Unexpected(synced.error());
    return (json ? Output::document(appender.json()) : Output::line(appender.text())).and_then(done);
  });
}

}  // namespace

void add_log_append_command(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<AppendArguments>();
  auto& command = *log.add_subcommand(
      "append", "Appends PAYLOAD to a log and prints its id; creates the log if it is not there.");
  command.footer(
      "PAYLOAD - or none: standard input as one record, any bytes. A PAYLOAD that begins with a dash goes\n"
      "behind --. Lines are appended in batches, each all or nothing.\n"
      "example: holdfast log append app.hf events 'user:1 came' --key user:1\n"
      "example: journalctl -o json | holdfast log append app.hf journal --lines");
  add_store_arguments(command, arguments->store);
  command.add_option("STREAM", arguments->stream, "name of the log")->required();
  auto* const payload =
      command.add_option("PAYLOAD", arguments->payload, "the record, or - for standard input");
  auto* const key = command.add_option("--key", arguments->key, "stored with the record");
  auto* const time = command.add_option("--timestamp-us", arguments->timestamp_us,
                                        "microseconds since 1970; default: now")->option_text("N");
  command.add_flag("--lines", arguments->lines, "each line of standard input is a record")
      ->excludes(payload)
      ->excludes(key)
      ->excludes(time);
  add_durability_option(command, arguments->durability);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return arguments->lines ? append_lines(*arguments, invocation.json)
                              : append_payload(*arguments, invocation.json);
    };
  });
}

}  // namespace holdfast::cli
