#include "cli/entry_printer.hpp"

#include <utility>

#include "cli/escape.hpp"
#include "cli/json.hpp"
#include "cli/output.hpp"

namespace holdfast::cli {

Result<void> EntryPrinter::begin() { return json_ ? Output::write("{\"entries\": [") : Result<void>{}; }

Result<void> EntryPrinter::entry(std::string_view key, std::string_view value) {
  if (!json_) return Output::line(escape(key) + '\t' + escape(value));
  Json json;
  set_bytes(json, "key", key);
  set_bytes(json, "value", value);
  return item(json.dump());
}

Result<void> EntryPrinter::key(std::string_view key, bool is_missing) {
  if (!json_) return Output::line(escape(key));
  Json json;
  set_bytes(json, "key", key);
  if (is_missing) json["value"] = nullptr;
  return item(json.dump());
}

Result<void> EntryPrinter::end() { return json_ ? Output::line("\n]}") : Result<void>{}; }

Result<void> EntryPrinter::item(const std::string& json) {
  return Output::write(std::exchange(first_, false) ? "\n" : ",\n").and_then([&json] {
    return Output::write(json);
  });
}

}  // namespace holdfast::cli
