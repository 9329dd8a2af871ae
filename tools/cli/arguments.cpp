#include "cli/arguments.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <utility>
#include <vector>

#include "cli/durations.hpp"
#include "cli/sizes.hpp"

namespace holdfast::cli {
namespace {

template <class Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// An option whose value is one of a few words; the first is the default. Any other word is a usage
/// error that lists them.
template <class Value>
void add_choice_option(CLI::App& command, const std::string& name, const Choices<Value>& choices,
                       Value& value, const std::string& description) {
  std::string words;
  for (const auto& [word, unused] : choices) words += (words.empty() ? "" : "|") + word;
  const auto take = [name, choices, words, &value](const std::string& text) {
    for (const auto& [word, choice] : choices) {
      if (word != text) continue;
      value = choice;
      return;
    }
    throw CLI::ValidationError(name, "'" + text + "' is not one of " + words);
  };
  command.add_option_function<std::string>(name, take, description)
      ->option_text(words + " [" + choices.front().first + "]");
}

std::uint64_t size_of(const std::string& name, const std::string& text) {
  if (const auto size = parse_size(text)) return *size;
  throw CLI::ValidationError(name, "'" + text + "' is not a size like 64MiB, 1GiB or 4096");
}

std::chrono::milliseconds duration_of(const std::string& name, const std::string& text) {
  if (const auto duration = parse_duration(text)) return *duration;
  throw CLI::ValidationError(name, "'" + text + "' is not a time like 200ms, 10s or 5min");
}

template <class Parse, class Value>
CLI::Option* add_parsed_option(CLI::App& command, const std::string& name, const std::string& type, const Parse& parse,
                               Value& value, const std::string& description) {
  const auto take = [name, parse, &value](const std::string& text) { value = parse(name, text); };
  return command.add_option_function<std::string>(name, take, description)->type_name(type);
}

}  // namespace

void add_store_arguments(CLI::App& command, StoreArguments& arguments) {
  command.add_option("STORE", arguments.path, "path of the store")->required();
  command.add_flag("--emulate-pmem", arguments.emulate_pmem,
                   "open a pmem pool on a medium without byte access; nothing on it survives a power cut");
}

void add_stream_arguments(CLI::App& command, StreamArguments& arguments) {
  add_store_arguments(command, arguments.store);
  command.add_option("STREAM", arguments.stream, "name of the log")->required();
}

void add_size_option(CLI::App& command, const std::string& name, std::uint64_t& size_bytes,
                     const std::string& description) {
  add_parsed_option(command, name, "SIZE", size_of, size_bytes, description)->default_str(format_size(size_bytes));
}

void add_size_option(CLI::App& command, const std::string& name, std::optional<std::uint64_t>& size_bytes,
                     const std::string& description) {
  add_parsed_option(command, name, "SIZE", size_of, size_bytes, description);
}

void add_duration_option(CLI::App& command, const std::string& name, std::chrono::milliseconds& time,
                         const std::string& description) {
  add_parsed_option(command, name, "TIME", duration_of, time, description);
}

void add_duration_option(CLI::App& command, const std::string& name, std::optional<std::chrono::milliseconds>& time,
                         const std::string& description) {
  add_parsed_option(command, name, "TIME", duration_of, time, description);
}

void add_durability_option(CLI::App& command, Durability& durability) {
  add_choice_option<Durability>(command, "--durability",
                                {{"immediate", Durability::immediate},
                                 {"interval", Durability::interval},
                                 {"buffered", Durability::buffered}},
                                durability,
                                "when a write survives a power cut; all do once the command has ended well");
}

void add_format_option(CLI::App& command, StreamFormat& format) {
  add_choice_option<StreamFormat>(command, "--format", {{"jsonl", StreamFormat::jsonl}, {"binary", StreamFormat::binary}},
                                  format, "of the dump: JSON Lines, or a binary stream with checksums");
}

void add_backend_option(CLI::App& command, Backend& backend) {
  add_choice_option<Backend>(
      command, "--backend",
      {{"automatic", Backend::automatic}, {"file", Backend::file}, {"pmem", Backend::pmem}}, backend,
      "the medium; automatic: pmem where the path has byte access, else file");
}

}  // namespace holdfast::cli
