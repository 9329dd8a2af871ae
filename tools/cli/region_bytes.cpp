#include "cli/region_bytes.hpp"

#include <algorithm>
#include <new>
#include <span>

#include "cli/progress.hpp"

namespace holdfast::cli {

Result<std::uint64_t> write_from(Region& region, std::uint64_t offset, PieceReader& reader,
                                 std::string_view verb) {
  const auto info = region.info();
  if (!info) return Unexpected(info.error());
  // A write that covers a checked block in part writes all of it anew: pieces are whole blocks.
  std::vector<std::byte> buffer(std::max<std::size_t>(kPieceSizeBytes, info->form.checked_block_bytes));
  std::span<std::byte> piece(buffer.data(), buffer.size() - offset % buffer.size());
  const std::uint64_t total_bytes = reader.size_bytes().value_or(0);
  Progress progress(verb);
  std::uint64_t done_bytes = 0;
  for (;;) {
    const auto size = reader.next(piece);
    if (!size) return Unexpected(size.error());
    if (*size == 0) break;
    const auto written = region.write_at(offset + done_bytes, piece.first(*size));
    if (!written) return Unexpected(written.error());
    done_bytes += *size;
    progress.bytes(done_bytes, total_bytes);
    piece = buffer;
  }
  if (const auto flushed = region.flush(); !flushed) return Unexpected(flushed.error());
  return done_bytes;
}

Result<std::uint64_t> fill_from(Region& region, PieceReader& reader, std::string_view verb) {
  const auto reserved = region.reserve(reader.size_bytes().value_or(0));
  const bool cannot_reserve =
      !reserved && reserved.error().code == ErrorCode::not_supported;  // a checked region
  if (!reserved && !cannot_reserve) return Unexpected(reserved.error());
  return write_from(region, 0, reader, verb);
}

Result<std::vector<std::byte>> read_whole(PieceReader& reader) try {
  // One byte more than the file has: reading less than all says that it ends there.
  std::vector<std::byte> bytes(reader.size_bytes().value_or(kPieceSizeBytes) + 1);
  std::size_t done_bytes = 0;
  for (;;) {
    const auto size = reader.next(std::span(bytes).subspan(done_bytes));
    if (!size) return Unexpected(size.error());
    done_bytes += *size;
    if (done_bytes < bytes.size()) break;
    bytes.resize(2 * bytes.size());
  }
  bytes.resize(done_bytes);
  return bytes;
} catch (const std::bad_alloc&) {
  return Unexpected(Error{
      .code = ErrorCode::no_memory, .message = "too large to be read as a whole", .path = reader.name()});
}

}  // namespace holdfast::cli
