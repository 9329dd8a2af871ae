#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/format/layout.hpp"

namespace holdfast {

/// What a record says. The numbers are on media.
enum class RecordType : std::uint8_t {
  put = 1,
  erase = 2,
  batch_trailer = 3,
  slice_end = 4,
  catalog = 5,
  log_entry = 6,
};
inline constexpr RecordType kRecordTypeLast = RecordType::log_entry;

/// Versions of puts and erases stay below; an index keeps flags in the bits above.
inline constexpr std::uint64_t kVersionEnd = std::uint64_t{1} << 61;

/// The payload is a list of ValuePartDisk instead of the value itself.
inline constexpr std::uint8_t kRecordFlagValueParts = 0x01;
/// Of a batch trailer: the batch counts if the catalog says so.
inline constexpr std::uint8_t kRecordFlagCatalogDecides = 0x02;
/// Of a put or a log entry: the value, or what its parts hold together, is its size before and an LZ4 block.
inline constexpr std::uint8_t kRecordFlagCompressed = 0x04;
/// Of a put: an ExpiryDisk stands before the rest of the payload.
inline constexpr std::uint8_t kRecordFlagExpires = 0x08;
/// Of a log entry: a key of the caller's stands behind LogKeyDisk, which may be empty.
inline constexpr std::uint8_t kRecordFlagKeyed = 0x10;
/// Of a log entry with a key: it has no payload, and says that the key is gone.
inline constexpr std::uint8_t kRecordFlagErasesKey = 0x20;
inline constexpr std::uint8_t kRecordFlagsKnown = kRecordFlagValueParts | kRecordFlagCatalogDecides |
                                                  kRecordFlagCompressed | kRecordFlagExpires | kRecordFlagKeyed |
                                                  kRecordFlagErasesKey;

/// docs/format.md "Record": header, key, payload, zero padding. Proves itself by two checks: the
/// header's own (so a damaged length is seen before it is followed) and XXH3-64 over everything.
struct RecordHeaderDisk {
  std::uint32_t header_check;  ///< Low half of XXH3-64 of everything behind it in the header.
  std::uint8_t type;
  std::uint8_t flags;
  std::uint16_t key_size_bytes;
  std::uint32_t payload_size_bytes;
  std::uint32_t padded_size_bytes;  ///< Distance to the next record; a multiple of 8.
  std::uint32_t sequence;           ///< 0, 1, 2, ... in the slice.
  std::uint32_t watermark;          ///< Offset in the segment below which this slice was durable and committed.
  std::uint64_t version;            ///< put, erase: a rising number of the store; log_entry: its id; slice_end: the next.
  std::uint64_t batch;              ///< Number of the batch; 0: stands alone.
  std::uint64_t content_check;      ///< XXH3-64 of key and payload, seeded by XXH3-64 of the header from type to batch.
};
static_assert(sizeof(RecordHeaderDisk) == 48 && kIsDiskType<RecordHeaderDisk>);
static_assert(offsetof(RecordHeaderDisk, sequence) == 16 && offsetof(RecordHeaderDisk, version) == 24);
static_assert(offsetof(RecordHeaderDisk, content_check) == 40);

/// Key of a log entry, or its begin: see kRecordFlagKeyed.
struct LogKeyDisk {
  std::uint64_t timestamp_us;  ///< When it was appended: microseconds since 1970, UTC.
};
static_assert(sizeof(LogKeyDisk) == 8 && kIsDiskType<LogKeyDisk>);

/// The timestamp in a log entry's key; 0 if the key is too short to be one.
[[nodiscard]] std::uint64_t log_timestamp_us(std::string_view key) noexcept;

/// Payload of a batch trailer.
struct BatchTrailerDisk {
  std::uint64_t count;      ///< Members, the trailer not counted.
  std::uint64_t check_sum;  ///< Sum of the members' content checks, modulo 2^64.
};
static_assert(sizeof(BatchTrailerDisk) == 16 && kIsDiskType<BatchTrailerDisk>);

/// One extent of a value that is too large for a segment.
struct ValuePartDisk {
  std::uint64_t segment_id;  ///< The catalog knows where it lies.
  std::uint64_t size_bytes;  ///< Bytes of the value in it.
  std::uint64_t check;       ///< XXH3-64 of them, seeded by secret and segment id.
};
static_assert(sizeof(ValuePartDisk) == 24 && kIsDiskType<ValuePartDisk>);

/// Before the rest of a payload: when its key is gone.
struct ExpiryDisk {
  std::uint64_t time_us;  ///< Microseconds since 1970, UTC.
};
static_assert(sizeof(ExpiryDisk) == 8 && kIsDiskType<ExpiryDisk>);

/// Times, of expiry and of clocks, are not above.
inline constexpr std::uint64_t kTimeUsMax = std::uint64_t{1} << 60;

/// Before an LZ4 block: what it unpacks to.
struct CompressedValueDisk {
  std::uint64_t size_bytes;
};
static_assert(sizeof(CompressedValueDisk) == 8 && kIsDiskType<CompressedValueDisk>);

/// A record that is about to be written. Lifetime: key and payload are the caller's.
struct RecordDraft {
  RecordType type{};
  std::uint8_t flags = 0;
  std::uint64_t version = 0;
  std::uint64_t batch = 0;
  std::string_view key{};
  std::string_view payload{};
};

/// Where in its slice a record goes.
struct RecordPlace {
  std::uint64_t seed = 0;  ///< place_seed()
  std::uint32_t sequence = 0;
  std::uint32_t watermark = 0;
  std::uint32_t padded_size_bytes = 0;
};

/// A record that has proved itself. Lifetime: key and payload point into the medium's map.
struct RecordView {
  RecordHeaderDisk header{};
  std::string_view key;
  std::string_view payload;
  [[nodiscard]] RecordType type() const noexcept { return static_cast<RecordType>(header.type); }
};

/// Length on media of a record, rounded up to `alignment`.
[[nodiscard]] constexpr std::uint64_t padded_record_size(std::uint64_t key_size_bytes, std::uint64_t payload_size_bytes,
                                                         std::uint64_t alignment) noexcept {
  return round_up(sizeof(RecordHeaderDisk) + key_size_bytes + payload_size_bytes, alignment);
}

/// The header of `draft` at `place`, key and payload hashed where they are (for large payloads).
[[nodiscard]] RecordHeaderDisk make_record_header(const RecordDraft& draft, const RecordPlace& place) noexcept;

/// Writes the whole record into `buffer` of padded_size_bytes and returns its header.
RecordHeaderDisk encode_record(const RecordDraft& draft, const RecordPlace& place, std::span<std::byte> buffer) noexcept;

/// Reads the header at the begin of `bytes` (which end where the record's slice ends). Nothing, if it
/// does not prove itself or claims more bytes than there are.
[[nodiscard]] std::optional<RecordHeaderDisk> read_record_header(std::span<const std::byte> bytes,
                                                                 std::uint64_t seed) noexcept;

/// Whether key and payload behind `header` prove themselves.
[[nodiscard]] bool content_matches(const RecordHeaderDisk& header, std::span<const std::byte> bytes,
                                   std::uint64_t seed) noexcept;

/// Key and payload behind a header that read_record_header() accepted.
[[nodiscard]] RecordView view_record(const RecordHeaderDisk& header, std::span<const std::byte> bytes) noexcept;

}  // namespace holdfast
