#include "common/engine/superblock_slots.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "common/base/checksum.hpp"
#include "common/engine/commit_step.hpp"

namespace holdfast {
namespace {

constexpr std::uint32_t kFeaturesRoCompatKnown = 0;
constexpr std::uint32_t kFeaturesIncompatKnown = 0;

SuperblockDisk read_slot(const Storage& storage, std::uint64_t slot) noexcept {
  SuperblockDisk superblock;
  std::memcpy(&superblock, storage.at(slot * kSuperblockSlotSizeBytes), sizeof superblock);
  return superblock;
}

bool is_zero(const SuperblockDisk& superblock) noexcept {
  const auto bytes = bytes_of(superblock);
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
}

Error error_at(const Storage& storage, ErrorCode code, std::string message) {
  return {.code = code, .message = std::move(message), .path = std::string(storage.path())};
}

Result<void> check_versions(const Storage& storage, const SuperblockDisk& superblock, bool read_only) {
  Error error = error_at(storage, ErrorCode::version_mismatch, "");
  if (superblock.format_version > kFormatVersion) {
    error.message = "the store's format is newer than this library";
    error.expected = "format version " + std::to_string(kFormatVersion) + " or older";
    error.found = std::to_string(superblock.format_version);
    return Unexpected(error);
  }
  const std::uint32_t unknown = superblock.features_incompat & ~kFeaturesIncompatKnown;
  const std::uint32_t unknown_for_writing = superblock.features_ro_compat & ~kFeaturesRoCompatKnown;
  if (unknown != 0 || (unknown_for_writing != 0 && !read_only)) {
    error.message = unknown != 0 ? "the store uses a format feature this library does not know"
                                 : "the store uses a format feature this library can only read; open it read-only";
    error.expected = "feature bits 0";
    error.found = std::to_string(unknown != 0 ? unknown : unknown_for_writing);
    return Unexpected(error);
  }
  return {};
}

}  // namespace

bool is_blank(const Storage& storage) noexcept {
  return storage.size_bytes() >= kSuperblockAreaSizeBytes && is_zero(read_slot(storage, 0)) &&
         is_zero(read_slot(storage, 1));
}

Result<SuperblockSearch> load_superblock(const Storage& storage, bool read_only) {
  if (storage.size_bytes() < kSuperblockAreaSizeBytes) {
    Error error = error_at(storage, ErrorCode::invalid_argument, "too small for a Holdfast store");
    error.expected = std::to_string(kSuperblockAreaSizeBytes) + " bytes or more";
    error.found = std::to_string(storage.size_bytes());
    return Unexpected(error);
  }
  SuperblockSearch search;
  bool magic_seen = false;
  bool valid_seen = false;
  for (std::uint64_t slot = 0; slot < kSuperblockSlotCount; ++slot) {
    const SuperblockDisk candidate = read_slot(storage, slot);
    magic_seen = magic_seen || candidate.magic == kSuperblockMagic;
    if (validate(candidate)) {
      if (!valid_seen || candidate.sequence > search.superblock.sequence) search.superblock = candidate;
      valid_seen = true;
    } else {
      ++search.bad_slots;
    }
  }
  if (!magic_seen)
    return Unexpected(error_at(storage, ErrorCode::invalid_argument, "not a Holdfast store (no superblock)"));
  if (!valid_seen) {
    Error error = error_at(storage, ErrorCode::corruption, "no superblock slot is valid");
    error.expected = "a checksum that holds in slot 0 or 1";
    error.found = "both damaged";
    return Unexpected(error);
  }
  if (auto known = check_versions(storage, search.superblock, read_only); !known) return Unexpected(known.error());
  return search;
}

Result<void> commit_superblock(Storage& storage, SuperblockDisk& superblock) {
  // The slot that does not serve at present goes first: a crash in the middle of it costs nothing.
  for (std::uint64_t write = 0; write < kSuperblockSlotCount; ++write) {
    SuperblockDisk next = superblock;
    next.sequence += mutated(Mutant::superblock_in_place) ? kSuperblockSlotCount : 1;
    seal(next);
    const WriteRange range{(next.sequence % kSuperblockSlotCount) * kSuperblockSlotSizeBytes, bytes_of(next)};
    if (auto written = commit_step(storage, {&range, 1}, Mutant::superblock_not_synced); !written) return written;
    superblock = next;
  }
  return {};
}

}  // namespace holdfast
