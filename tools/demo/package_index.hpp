#pragma once

#include <cstdint>
#include <filesystem>
#include <holdfast/error.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::demo {

/// One control stanza of a Debian package index.
struct PackageRecord {
  std::string key;          ///< "Package:Architecture=Version"
  std::string_view stanza;  ///< Into PackageIndex::text.
};

/// The source of truth of the demo: what the store must hold, byte for byte, in this order.
class PackageIndex {
 public:
  /// Reads a file of control stanzas, divided by empty lines. Errors: io, invalid_argument (a stanza
  /// without Package, Architecture or Version), not_found (no stanza at all).
  [[nodiscard]] static Result<PackageIndex> read(const std::filesystem::path& path);

  PackageIndex(PackageIndex&&) = default;
  PackageIndex& operator=(PackageIndex&&) = delete;

  [[nodiscard]] const std::vector<PackageRecord>& records() const noexcept { return records_; }

  /// Numbers of the records under each key, rising: a later record replaces an earlier one.
  [[nodiscard]] const std::unordered_map<std::string_view, std::vector<std::uint32_t>>& by_key()
      const noexcept {
    return by_key_;
  }

  /// Bytes of all keys.
  [[nodiscard]] std::uint64_t key_size_bytes() const noexcept { return key_size_bytes_; }

  /// Bytes of all stanzas.
  [[nodiscard]] std::uint64_t stanza_size_bytes() const noexcept { return stanza_size_bytes_; }

 private:
  PackageIndex() = default;

  std::vector<char> text_;  // a vector: its bytes stay where they are when it is moved
  std::vector<PackageRecord> records_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_key_;
  std::uint64_t key_size_bytes_ = 0;
  std::uint64_t stanza_size_bytes_ = 0;
};

/// Writes what `apt-cache dumpavail` prints to `path`. Errors: io, not_found (no index on this machine).
[[nodiscard]] Result<void> save_package_index(const std::filesystem::path& path);

}  // namespace holdfast::demo
