#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "contract/storage_test_support.hpp"

namespace holdfast {

/// How Store::open is asked for the medium of a row.
[[nodiscard]] inline Backend backend_of(BackendRow row) {
  if (row->name == "memory") return Backend::memory;
  return row->name == "pmem" ? Backend::pmem : Backend::file;
}

inline constexpr WriteOptions kBuffered{.durability = Durability::buffered};

inline std::span<const std::byte> bytes_of_text(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Text of `size` bytes that differs by seed.
[[nodiscard]] std::string text_of(std::size_t size, unsigned seed);

/// What a store of all facades must hold: what was acknowledged, and what a failed call may have left.
///
/// A call that has failed may have happened or not, also behind a later open; a call that was acknowledged
/// has happened.
class Expected {
 public:
  void put(const std::string& key, const std::string& value, bool acknowledged);
  void erase(const std::string& key, bool acknowledged);
  void append(LogId id, const std::string& payload);
  void failed_append(const std::string& payload) { maybe_appended_.insert(payload); }
  void write_region(std::uint64_t offset, const std::string& bytes, bool acknowledged);

  /// Everything must be in `store`: the spaces "keys", "log" and, if anything was written to it, the region
  /// "bytes".
  void check(Store& store) const;

  /// What reads of an open store must say, whatever has failed: for each key one of its possible values.
  void check_keys(const Kv& keys) const;

  [[nodiscard]] std::uint64_t acknowledged() const noexcept { return acknowledged_; }

 private:
  using Value = std::optional<std::string>;  // nothing: absent
  void check_log(const Log& log) const;
  void check_region(const Region& region) const;

  std::map<std::string, std::vector<Value>> keys_;  // all values that a key may have
  std::map<LogId, std::string> appended_;
  std::set<std::string> maybe_appended_;
  struct RegionWrite {
    std::uint64_t offset;
    std::string bytes;
    std::uint64_t number;
  };
  [[nodiscard]] bool may_hold(std::uint64_t offset, char byte) const;

  std::string region_;                             // as the acknowledged writes have left it
  std::vector<std::uint64_t> region_numbers_;      // of the write that each byte of it comes from; 0: a gap
  std::vector<RegionWrite> region_writes_failed_;  // any byte of them may be there, over what is older
  std::uint64_t region_writes_ = 0;
  std::uint64_t acknowledged_ = 0;
};

}  // namespace holdfast
