#include "kv_stream/stream_format.hpp"

#include <string>

#include "common/base/checksum.hpp"

namespace holdfast::kv_stream {
namespace {

/// The bytes before the check, which is a header's last field.
template <class Header>
std::span<const std::byte> before_check(const Header& header) noexcept {
  return bytes_of(header).first(offsetof(Header, check));
}

Unexpected nonsense(std::uint64_t offset, std::string what, std::string expected, std::uint64_t found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "a block of the stream has an impossible " + std::move(what),
                          .path = {},
                          .offset = offset,
                          .expected = std::move(expected),
                          .found = std::to_string(found)});
}

}  // namespace

std::uint64_t check_of(const KvStreamHeaderDisk& header) noexcept {
  return checksum(before_check(header), 0);
}

std::uint64_t check_of(const KvBlockHeaderDisk& header, std::uint64_t check_before) noexcept {
  return checksum(before_check(header), check_before);
}

Result<void> validate(const KvBlockHeaderDisk& header, std::uint64_t entries_before, std::uint64_t offset) {
  if (header.first_entry != entries_before)
    return nonsense(offset, "number of entries before it", std::to_string(entries_before),
                    header.first_entry);
  if (header.magic == kKvEndMagic) {
    if (header.entries != 0) return nonsense(offset, "number of entries", "0", header.entries);
    if (header.size_bytes != 0) return nonsense(offset, "size", "0", header.size_bytes);
    return {};
  }
  if (header.entries == 0) return nonsense(offset, "number of entries", "1 or more", 0);
  const std::uint64_t least = header.entries * kEntrySizeBytesMin;
  const std::uint64_t most = header.entries == 1 ? kEntrySizeBytesMax : kKvBlockSizeBytesMax;
  if (header.size_bytes < least || header.size_bytes > most)
    return nonsense(offset, "size", std::to_string(least) + " to " + std::to_string(most), header.size_bytes);
  return {};
}

}  // namespace holdfast::kv_stream
