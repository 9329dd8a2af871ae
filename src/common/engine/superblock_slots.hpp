#pragma once

#include <holdfast/report.hpp>
#include <holdfast/storage.hpp>

#include "common/format/superblock.hpp"

namespace holdfast {

/// What the two slots say.
struct SuperblockSearch {
  SuperblockDisk superblock{};
  std::uint64_t bad_slots = 0;  ///< Torn by a crash or damaged: nothing is lost while the other one serves.
};

/// Whether the medium looks as if no store had ever been made on it: both slots are zero.
[[nodiscard]] bool is_blank(const Storage& storage) noexcept;

/// The valid slot with the higher sequence.
/// Errors: invalid_argument (no slot has the magic: not a store), corruption (the magic is there but no
///         slot is valid, or the medium is too short), version_mismatch (newer format or feature).
[[nodiscard]] Result<SuperblockSearch> load_superblock(const Storage& storage, bool read_only);

/// Writes `superblock` to both slots, one after the other, each durable before the next, so that
/// whichever slot a later fault leaves names the present catalog and epoch. Raises the sequence.
/// Durability: on return. Errors: as Storage::commit.
[[nodiscard]] Result<void> commit_superblock(Storage& storage, SuperblockDisk& superblock);

}  // namespace holdfast
