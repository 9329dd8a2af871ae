#pragma once

#include <holdfast/error.hpp>
#include <optional>
#include <string_view>

namespace holdfast::cli {

/// Prints entries of a space one by one: a space may be larger than memory. Text: key, tab, value, both
/// escaped; a key whose value is not there, or not asked for, stands without a tab.
class EntryPrinter {
 public:
  explicit EntryPrinter(bool json) noexcept : json_(json) {}

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> entry(std::string_view key, std::string_view value);

  /// JSON: without a field for the value; or, of one that `is_missing`, with null.
  [[nodiscard]] Result<void> key(std::string_view key, bool is_missing = false);
  [[nodiscard]] Result<void> end();

 private:
  [[nodiscard]] Result<void> item(const std::string& json);

  bool json_;
  bool first_ = true;
};

}  // namespace holdfast::cli
