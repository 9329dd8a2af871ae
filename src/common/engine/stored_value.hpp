#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <holdfast/error.hpp>

#include "common/engine/engine.hpp"

namespace holdfast {

// What a record holds of a value. The payload of a put or a log entry, from its front on, by its flags:
//
//   Expires     8 bytes, when the key expires (ExpiryDisk)
//   ValueParts  the list of the extents that hold the rest together; else the rest itself
//   Compressed  the rest is the value's size (CompressedValueDisk) and an LZ4 block of it; else the value
//
// Log entries do not expire. Everybody who writes such a record makes it of a StoredValue, and everybody who reads one asks
// here.

/// Larger values are not compressed: LZ4's own limit lies not far above.
inline constexpr std::uint64_t kCompressedValueSizeBytesMax = std::uint64_t{1} << 30;

/// How a value is to be stored.
struct ValueTerms {
  std::uint64_t compress_above_bytes = 0;  ///< 0: never.
  std::optional<std::uint64_t> expires_us{};
};

/// What goes into a record: of an erase nothing, of a value its bytes where the caller has them, or bytes of its own.
class StoredValue {
 public:
  [[nodiscard]] static StoredValue erase() noexcept { return StoredValue(RecordType::erase, 0, {}); }
  [[nodiscard]] static StoredValue plain(std::string_view value) noexcept {
    return StoredValue(RecordType::put, 0, value);
  }
  StoredValue(std::uint8_t flags, std::vector<std::byte> owned) noexcept
      : type_(RecordType::put),
        flags_(flags),
        owned_(std::move(owned)),
        payload_(reinterpret_cast<const char*>(owned_.data()), owned_.size()) {}  // bytes as text
  StoredValue(StoredValue&&) noexcept = default;  // a vector's bytes stay where they are
  StoredValue& operator=(StoredValue&&) noexcept = default;
  StoredValue(const StoredValue&) = delete;
  StoredValue& operator=(const StoredValue&) = delete;
  ~StoredValue() = default;

  [[nodiscard]] RecordType type() const noexcept { return type_; }
  [[nodiscard]] std::uint8_t flags() const noexcept { return flags_; }
  /// Lifetime: this one's, and the caller's value's.
  [[nodiscard]] std::string_view payload() const noexcept { return payload_; }

 private:
  StoredValue(RecordType type, std::uint8_t flags, std::string_view payload) noexcept
      : type_(type), flags_(flags), payload_(payload) {}

  RecordType type_;
  std::uint8_t flags_;
  std::vector<std::byte> owned_;
  std::string_view payload_;
};

/// The same for a value that is to be compressed, if that saves room, or expires.
[[nodiscard]] StoredValue make_stored_value(std::string_view value, const ValueTerms& terms);

[[nodiscard]] inline StoredValue stored_value(std::string_view value, const ValueTerms& terms) {
  const bool is_large = terms.compress_above_bytes != 0 && value.size() > terms.compress_above_bytes;
  return is_large || terms.expires_us ? make_stored_value(value, terms) : StoredValue::plain(value);
}

/// When the key of a put record expires; nothing: it does not. Errors: corruption.
[[nodiscard]] Result<std::optional<std::uint64_t>> expiry_of(const Engine& engine, Location location,
                                                             const RecordView& record);

/// Whether a record's value lies in it as it is.
[[nodiscard]] inline bool is_in_place(const RecordView& record) noexcept {
  return (record.header.flags & (kRecordFlagValueParts | kRecordFlagCompressed)) == 0;
}

[[nodiscard]] inline bool is_compressed(const RecordView& record) noexcept {
  return (record.header.flags & kRecordFlagCompressed) != 0;
}

/// That value, where it lies. Requires: is_in_place(). Errors: corruption. Lifetime: the record's.
[[nodiscard]] Result<std::string_view> value_in_place(const Engine& engine, Location location,
                                                      const RecordView& record);

/// The extents in which what is stored of a value lies. Requires: it is in parts. Errors: corruption.
[[nodiscard]] Result<std::vector<ValuePiece>> pieces_of(const Engine& engine, Location location,
                                                        const RecordView& record, bool verify);

/// A compressed value into `buffer`, as far as it reaches; its size. Errors: corruption.
[[nodiscard]] Result<std::uint64_t> read_compressed_into(const Engine& engine, Location location,
                                                         const RecordView& record, bool verify,
                                                         std::span<char> buffer);

/// A record's value, whatever it takes. Errors: corruption.
[[nodiscard]] Result<std::string> read_value(const Engine& engine, Location location, const RecordView& record,
                                             bool verify);

}  // namespace holdfast
