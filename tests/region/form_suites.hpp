#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "region_suites.hpp"

namespace holdfast::region_suites {

/// Flips the lowest bit of the byte in front of every place, or of the `which`-th one alone, where a file below `directory`
/// holds `bytes`: twice, and nothing has happened. How many places there are. Requires: no store is open there.
inline std::size_t flip_on_medium(const std::filesystem::path& directory, std::string_view bytes,
                                  std::size_t which = std::string::npos) {
  std::size_t places = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    in.close();
    for (std::size_t found = file.find(bytes, 1); found != std::string::npos; found = file.find(bytes, found + 1)) {
      if (which == std::string::npos || places == which) {
        std::fstream out(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
        out.seekp(static_cast<std::streamoff>(found - 1));
        out.put(static_cast<char>(file[found - 1] ^ 1));
      }
      ++places;
    }
  }
  return places;
}

[[nodiscard]] inline Region formed(Store& store, std::string_view name, std::string_view bytes,
                                   const RegionForm& form) {
  auto made = store.create_region({.name = name, .bytes = bytes_of_text(bytes), .form = form});
  if (!made) throw std::runtime_error(made.error().to_string());  // ends the test
  return std::move(*made);
}

/// What is read there; of a read that fails the name of its error.
[[nodiscard]] inline std::string read_of(const Region& region, std::uint64_t offset, std::size_t size_bytes) {
  std::string bytes(size_bytes, '?');
  const auto read = region.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  return read ? bytes : std::string(name(read.error().code));
}

[[nodiscard]] inline std::vector<Damage> damage_in(const Store& store) {
  auto report = store.verify();
  if (!report) throw std::runtime_error(report.error().to_string());  // ends the test
  return report->damage;
}

[[nodiscard]] inline Result<void> write_to(Region& region, std::uint64_t offset, std::string_view bytes,
                                           WriteOptions options = {}) {
  return region.write_at(offset, bytes_of_text(bytes), options);
}

[[nodiscard]] inline Result<void> update_to(Region& region, std::uint64_t offset, std::string_view bytes) {
  const RegionWrite write{offset, bytes_of_text(bytes)};
  return region.update({&write, 1});
}

/// Puts `bytes` into what a region is to hold.
inline void put(std::string& contents, std::size_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  if (offset + bytes.size() > contents.size()) contents.resize(offset + bytes.size(), '\0');
  contents.replace(offset, bytes.size(), bytes);
}

/// Stores as a processor does; where the view ends, so does it.
inline void store(const MutableRegionView& view, std::uint64_t offset, std::string_view bytes) {
  for (const auto& span : view.spans()) {
    if (offset >= span.size()) {
      offset -= span.size();
      continue;
    }
    const std::size_t piece = std::min<std::size_t>(bytes.size(), span.size() - offset);
    std::copy_n(bytes_of_text(bytes).data(), piece, span.data() + offset);
    bytes.remove_prefix(piece);
    offset = 0;
    if (bytes.empty()) return;
  }
}

[[nodiscard]] inline MutableRegionView mutable_view_of(Region& region, std::uint64_t offset, std::uint64_t size_bytes) {
  auto view = region.mutable_view(offset, size_bytes);
  if (!view) throw std::runtime_error(view.error().to_string());  // ends the test
  return std::move(*view);
}

}  // namespace holdfast::region_suites
