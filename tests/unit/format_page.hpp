#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

/// docs/format.md, taken apart for the test that holds it to the code.
namespace holdfast::format_page {

struct Field {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::string name;
  friend bool operator==(const Field&, const Field&) = default;
};

struct Structure {
  std::uint64_t size_bytes = 0;
  std::vector<Field> fields;
};

using Structures = std::map<std::string, Structure>;
using Values = std::map<std::string, std::uint64_t>;

struct Page {
  Structures structures;  // tables "offset | size | field | ...", under a heading with `NameDisk` (N bytes)
  Values values;          // tables "name | value | ..."
  Values example_values;  // tables "quantity | value | ..."
  std::vector<std::byte> example;
};

/// Reads the page at `path`. What cannot be read is a failure of the running test.
[[nodiscard]] Page read_page(const std::string& path = HOLDFAST_FORMAT_DOC);

/// `bytes` as the page shows them: 16 a line behind their offset.
[[nodiscard]] std::string dump_of(std::span<const std::byte> bytes);

}  // namespace holdfast::format_page
