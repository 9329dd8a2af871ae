#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <holdfast/holdfast.hpp>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/log_settings.hpp"
#include "cli/open.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

// --- create, set ---

Result<ExitCode> show_settings(const Log& log, bool json) {
  if (!json) return done();
  const auto settings = log.settings();
  if (!settings) return Unexpected(settings.error());
  Json document = log_settings_json(*settings);
  set_bytes(document, "stream", log.name());
  return Output::document(document).and_then(done);
}

struct SettingArguments {
  StreamArguments stream;
  LogSettingsArguments settings;
};

void add_log_create(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<SettingArguments>();
  auto& command = *log.add_subcommand("create", "Creates an empty log; ends with 1 if there is one of that name.");
  command.footer(
      "append creates a log by itself; what a log is made with is said here, and changed by log set.\n"
      "example: holdfast log create app.hf journal --retain 168h --retain-bytes 1GiB --segment-bytes 8MiB");
  add_stream_arguments(command, arguments->stream);
  add_log_settings_options(command, arguments->settings);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->stream.store, [&](Store& store) -> Result<ExitCode> {
        LogOptions options{.mode = OpenMode::create};
        arguments->settings.apply_to(options.settings);
        const auto created = store.log(arguments->stream.stream, options);
        if (!created) return Unexpected(created.error());
        return show_settings(*created, invocation.json);
      });
    };
  });
}

void add_log_set(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<SettingArguments>();
  auto& command = *log.add_subcommand("set", "Changes what a log keeps; options that are not given stay.");
  command.footer(
      "0 takes a bound away.\n"
      "example: holdfast log set app.hf events --retain-records 1000000 --keep-records 1000");
  add_stream_arguments(command, arguments->stream);
  add_log_settings_options(command, arguments->settings);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->stream.store, [&](Store& store) -> Result<ExitCode> {
        auto stream = existing_log(store, arguments->stream.stream);
        if (!stream) return Unexpected(stream.error());
        auto settings = stream->settings();
        if (!settings) return Unexpected(settings.error());
        arguments->settings.apply_to(*settings);
        if (auto kept = stream->set_settings(*settings); !kept) return Unexpected(kept.error());
        return show_settings(*stream, invocation.json);
      });
    };
  });
}

// --- stat ---

Json statistics_json(const Log& log, const LogStatistics& statistics, const LogSettings& settings) {
  Json document;
  set_bytes(document, "stream", log.name());
  document["first_id"] = statistics.first_id;
  document["next_id"] = statistics.next_id;
  document["segments"] = statistics.segments;
  document["segment_bytes"] = statistics.segment_bytes;
  document["oldest_timestamp_us"] = statistics.oldest_timestamp_us;
  document["newest_timestamp_us"] = statistics.newest_timestamp_us;
  document["index_bytes"] = statistics.index_bytes;
  document["compacted_segments"] = statistics.compacted_segments;
  document["compacted_records"] = statistics.compacted_records;
  document["compaction_bytes"] = statistics.compaction_bytes;
  document["settings"] = log_settings_json(settings);
  return document;
}

std::string bounds_text(const LogSettings& settings) {
  std::string text;
  if (settings.retain_ms != 0) text += fmt::format(" {} ms", settings.retain_ms);
  if (settings.retain_bytes != 0) text += " " + format_size(settings.retain_bytes);
  if (settings.retain_records != 0) text += fmt::format(" {} records", settings.retain_records);
  if (text.empty()) text = " everything";
  return settings.compact_by_key ? text + ", of each key the latest" : text;
}

Result<ExitCode> stream_stat(Store& store, const std::string& name, bool json) {
  const auto log = existing_log(store, name);
  if (!log) return Unexpected(log.error());
  const auto statistics = log->statistics();
  const auto settings = log->settings();
  if (!statistics || !settings) return Unexpected(statistics ? settings.error() : statistics.error());
  if (json) return Output::document(statistics_json(*log, *statistics, *settings)).and_then(done);
  return Output::line(fmt::format("{}: ids {} to {}, {} in {} segments, {} of index; retains{}", escape(name),
                                  statistics->first_id, statistics->next_id - 1,
                                  format_size(statistics->segment_bytes), statistics->segments,
                                  format_size(statistics->index_bytes), bounds_text(*settings)))
      .and_then(done);
}

void add_log_stat(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *log.add_subcommand("stat", "Shows ids, times, room and settings of a log. Changes nothing.");
  command.footer("example: holdfast log stat app.hf events --json");
  add_stream_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_read(arguments->store,
                                [&](Store& store) { return stream_stat(store, arguments->stream, invocation.json); });
    };
  });
}

// --- truncate, retain ---

Result<ExitCode> show_truncation(const std::string& name, const Result<LogTruncation>& truncation, bool json) {
  if (!truncation) return Unexpected(truncation.error());
  if (!json)
    return Output::line(fmt::format("{}: begins with {} now; {} given back in {} segments", escape(name),
                                    truncation->first_id, format_size(truncation->bytes), truncation->segments))
        .and_then(done);
  Json document;
  set_bytes(document, "stream", name);
  document["first_id"] = truncation->first_id;
  document["segments"] = truncation->segments;
  document["bytes"] = truncation->bytes;
  return Output::document(document).and_then(done);
}

