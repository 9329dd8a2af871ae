#include "pmem/arena_scan.hpp"

#include "common/base/checksum.hpp"
#include "pmem/pool_metadata.hpp"
#include "pmem/pool_signature.hpp"

namespace holdfast::pmem {
namespace {

/// PMDK needs less than 4 MiB before its first object. Looking much further would only find what a user
/// has stored in an arena whose own header is damaged.
constexpr std::uint64_t kLastBoundary = 4 * kArenaAlignmentBytes;

Error mismatch(std::string message, const std::string& path, std::string_view expected,
               std::string_view found) {
  return Error{.code = ErrorCode::version_mismatch,
               .message = std::move(message),
               .path = path,
               .expected = std::string(expected),
               .found = std::string(found)};
}

/// Why there is no arena header in `file`.
Error why_not_ours(const PoolFile& file, std::uint64_t size_bytes) {
  const Error not_a_pool{
      .code = ErrorCode::invalid_argument, .message = "not a PMDK pool", .path = file.path()};
  if (size_bytes < kPoolDescriptorEnd) return not_a_pool;
  const auto identity = read_identity(file);
  if (!identity) return identity.error();
  if (identity->kind.empty()) return not_a_pool;
  if (identity->kind != kObjectPool) {
    return mismatch("a PMDK pool of another kind", file.path(), kObjectPool, identity->kind);
  }
  if (identity->layout != kLayoutName) {
    return mismatch("a pool of another layout", file.path(), kLayoutName, identity->layout);
  }
  return Error{.code = ErrorCode::corruption,
               .message = "the pool has no arena header",
               .path = file.path(),
               .expected = "a header before one of the first 2 MiB boundaries",
               .found = "none"};
}

}  // namespace

Result<ArenaHeaderDisk> find_arena(const PoolFile& file) {
  const auto size_bytes = file.size_bytes();
  if (!size_bytes) return Unexpected(size_bytes.error());
  for (std::uint64_t boundary = kArenaAlignmentBytes; boundary <= std::min(kLastBoundary, *size_bytes);
       boundary += kArenaAlignmentBytes) {
    ArenaHeaderDisk header{};
    const auto read =
        file.read_at(boundary - kHeaderPageBytes, std::as_writable_bytes(std::span(&header, 1)));
    if (!read) return Unexpected(read.error());
    if (!resembles_arena_header(header)) continue;
    if (auto valid = validate(header, boundary, *size_bytes, file.path()); !valid) {
      return Unexpected(std::move(valid.error()));
    }
    return header;
  }
  return Unexpected(why_not_ours(file, *size_bytes));
}

}  // namespace holdfast::pmem
