#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/check.hpp"
#include "common/engine/stored_value.hpp"
#include "log/entry_key.hpp"
#include "log/log_stream.hpp"

namespace holdfast::log {

/// Records for streams of one store, made ready for one write, with all that its entries refer to but the payloads.
/// Threads: one.
class EntryBatch {
 public:
  /// For `count_max` records.
  explicit EntryBatch(std::size_t count_max) {
    parts_.reserve(count_max);  // entries refer to them
    entries_.reserve(count_max);
  }
  EntryBatch(const EntryBatch&) = delete;
  EntryBatch& operator=(const EntryBatch&) = delete;

  /// Lifetime: the payload's is the batch's; the key is copied.
  void add(LogStream& stream, std::uint64_t timestamp_us, const std::optional<std::string_view>& key,
           std::string_view payload, bool erases_key = false) {
    HOLDFAST_CHECK(parts_.size() < parts_.capacity());
    const Parts& parts = parts_.emplace_back(EntryKey(timestamp_us, key), stream.store(payload));
    entries_.push_back(stream.entry(parts.key, parts.stored, erases_key ? kRecordFlagErasesKey : std::uint8_t{0}));
  }

  /// In the order in which they were added; a write gives them their ids. Lifetime: the batch's.
  [[nodiscard]] std::span<WriteEntry> entries() noexcept { return entries_; }

 private:
  struct Parts {
    Parts(EntryKey of_key, StoredValue of_stored) noexcept : key(std::move(of_key)), stored(std::move(of_stored)) {}
    EntryKey key;
    StoredValue stored;
  };
  std::vector<Parts> parts_;
  std::vector<WriteEntry> entries_;
};

}  // namespace holdfast::log
