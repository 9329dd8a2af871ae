#include "pmem/arena_header.hpp"

#include "common/base/checksum.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kCountMask = 0xFFFF;

Error damaged(const std::string& path, std::string message, std::string expected, std::string found) {
  return Error{.code = ErrorCode::corruption,
               .message = std::move(message),
               .path = path,
               .expected = std::move(expected),
               .found = std::move(found)};
}

bool is_multiple(std::uint64_t value, std::uint64_t unit) noexcept { return value != 0 && value % unit == 0; }

}  // namespace

std::string hex(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[(value >> shift) & 0xF]);
  return text;
}

void seal(ArenaHeaderDisk& header) noexcept {
  header.magic = kArenaMagic;
  header.version = kArenaVersion;
  header.check = checksum_behind_check(header, kArenaMagic);
}

bool resembles_arena_header(const ArenaHeaderDisk& header) noexcept {
  return header.magic == kArenaMagic || header.check == checksum_behind_check(header, kArenaMagic);
}

Result<void> validate(const ArenaHeaderDisk& header, std::uint64_t boundary, std::uint64_t file_size_bytes,
                      const std::string& path) {
  const std::uint64_t check = checksum_behind_check(header, kArenaMagic);
  if (header.check != check) {
    return Unexpected(
        damaged(path, "the arena header is damaged", "check " + hex(header.check), "check " + hex(check)));
  }
  if (header.magic != kArenaMagic) {
    return Unexpected(damaged(path, "the arena header is damaged", "magic " + hex(kArenaMagic),
                              "magic " + hex(header.magic)));
  }
  if (header.version != kArenaVersion) {
    return Unexpected(Error{.code = ErrorCode::version_mismatch,
                            .message = "the pool's arena header is of another version",
                            .path = path,
                            .expected = std::to_string(kArenaVersion),
                            .found = std::to_string(header.version)});
  }
  if (header.arena_file_offset != boundary) {
    return Unexpected(damaged(path, "the arena header lies in the wrong place",
                              "an arena at " + std::to_string(boundary),
                              std::to_string(header.arena_file_offset)));
  }
  if (!is_multiple(header.arena_size_bytes, kArenaAlignmentBytes) ||
      header.arena_size_bytes > kArenaMaxBytes || header.arena_store_offset % kArenaAlignmentBytes != 0 ||
      header.pool_index >= kPoolCountMax) {
    return Unexpected(damaged(path, "the arena header contradicts itself", "sizes in units of 2 MiB",
                              std::to_string(header.arena_size_bytes) + " bytes"));
  }
  // The check above holds, so these numbers are what was written: the file itself has changed.
  if (file_size_bytes < header.pool_file_size_bytes ||
      header.pool_file_size_bytes < boundary + header.arena_size_bytes) {
    return Unexpected(damaged(path, "the pool file is truncated",
                              std::to_string(header.pool_file_size_bytes) + " bytes",
                              std::to_string(file_size_bytes) + " bytes"));
  }
  return {};
}

std::uint64_t make_count_cell(const SetId& set_id, std::uint32_t pool_count) noexcept {
  const std::array<std::uint64_t, 3> words{set_id[0], set_id[1], pool_count};
  return (checksum(bytes_of(words), kArenaMagic) & ~kCountMask) | (pool_count & kCountMask);
}

std::uint32_t read_count_cell(const SetId& set_id, std::uint64_t cell) noexcept {
  const auto pool_count = static_cast<std::uint32_t>(cell & kCountMask);
  return make_count_cell(set_id, pool_count) == cell ? pool_count : 0;
}

}  // namespace holdfast::pmem
