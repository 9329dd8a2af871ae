#include "common/format/record.hpp"

#include <cstring>

#include "common/base/checksum.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace holdfast {
namespace {

constexpr std::size_t kHeaderCheckStart = sizeof(RecordHeaderDisk::header_check);
constexpr std::size_t kContentCheckStart = offsetof(RecordHeaderDisk, content_check);

// The library's function in place and not by checksum(): lengths known here cost half of what others do.
std::uint32_t header_check(const RecordHeaderDisk& header, std::uint64_t seed) noexcept {
  const std::byte* const start = bytes_of(header).data() + kHeaderCheckStart;
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(start, sizeof header - kHeaderCheckStart, seed));
}

std::uint64_t content_seed(const RecordHeaderDisk& header, std::uint64_t seed) noexcept {
  const std::byte* const start = bytes_of(header).data() + kHeaderCheckStart;
  return XXH3_64bits_withSeed(start, kContentCheckStart - kHeaderCheckStart, seed);
}

RecordHeaderDisk header_without_checks(const RecordDraft& draft, const RecordPlace& place) noexcept {
  RecordHeaderDisk header{};
  header.type = static_cast<std::uint8_t>(draft.type);
  header.flags = draft.flags;
  header.key_size_bytes = static_cast<std::uint16_t>(draft.key.size());
  header.payload_size_bytes = static_cast<std::uint32_t>(draft.payload.size());
  header.padded_size_bytes = place.padded_size_bytes;
  header.sequence = place.sequence;
  header.watermark = place.watermark;
  header.version = draft.version;
  header.batch = draft.batch;
  return header;
}

std::uint64_t hash_pieces(std::string_view key, std::string_view payload, std::uint64_t seed) noexcept {
  XXH3_state_t state;
  XXH3_INITSTATE(&state);  // reset reads both fields: leftovers on the stack could keep a stale secret
  state.extSecret = nullptr;
  XXH3_64bits_reset_withSeed(&state, seed);
  XXH3_64bits_update(&state, key.data(), key.size());
  XXH3_64bits_update(&state, payload.data(), payload.size());
  return XXH3_64bits_digest(&state);
}

}  // namespace

RecordHeaderDisk make_record_header(const RecordDraft& draft, const RecordPlace& place) noexcept {
  RecordHeaderDisk header = header_without_checks(draft, place);
  header.content_check = hash_pieces(draft.key, draft.payload, content_seed(header, place.seed));
  header.header_check = header_check(header, place.seed);
  return header;
}

RecordHeaderDisk encode_record(const RecordDraft& draft, const RecordPlace& place,
                               std::span<std::byte> buffer) noexcept {
  RecordHeaderDisk header = header_without_checks(draft, place);
  std::byte* const content = buffer.data() + sizeof header;
  const std::size_t content_size = draft.key.size() + draft.payload.size();
  if (!draft.key.empty()) std::memcpy(content, draft.key.data(), draft.key.size());
  if (!draft.payload.empty()) std::memcpy(content + draft.key.size(), draft.payload.data(), draft.payload.size());
  std::memset(content + content_size, 0, buffer.size() - sizeof header - content_size);
  header.content_check = checksum({content, content_size}, content_seed(header, place.seed));
  header.header_check = header_check(header, place.seed);
  std::memcpy(buffer.data(), &header, sizeof header);
  return header;
}

std::optional<RecordHeaderDisk> read_record_header(std::span<const std::byte> bytes, std::uint64_t seed) noexcept {
  RecordHeaderDisk header;
  if (bytes.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.type < static_cast<std::uint8_t>(RecordType::put) ||
      header.type > static_cast<std::uint8_t>(kRecordTypeLast) || (header.flags & ~kRecordFlagsKnown) != 0)
    return std::nullopt;
  if (header.padded_size_bytes % kRecordAlignmentMin != 0 || header.padded_size_bytes > bytes.size() ||
      header.padded_size_bytes < sizeof header + std::uint64_t{header.key_size_bytes} + header.payload_size_bytes)
    return std::nullopt;
  if (header.header_check != header_check(header, seed)) return std::nullopt;
  return header;
}

bool content_matches(const RecordHeaderDisk& header, std::span<const std::byte> bytes, std::uint64_t seed) noexcept {
  const auto content = bytes.subspan(sizeof header, std::size_t{header.key_size_bytes} + header.payload_size_bytes);
  return header.content_check == checksum(content, content_seed(header, seed));
}

std::uint64_t log_timestamp_us(std::string_view key) noexcept {
  LogKeyDisk disk{};
  if (key.size() >= sizeof disk) std::memcpy(&disk, key.data(), sizeof disk);
  return disk.timestamp_us;
}

RecordView view_record(const RecordHeaderDisk& header, std::span<const std::byte> bytes) noexcept {
  const char* const content = reinterpret_cast<const char*>(bytes.data() + sizeof header);  // bytes as text
  return RecordView{.header = header,
                    .key = {content, header.key_size_bytes},
                    .payload = {content + header.key_size_bytes, header.payload_size_bytes}};
}

}  // namespace holdfast
