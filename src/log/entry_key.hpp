#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/log.hpp>

#include "common/format/record.hpp"

namespace holdfast::log {

static_assert(kLogKeySizeBytesMax + sizeof(LogKeyDisk) == 0xFFFF && kLogTimestampUsMax == kTimeUsMax);

/// The key of an entry's record: its timestamp and, behind it, the caller's key if there is one.
/// Threads: one.
class EntryKey {
 public:
  EntryKey(std::uint64_t timestamp_us, const std::optional<std::string_view>& key) : disk_{timestamp_us} {
    if (!key) return;
    keyed_.reserve(sizeof disk_ + key->size());
    keyed_.append(own_bytes()).append(*key);
  }

  /// Lifetime: this one's, where it is.
  [[nodiscard]] std::string_view bytes() const noexcept { return keyed_.empty() ? own_bytes() : keyed_; }
  [[nodiscard]] std::uint8_t flags() const noexcept { return keyed_.empty() ? 0 : kRecordFlagKeyed; }

 private:
  [[nodiscard]] std::string_view own_bytes() const noexcept {
    return {reinterpret_cast<const char*>(&disk_), sizeof disk_};  // bytes as text
  }

  LogKeyDisk disk_;
  std::string keyed_;  // both together
};

/// Whether the record's key can be that of an entry.
[[nodiscard]] inline bool is_entry(const RecordView& record) noexcept {
  if (record.type() != RecordType::log_entry) return false;
  const bool is_keyed = (record.header.flags & kRecordFlagKeyed) != 0;
  return is_keyed ? record.key.size() >= sizeof(LogKeyDisk) : record.key.size() == sizeof(LogKeyDisk);
}

/// The caller's key. Requires: is_entry(). Lifetime: the record's.
[[nodiscard]] inline std::optional<std::string_view> key_of(const RecordView& record) noexcept {
  if ((record.header.flags & kRecordFlagKeyed) == 0) return std::nullopt;
  return record.key.substr(sizeof(LogKeyDisk));
}

}  // namespace holdfast::log