Result<ExitCode> show_cut(const std::string& name, const Result<LogCut>& cut, bool json) {
  if (!cut) return Unexpected(cut.error());
  if (!json)
    return Output::line(fmt::format("{}: {} records from {} on are gone, {} comes next; {} given back in {} segments",
                                    escape(name), cut->records, cut->from, cut->next_id, format_size(cut->bytes),
                                    cut->segments))
        .and_then(done);
  Json document;
  set_bytes(document, "stream", name);
  document["from"] = cut->from;
  document["next_id"] = cut->next_id;
  document["records"] = cut->records;
  document["segments"] = cut->segments;
  document["bytes"] = cut->bytes;
  return Output::document(document).and_then(done);
}

void add_log_truncate(CLI::App& log, Invocation& invocation) {
  struct Arguments {
    StreamArguments stream;
    std::optional<LogId> before, after;
  };
  const auto arguments = std::make_shared<Arguments>();
  auto& command = *log.add_subcommand("truncate", "Takes the records of a log below or above an id away.");
  command.footer(
      "Segments that hold nothing else give their room back. Ids are not given out again: behind --after\n"
      "the log goes on with the id that it would have given out anyway.\n"
      "example: holdfast log truncate app.hf events --before 500\n"
      "         holdfast log truncate app.hf events --after 9000");
  add_stream_arguments(command, arguments->stream);
  auto& end = *command.add_option_group("end", "which end goes");
  end.add_option("--before", arguments->before, "first id that stays")->option_text("ID");
  end.add_option("--after", arguments->after, "last id that stays")->option_text("ID");
  end.require_option(1);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->stream.store, [&](Store& store) -> Result<ExitCode> {
        auto stream = existing_log(store, arguments->stream.stream);
        if (!stream) return Unexpected(stream.error());
        if (arguments->before)
          return show_truncation(arguments->stream.stream, stream->truncate_before(*arguments->before), invocation.json);
        constexpr LogId kBeyondAll = std::numeric_limits<LogId>::max();
        const LogId from = *arguments->after == kBeyondAll ? kBeyondAll : *arguments->after + 1;
        return show_cut(arguments->stream.stream, stream->truncate_from(from), invocation.json);
      });
    };
  });
}

void add_log_retain(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *log.add_subcommand("retain", "Takes away now what a log's settings let go.");
  command.footer(
      "A store does that by itself while it is written to.\n"
      "example: holdfast log retain app.hf events");
  add_stream_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        auto stream = existing_log(store, arguments->stream);
        if (!stream) return Unexpected(stream.error());
        return show_truncation(arguments->stream, stream->retain(), invocation.json);
      });
    };
  });
}

// --- compact ---

Result<ExitCode> compact_stream(Store& store, const std::string& name, bool json) {
  auto stream = existing_log(store, name);
  if (!stream) return Unexpected(stream.error());
  Result<LogCompaction> compaction;
  {
    Progress progress("compacting");
    compaction = stream->compact([&progress](std::uint64_t done_bytes, std::uint64_t total_bytes) {
      progress.bytes(done_bytes, total_bytes);
      return true;
    });
  }
  if (!compaction) return Unexpected(compaction.error());
  if (!json)
    return Output::line(fmt::format("{}: {} records left out, {} given back; {} segments, {} before", escape(name),
                                    compaction->records_removed, format_size(compaction->bytes_freed),
                                    compaction->segments_after, compaction->segments_before))
        .and_then(done);
  Json document;
  set_bytes(document, "stream", name);
  document["records_removed"] = compaction->records_removed;
  document["bytes_freed"] = compaction->bytes_freed;
  document["segments_before"] = compaction->segments_before;
  document["segments_after"] = compaction->segments_after;
  return Output::document(document).and_then(done);
}

void add_log_compact(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *log.add_subcommand("compact", "Leaves out what later records of the same keys have replaced.");
  command.footer(
      "Of logs that are made or set with --compact-by-key; a store does that by itself while it is written to.\n"
      "example: holdfast log compact app.hf profiles");
  add_stream_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation] {
      return with_store_to_write(arguments->store,
                                 [&](Store& store) { return compact_stream(store, arguments->stream, invocation.json); });
    };
  });
}

// --- drop ---

void add_log_drop(CLI::App& log, Invocation& invocation) {
  const auto arguments = std::make_shared<StreamArguments>();
  auto& command = *log.add_subcommand("drop", "Removes a log and everything in it; ends with 1 if it is not there.");
  command.footer("example: holdfast log drop app.hf journal");
  add_stream_arguments(command, *arguments);
  command.callback([arguments, &invocation] {
    invocation.run = [arguments, &invocation]() -> Result<ExitCode> {
      const auto dropped = with_store_to_write(arguments->store, [&](Store& store) -> Result<ExitCode> {
        if (const auto stream = existing_log(store, arguments->stream); !stream) return Unexpected(stream.error());
        return store.drop_log(arguments->stream).and_then(done);
      });
      if (!dropped || !invocation.json) return dropped;
      Json document;
      set_bytes(document, "stream", arguments->stream);
      return Output::document(document).and_then(done);
    };
  });
}

}  // namespace

void add_log_upkeep_commands(CLI::App& log, Invocation& invocation) {
  add_log_create(log, invocation);
  add_log_set(log, invocation);
  add_log_stat(log, invocation);
  add_log_truncate(log, invocation);
  add_log_retain(log, invocation);
  add_log_compact(log, invocation);
  add_log_drop(log, invocation);
}

}  // namespace holdfast::cli
