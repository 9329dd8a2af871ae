#include "kv_stream/stream_reader.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "common/base/checksum.hpp"

namespace holdfast::kv_stream {
namespace {

// Memory is taken as bytes come: a header may claim what is not there.
constexpr std::uint64_t kStepSizeBytes = std::uint64_t{1} << 20;

std::string hex(std::uint64_t value) {
  char text[19];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(value));
  return text;
}

Unexpected refuse(ErrorCode code, std::string message, std::uint64_t offset, std::string expected,
                  std::string found) {
  return Unexpected(Error{.code = code,
                          .message = std::move(message),
                          .path = {},
                          .offset = offset,
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

Unexpected damaged(std::string message, std::uint64_t offset, std::string expected, std::string found) {
  return refuse(ErrorCode::corruption, std::move(message), offset, std::move(expected), std::move(found));
}

Unexpected unknown(std::string message, std::uint64_t offset, std::string expected, std::string found) {
  return refuse(ErrorCode::version_mismatch, std::move(message), offset, std::move(expected),
                std::move(found));
}

std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // bytes as text
}

}  // namespace

Result<void> StreamReader::begin() {
  KvStreamHeaderDisk header{};
  auto bytes = std::as_writable_bytes(std::span(&header, 1));
  const auto size = read(bytes);
  if (!size) return Unexpected(size.error());
  if (*size < sizeof header.magic || header.magic != kKvStreamMagic)
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "not a key-value stream"});
  if (*size < sizeof header)
    return damaged("the stream ends inside its header", *size, std::to_string(sizeof header) + " bytes",
                   std::to_string(*size));
  // Of a newer version nothing else is known.
  if (header.version > kKvStreamVersion)
    return unknown("the stream is of a newer version", offsetof(KvStreamHeaderDisk, version),
                   "version " + std::to_string(kKvStreamVersion),
                   "version " + std::to_string(header.version));
  if (const std::uint64_t check = check_of(header); header.check != check)
    return damaged("the stream's header fails its checksum", offsetof(KvStreamHeaderDisk, check), hex(check),
                   hex(header.check));
  if (header.version == 0 || header.reserved_32 != 0)
    return damaged("the stream's header makes no sense", offsetof(KvStreamHeaderDisk, version),
                   "version 1, 0",
                   "version " + std::to_string(header.version) + ", " + std::to_string(header.reserved_32));
  std::copy(std::begin(header.id), std::end(header.id), id_.begin());
  entries_expected_ = header.entries_expected == kEntriesNotKnown ? 0 : header.entries_expected;
  check_ = header.check;
  offset_ = position_;
  return {};
}

Result<void> StreamReader::skip_to(const KvImportMark& mark) {
  if (buffer_size_bytes_ < kStepSizeBytes) {
    buffer_ = std::make_unique_for_overwrite<std::byte[]>(kStepSizeBytes);
    buffer_size_bytes_ = kStepSizeBytes;
  }
  while (position_ < mark.offset) {
    const auto step = std::min(mark.offset - position_, kStepSizeBytes);
    if (auto passed = read_all({buffer_.get(), step}); !passed) return passed;
  }
  has_skipped_to(mark);
  return {};
}

void StreamReader::has_skipped_to(const KvImportMark& mark) noexcept {
  position_ = offset_ = mark.offset;
  entries_ = mark.entries;
  check_ = mark.check;
}

Result<bool> StreamReader::next_block() {
  KvBlockHeaderDisk header{};
  if (auto filled = read_all(std::as_writable_bytes(std::span(&header, 1))); !filled)
    return Unexpected(filled.error());
  if (header.magic != kKvBlockMagic && header.magic != kKvEndMagic)
    return damaged("no block of the stream where one should be", offset_, hex(kKvBlockMagic),
                   hex(header.magic));
  if (const std::uint64_t check = check_of(header, check_); header.check != check)
    return damaged("a block's header fails its checksum, or is not the one that follows", offset_, hex(check),
                   hex(header.check));
  if (auto valid = validate(header, entries_, offset_); !valid) return Unexpected(valid.error());
  if (header.magic == kKvEndMagic) {
    if (auto ended = expect_end(); !ended) return Unexpected(ended.error());
    offset_ = position_;
    return false;
  }
  content_offset_ = position_;
  if (auto filled = read_content(header.size_bytes); !filled) return Unexpected(filled.error());
  content_ = {buffer_.get(), header.size_bytes};
  if (const std::uint64_t check = checksum(content_, 0); header.content_check != check)
    return damaged("the entries of a block fail their checksum", content_offset_, hex(header.content_check),
                   hex(check));
  if (auto valid = check_entries(header.entries); !valid) return Unexpected(valid.error());
  entries_ += header.entries;
  offset_ = position_;
  check_ = header.check;
  return true;
}

