#include "cli/record_printer.hpp"

#include <string>
#include <utility>

#include "cli/escape.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {
namespace {

std::string record_json(const LogEntryView& entry) {
  Json json;
  json["id"] = entry.id;
  json["timestamp_us"] = entry.timestamp_us;
  if (entry.key) set_bytes(json, "key", *entry.key);
  if (entry.erases_key) json["erases_key"] = true;
  set_bytes(json, "payload", entry.payload);
  return json.dump();
}

}  // namespace

RecordPrinter::RecordPrinter(RecordFormat format) : format_(format), escaped_(Output::is_terminal()) {}

Result<void> RecordPrinter::begin() {
  return format_ == RecordFormat::json ? Output::write("{\"records\": [") : Result<void>{};
}

Result<void> RecordPrinter::record(const LogEntryView& entry) {
  if (format_ == RecordFormat::plain) return Output::line(escaped_ ? escape(entry.payload) : entry.payload);
  if (format_ == RecordFormat::json_lines) return Output::line(record_json(entry));
  const std::string_view separator = std::exchange(first_, false) ? "\n" : ",\n";
  return Output::write(separator).and_then([&entry] { return Output::write(record_json(entry)); });
}

Result<void> RecordPrinter::end() {
  return format_ == RecordFormat::json ? Output::line("\n]}") : Result<void>{};
}

}  // namespace holdfast::cli
