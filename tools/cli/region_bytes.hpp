#pragma once

#include <cstddef>
#include <cstdint>
#include <holdfast/holdfast.hpp>
#include <string_view>
#include <vector>

#include "cli/input.hpp"

namespace holdfast::cli {

/// Bytes that a copy has in memory at a time; more, if a region's checked blocks are larger.
inline constexpr std::size_t kPieceSizeBytes = std::size_t{1} << 20;

/// Writes what is left of `reader` into `region` from `offset` on, `verb` on the progress line; how many
/// bytes. They are durable on return. Errors: as Region::write_at, and the file's; what was written before
/// stays.
[[nodiscard]] Result<std::uint64_t> write_from(Region& region, std::uint64_t offset, PieceReader& reader,
                                               std::string_view verb);

/// The same from the begin of an empty region, with the room taken beforehand.
[[nodiscard]] Result<std::uint64_t> fill_from(Region& region, PieceReader& reader, std::string_view verb);

/// All that is left of `reader`, in memory. Errors: no_memory, and the file's.
[[nodiscard]] Result<std::vector<std::byte>> read_whole(PieceReader& reader);

}  // namespace holdfast::cli