// Every entry is looked at before the first one is given out: of a block that makes no sense none is stored.
Result<void> StreamReader::check_entries(std::uint64_t count) {
  const auto whole = content_;
  const std::uint64_t offset = content_offset_;
  for (std::uint64_t i = 0; i < count; ++i)
    if (const auto entry = take_entry(); !entry) return Unexpected(entry.error());
  if (!content_.empty())
    return damaged("bytes behind the entries of a block", content_offset_, "0",
                   std::to_string(content_.size()));
  content_ = whole;
  content_offset_ = offset;
  return {};
}

std::optional<StreamEntry> StreamReader::next_entry() {
  if (content_.empty()) return std::nullopt;
  return *take_entry();  // they have all been looked at
}

Result<StreamEntry> StreamReader::take_entry() {
  KvStreamEntryDisk entry{};
  if (content_.size() < sizeof entry)
    return damaged("an entry ends behind its block", content_offset_, std::to_string(sizeof entry) + " bytes",
                   std::to_string(content_.size()));
  std::memcpy(&entry, content_.data(), sizeof entry);
  if ((entry.flags & ~kKvEntryExpires) != 0 || entry.reserved_8 != 0)
    return unknown("an entry of a kind that this version does not know", content_offset_,
                   "flags 0 or " + std::to_string(kKvEntryExpires),
                   "flags " + std::to_string(entry.flags) + ", " + std::to_string(entry.reserved_8));
  const bool expires = (entry.flags & kKvEntryExpires) != 0;
  if (!expires && entry.expires_us != 0)
    return damaged("an entry that does not expire has a time", content_offset_, "0",
                   std::to_string(entry.expires_us));
  if (entry.expires_us > kExpiresAtUsMax)
    return damaged("an entry has a time that no store could have held", content_offset_,
                   "at most " + std::to_string(kExpiresAtUsMax), std::to_string(entry.expires_us));
  const std::uint64_t size_bytes = entry_size_bytes(entry.key_size_bytes, entry.value_size_bytes);
  if (entry.key_size_bytes == 0 || size_bytes > content_.size())
    return damaged(
        "an entry of an impossible size", content_offset_,
        "a key, and " + std::to_string(content_.size()) + " bytes at most",
        std::to_string(entry.key_size_bytes) + " and " + std::to_string(entry.value_size_bytes) + " bytes");
  StreamEntry found{
      .key = text_of(content_.subspan(sizeof entry, entry.key_size_bytes)),
      .value = text_of(content_.subspan(sizeof entry + entry.key_size_bytes, entry.value_size_bytes))};
  if (expires) found.expires_us = entry.expires_us;
  content_ = content_.subspan(size_bytes);
  content_offset_ += size_bytes;
  return found;
}

Result<std::uint64_t> StreamReader::read(std::span<std::byte> bytes) {
  std::uint64_t done = 0;
  while (done < bytes.size()) {
    const auto size = source_(bytes.subspan(done));
    if (!size) return Unexpected(size.error());
    if (*size == 0) break;
    if (*size > bytes.size() - done)
      return Unexpected(
          Error{.code = ErrorCode::invalid_argument, .message = "the source gave more than was asked for"});
    done += *size;
  }
  position_ += done;
  return done;
}

Result<void> StreamReader::read_all(std::span<std::byte> bytes) {
  const auto size = read(bytes);
  if (!size) return Unexpected(size.error());
  if (*size == bytes.size()) return {};
  return damaged("the stream ends before its end", position_, std::to_string(bytes.size()) + " bytes",
                 std::to_string(*size));
}

Result<void> StreamReader::read_content(std::uint64_t size_bytes) {
  std::uint64_t done = 0;
  while (done < size_bytes) {
    if (buffer_size_bytes_ < size_bytes && done == buffer_size_bytes_) {
      const std::uint64_t larger_size_bytes =
          std::min(size_bytes, std::max(kStepSizeBytes, 2 * buffer_size_bytes_));
      auto larger = std::make_unique_for_overwrite<std::byte[]>(larger_size_bytes);
      std::copy_n(buffer_.get(), done, larger.get());
      buffer_ = std::move(larger);
      buffer_size_bytes_ = larger_size_bytes;
    }
    const std::uint64_t step = std::min(size_bytes, buffer_size_bytes_) - done;
    if (auto filled = read_all({buffer_.get() + done, step}); !filled) return filled;
    done += step;
  }
  return {};
}

Result<void> StreamReader::expect_end() {
  std::byte more{};
  const auto size = read({&more, 1});
  if (!size) return Unexpected(size.error());
  if (*size == 0) return {};
  return damaged("bytes behind the stream's end", position_ - 1, "nothing", "more");
}

}  // namespace holdfast::kv_stream
