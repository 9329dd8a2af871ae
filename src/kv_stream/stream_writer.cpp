#include "kv_stream/stream_writer.hpp"

#include <algorithm>
#include <array>

#include "common/base/checksum.hpp"

namespace holdfast::kv_stream {
namespace {

std::span<const std::byte> bytes_of_text(std::string_view text) noexcept {
  return std::as_bytes(std::span(text.data(), text.size()));
}

KvStreamEntryDisk entry_header(std::string_view key, std::string_view value,
                               std::optional<std::uint64_t> expires_us) noexcept {
  return {.flags = expires_us ? kKvEntryExpires : std::uint8_t{0},
          .reserved_8 = 0,
          .key_size_bytes = static_cast<std::uint16_t>(key.size()),
          .value_size_bytes = static_cast<std::uint32_t>(value.size()),
          .expires_us = expires_us.value_or(0)};
}

}  // namespace

Result<void> StreamWriter::begin(const KvStreamId& id) {
  report_.id = id;
  KvStreamHeaderDisk header{.magic = kKvStreamMagic,
                            .version = kKvStreamVersion,
                            .reserved_32 = 0,
                            .id = {},
                            .entries_expected = entries_expected_,
                            .check = 0};
  std::copy(id.begin(), id.end(), header.id);
  header.check = check_ = check_of(header);
  return write(bytes_of(header));
}

Result<void> StreamWriter::add(std::string_view key, std::string_view value,
                               std::optional<std::uint64_t> expires_us) {
  const KvStreamEntryDisk entry = entry_header(key, value, expires_us);
  const std::uint64_t size_bytes = entry_size_bytes(key.size(), value.size());
  if (!block_.empty() && block_.size() + size_bytes > options_.block_size_bytes)
    if (auto written = write_block(); !written) return written;
  report_.content_bytes += key.size() + value.size();
  if (size_bytes >= options_.block_size_bytes) return write_alone(entry, key, value);
  append(bytes_of(entry));
  append(bytes_of_text(key));
  append(bytes_of_text(value));
  ++block_entries_;
  return {};
}

Result<void> StreamWriter::end() {
  if (!block_.empty())
    if (auto written = write_block(); !written) return written;
  return write_header({.magic = kKvEndMagic,
                       .entries = 0,
                       .size_bytes = 0,
                       .first_entry = report_.entries,
                       .content_check = 0,
                       .check = 0});
}

Result<void> StreamWriter::write_block() {
  auto written = write_header({.magic = kKvBlockMagic,
                               .entries = block_entries_,
                               .size_bytes = block_.size(),
                               .first_entry = report_.entries,
                               .content_check = checksum(block_, 0),
                               .check = 0})
                     .and_then([this] { return write(block_); });
  if (!written) return written;
  report_.entries += block_entries_;
  block_.clear();
  block_entries_ = 0;
  tell();
  return {};
}

// A large value goes from where it is, without a copy.
Result<void> StreamWriter::write_alone(const KvStreamEntryDisk& entry, std::string_view key,
                                       std::string_view value) {
  const std::array<std::span<const std::byte>, 3> pieces{bytes_of(entry), bytes_of_text(key),
                                                         bytes_of_text(value)};
  auto written = write_header({.magic = kKvBlockMagic,
                               .entries = 1,
                               .size_bytes = entry_size_bytes(key.size(), value.size()),
                               .first_entry = report_.entries,
                               .content_check = checksum_of_pieces(pieces, 0),
                               .check = 0});
  for (const auto piece : pieces) {
    if (!written) return written;
    written = write(piece);
  }
  if (!written) return written;
  ++report_.entries;
  tell();
  return {};
}

Result<void> StreamWriter::write_header(KvBlockHeaderDisk header) {
  header.check = check_ = check_of(header, check_);
  return write(bytes_of(header));
}

Result<void> StreamWriter::write(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};
  if (auto taken = sink_(bytes); !taken) return taken;
  report_.stream_bytes += bytes.size();
  return {};
}

void StreamWriter::tell() const {
  if (!options_.observer) return;
  options_.observer({.entries = report_.entries,
                     .entries_total = entries_expected_ == kEntriesNotKnown ? 0 : entries_expected_,
                     .stream_bytes = report_.stream_bytes,
                     .stream_bytes_total = 0});
}

}  // namespace holdfast::kv_stream
