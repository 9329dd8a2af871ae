#include "pmem/pool_metadata.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <vector>

#include "common/base/checksum.hpp"
#include "pmem/pool_signature.hpp"

namespace holdfast::pmem {
namespace {

constexpr std::uint64_t kLayoutOffset = 4096;
constexpr std::size_t kLayoutMaxBytes = 1024;

// The parts of the descriptor that libpmemobj rewrites at each open (pool format 6): the
// number of the run, and its state in memory, which it clears before use.
constexpr std::uint64_t kRunIdOffset = 0x1808;
constexpr std::uint64_t kRunIdEnd = 0x1810;
constexpr std::uint64_t kRunStateOffset = 0x1A20;

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

}  // namespace

Result<PoolIdentity> read_identity(const PoolFile& file) {
  PoolSignature signature{};
  if (auto read = file.read_at(0, std::as_writable_bytes(std::span(signature))); !read) {
    return Unexpected(std::move(read.error()));
  }
  std::array<char, kLayoutMaxBytes> layout{};
  if (auto read = file.read_at(kLayoutOffset, std::as_writable_bytes(std::span(layout))); !read) {
    return Unexpected(std::move(read.error()));
  }
  PoolIdentity identity{.kind = pool_kind(signature),
                        .layout = std::string(layout.data(), ::strnlen(layout.data(), layout.size()))};
  for (char& letter : identity.layout) {
    if (std::isprint(static_cast<unsigned char>(letter)) == 0) letter = '?';
  }
  return identity;
}

Result<std::uint64_t> metadata_check(const PoolFile& file, const ArenaHeaderDisk& header) {
  struct Part {
    std::uint64_t begin;
    std::uint64_t end;
  };
  const std::array<Part, 4> parts{
      Part{0, kRunIdOffset},
      Part{kRunIdEnd, kRunStateOffset},
      Part{kPoolDescriptorEnd, header.arena_file_offset - kHeaderPageBytes},
      Part{header.arena_file_offset + header.arena_size_bytes, header.pool_file_size_bytes},
  };
  std::vector<std::byte> block(kBlockBytes);
  std::uint64_t hash = kArenaMagic;
  for (const Part& part : parts) {
    for (std::uint64_t offset = part.begin; offset < part.end;) {
      const std::span bytes(block.data(), std::min<std::uint64_t>(kBlockBytes, part.end - offset));
      if (auto read = file.read_at(offset, bytes); !read) return Unexpected(std::move(read.error()));
      hash = checksum(bytes, hash);
      offset += bytes.size();
    }
  }
  return hash;
}

Result<void> verify_metadata(const PoolFile& file, const ArenaHeaderDisk& header) {
  const auto damaged = [&file](std::string expected, std::string found) {
    return Unexpected(
        Error{.code = ErrorCode::corruption,
              .message = "PMDK's metadata of the pool is damaged; the store can still be opened read-only",
              .path = file.path(),
              .expected = std::move(expected),
              .found = std::move(found)});
  };
  const auto found = metadata_check(file, header);
  if (!found) return Unexpected(found.error());
  if (*found != header.pool_metadata_check) {
    return damaged("check " + hex(header.pool_metadata_check), "check " + hex(*found));
  }
  std::uint64_t run_id = 0;
  auto read = file.read_at(kRunIdOffset, std::as_writable_bytes(std::span(&run_id, 1)));
  if (!read) return read;
  if (run_id % 2 != 0) return damaged("an even run number", std::to_string(run_id));  // libpmemobj adds two
  return {};
}

}  // namespace holdfast::pmem
