#include "format_page.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

namespace holdfast::format_page {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '`')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '`')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  line.remove_prefix(1);
  for (std::size_t bar = line.find('|'); bar != std::string_view::npos; bar = line.find('|')) {
    cells.emplace_back(trimmed(line.substr(0, bar)));
    line.remove_prefix(bar + 1);
  }
  return cells;
}

std::uint64_t to_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x");
  if (is_hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, is_hex ? 16 : 10);
  EXPECT_TRUE(error == std::errc{} && end == text.data() + text.size()) << "no number: '" << text << "'";
  return value;
}

/// "### Slice header: `SliceHeaderDisk` (64 bytes)"
void read_heading(const std::string& line, Page& page, std::string& structure) {
  const std::size_t tick = line.find('`');
  const std::size_t end = line.find("Disk` (");
  structure.clear();
  if (tick == std::string::npos || end == std::string::npos) return;
  structure = line.substr(tick + 1, end + 4 - tick - 1);
  const std::string size = line.substr(end + 7, line.find(" bytes)") - end - 7);
  EXPECT_FALSE(page.structures.contains(structure)) << structure << " has two headings";
  page.structures[structure].size_bytes = to_number(size);
}

/// "00000080: 7b e6 ..."
void read_dump(const std::string& line, Page& page) {
  EXPECT_EQ(to_number("0x" + line.substr(0, 8)), page.example.size()) << "a gap in the example's bytes";
  std::istringstream bytes(line.substr(9));
  for (std::string byte; bytes >> byte;)
    page.example.push_back(static_cast<std::byte>(to_number("0x" + byte)));
}

}  // namespace

Page read_page(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << "cannot read " << path;
  Page page;
  std::string structure;
  std::vector<std::string> head;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) read_heading(line, page, structure);
    const std::string_view text = trimmed(line);
    if (text.size() > 9 && text[8] == ':' && text.starts_with("000000")) read_dump(std::string(text), page);
    if (!line.starts_with("|")) {
      head.clear();
      continue;
    }
    const std::vector<std::string> cells = cells_of(line);
    if (head.empty()) {
      head = cells;
      continue;
    }
    if (cells.size() != head.size() || cells.size() < 2) {
      ADD_FAILURE() << "not a row of its table: " << line;
    } else if (cells.front().starts_with("---")) {
      continue;
    } else if (head.front() == "offset" && cells.size() == 5 && !structure.empty()) {
      page.structures[structure].fields.push_back({to_number(cells[0]), to_number(cells[1]), cells[2]});
    } else if (head[1] == "value" && (head[0] == "name" || head[0] == "quantity")) {
      Values& values = head[0] == "name" ? page.values : page.example_values;
      EXPECT_TRUE(values.emplace(cells[0], to_number(cells[1])).second) << cells[0] << " stands there twice";
    }
  }
  return page;
}

std::string dump_of(std::span<const std::byte> bytes) {
  std::ostringstream text;
  text << std::hex;
  text.fill('0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 16 == 0) {
      text << (i == 0 ? "" : "\n");
      text.width(8);
      text << i << ':';
    }
    text << ' ';
    text.width(2);
    text << std::to_integer<unsigned>(bytes[i]);
  }
  return text.str();
}

}  // namespace holdfast::format_page
