#include "common/engine/stored_value.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "common/base/compression.hpp"
#include "common/base/success.hpp"
#include "common/engine/value_parts.hpp"

namespace holdfast {
namespace {

// No LZ4 block unpacks to more for each of its bytes.
constexpr std::uint64_t kUnpackedBytesMax = 255;

Unexpected malformed(const Engine& engine, Location location, std::string what, std::string expected,
                     std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = std::move(what),
                          .path = std::string(engine.storage().path()),
                          .offset = engine.store_offset(location),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

template <class Disk>
void put_at(std::vector<std::byte>& bytes, std::size_t offset, const Disk& disk) noexcept {
  std::memcpy(bytes.data() + offset, &disk, sizeof disk);
}

std::span<const std::byte> bytes_of_text(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// What stands behind the time of expiry.
Result<std::string_view> behind_expiry(const Engine& engine, Location location, const RecordView& record) {
  const auto taken = take_expiry(record.header.flags, record.payload);
  if (taken) return taken->rest;
  return malformed(engine, location, "a record's time of expiry is malformed", "8 bytes, at most 2^60 us",
                   std::to_string(record.payload.size()) + " bytes");
}

Result<std::uint64_t> unpacked_size(const Engine& engine, Location location, std::string_view stored) {
  CompressedValueDisk front{};
  const bool has_front = stored.size() > sizeof front;
  if (has_front) std::memcpy(&front, stored.data(), sizeof front);
  // Before memory is taken for it.
  const std::uint64_t size_max =
      has_front ? std::min(kCompressedValueSizeBytesMax, (stored.size() - sizeof front) * kUnpackedBytesMax) : 0;
  if (!has_front || front.size_bytes > size_max)
    return malformed(engine, location, "the size of a compressed value is not possible",
                     "at most " + std::to_string(size_max) + " bytes", std::to_string(front.size_bytes));
  return front.size_bytes;
}

/// Fills `value`, whose size is that of the value.
Result<void> unpack_to(const Engine& engine, Location location, std::string_view stored, std::span<char> value) {
  const std::span<std::byte> bytes{reinterpret_cast<std::byte*>(value.data()), value.size()};  // text as bytes
  if (decompress(bytes_of_text(stored.substr(sizeof(CompressedValueDisk))), bytes)) return success();
  return malformed(engine, location, "a compressed value does not unpack",
                   "an LZ4 block of " + std::to_string(value.size()) + " bytes", "another");
}

Result<std::string> unpack(const Engine& engine, Location location, std::string_view stored) {
  const auto size = unpacked_size(engine, location, stored);
  if (!size) return Unexpected(size.error());
  std::string value(*size, '\0');
  if (auto unpacked = unpack_to(engine, location, stored, value); !unpacked) return Unexpected(unpacked.error());
  return value;
}

/// What `use(stored)` answers for the stored bytes of a value, wherever they lie.
template <class Use>
auto with_stored(const Engine& engine, Location location, const RecordView& record, bool verify, const Use& use)
    -> decltype(use(std::string_view())) {
  if ((record.header.flags & kRecordFlagValueParts) == 0) {
    const auto stored = behind_expiry(engine, location, record);
    return stored ? use(*stored) : Unexpected(stored.error());
  }
  const auto gathered = engine.read_value(record, verify);
  return gathered ? use(std::string_view(*gathered)) : Unexpected(gathered.error());
}

}  // namespace

StoredValue make_stored_value(std::string_view value, const ValueTerms& terms) {
  const std::size_t time_size = terms.expires_us ? sizeof(ExpiryDisk) : 0;
  std::vector<std::byte> bytes;
  std::uint8_t flags = terms.expires_us ? kRecordFlagExpires : 0;
  const bool tries = terms.compress_above_bytes != 0 && value.size() > terms.compress_above_bytes &&
                     value.size() <= kCompressedValueSizeBytesMax;
  if (tries && compress_behind(bytes_of_text(value), time_size + sizeof(CompressedValueDisk),
                               time_size + value.size(), bytes)) {
    put_at(bytes, time_size, CompressedValueDisk{value.size()});
    flags |= kRecordFlagCompressed;
  } else if (flags == 0) {
    return StoredValue::plain(value);
  } else {
    bytes.resize(time_size + value.size());
    if (!value.empty()) std::memcpy(bytes.data() + time_size, value.data(), value.size());
  }
  if (terms.expires_us) put_at(bytes, 0, ExpiryDisk{*terms.expires_us});
  return {flags, std::move(bytes)};
}

Result<std::optional<std::uint64_t>> expiry_of(const Engine& engine, Location location, const RecordView& record) {
  if ((record.header.flags & kRecordFlagExpires) == 0) return std::nullopt;
  if (auto behind = behind_expiry(engine, location, record); !behind) return Unexpected(behind.error());
  return take_expiry(record.header.flags, record.payload)->expires_us;
}

Result<std::string_view> value_in_place(const Engine& engine, Location location, const RecordView& record) {
  if (record.header.flags == 0) return record.payload;
  return behind_expiry(engine, location, record);
}

Result<std::vector<ValuePiece>> pieces_of(const Engine& engine, Location location, const RecordView& record,
                                          bool verify) {
  const auto list = behind_expiry(engine, location, record);
  if (!list) return Unexpected(list.error());
  return engine.value_pieces(*list, verify);
}

// Straight into a buffer that is large enough; a smaller one gets the begin of a copy.
Result<std::uint64_t> read_compressed_into(const Engine& engine, Location location, const RecordView& record,
                                           bool verify, std::span<char> buffer) {
  return with_stored(engine, location, record, verify, [&](std::string_view stored) -> Result<std::uint64_t> {
    const auto size = unpacked_size(engine, location, stored);
    if (!size) return size;
    if (*size <= buffer.size()) {
      auto unpacked = unpack_to(engine, location, stored, buffer.first(*size));
      if (!unpacked) return Unexpected(unpacked.error());
      return size;
    }
    const auto value = unpack(engine, location, stored);
    if (!value) return Unexpected(value.error());
    std::copy_n(value->data(), buffer.size(), buffer.data());
    return size;
  });
}

Result<std::string> read_value(const Engine& engine, Location location, const RecordView& record, bool verify) {
  if (record.header.flags == 0) return std::string(record.payload);
  if (!is_compressed(record)) {
    if (auto behind = behind_expiry(engine, location, record); !behind) return Unexpected(behind.error());
    return engine.read_value(record, verify);
  }
  return with_stored(engine, location, record, verify,
                     [&](std::string_view stored) { return unpack(engine, location, stored); });
}

}  // namespace holdfast
