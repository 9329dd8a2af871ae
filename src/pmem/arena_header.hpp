#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <holdfast/error.hpp>

namespace holdfast::pmem {

/// Identity of a set of pools: the same random bits in each of them.
using SetId = std::array<std::uint64_t, 2>;

inline constexpr std::uint64_t kArenaAlignmentBytes = std::uint64_t{2} << 20;  ///< a huge page
inline constexpr std::uint64_t kArenaMaxBytes = std::uint64_t{15}
                                                << 30;  ///< PMDK's largest object is just below 16 GiB
inline constexpr std::uint64_t kHeaderPageBytes = 4096;
inline constexpr std::uint64_t kPoolFileMinBytes = std::uint64_t{8} << 20;  ///< PMEMOBJ_MIN_POOL

inline constexpr std::uint64_t kArenaMagic = 0x414E'4552'4146'4448;  // "HDFARENA"
inline constexpr std::uint32_t kArenaVersion = 1;
inline constexpr std::uint32_t kPoolCountMax = 0xFFFF;

/// What fills the 4 KiB page right before an arena, at the page's start; the rest is zero but for
/// pool 0's count cell. It proves itself, so that an arena is found without libpmemobj.
///
///   pool file:  | PMDK's metadata | header page | arena ...             | PMDK's unused end |
///                                               ^ arena_file_offset, a multiple of 2 MiB
struct ArenaHeaderDisk {
  std::uint64_t check;               ///< XXH3-64 of the bytes behind it, seed kArenaMagic.
  std::uint64_t magic;               ///< kArenaMagic.
  std::uint32_t version;             ///< kArenaVersion.
  std::uint32_t pool_index;          ///< 0 for the file the store is named by, 1 for the first it grew by.
  SetId set_id;                      ///< The same in all pools of a store.
  std::uint64_t arena_file_offset;   ///< Bytes from the start of the pool file; this page ends there.
  std::uint64_t arena_size_bytes;    ///< A multiple of 2 MiB.
  std::uint64_t arena_store_offset;  ///< Where in the store this arena begins: the end of the arena before.
  std::uint64_t pool_file_size_bytes;
  std::uint64_t pool_metadata_check;      ///< Over PMDK's own metadata, see pool_metadata.hpp.
  std::array<std::uint64_t, 6> reserved;  ///< Zero.
};
static_assert(std::endian::native == std::endian::little, "the format is little-endian");
static_assert(sizeof(ArenaHeaderDisk) == 128);
static_assert(std::is_trivially_copyable_v<ArenaHeaderDisk> && std::is_standard_layout_v<ArenaHeaderDisk>);
static_assert(std::has_unique_object_representations_v<ArenaHeaderDisk>, "hidden padding");
static_assert(offsetof(ArenaHeaderDisk, version) == 16 && offsetof(ArenaHeaderDisk, set_id) == 24);
static_assert(offsetof(ArenaHeaderDisk, arena_file_offset) == 40);
static_assert(offsetof(ArenaHeaderDisk, pool_metadata_check) == 72);
static_assert(offsetof(ArenaHeaderDisk, reserved) == 80);

/// Fills in magic, version and check.
void seal(ArenaHeaderDisk& header) noexcept;

/// True if the magic is right or the check is: it was such a header once, though perhaps damaged.
[[nodiscard]] bool resembles_arena_header(const ArenaHeaderDisk& header) noexcept;

/// Judges a header read from the page before `boundary` of a file of `file_size_bytes`.
/// Errors: version_mismatch, corruption (with what was expected and found).
[[nodiscard]] Result<void> validate(const ArenaHeaderDisk& header, std::uint64_t boundary,
                                    std::uint64_t file_size_bytes, const std::string& path);

/// How many pools the set has, kept in pool 0's header page as ONE aligned u64, so that it is never
/// torn: the count in the low 16 bits, a hash of set id and count above. It is raised after the new
/// pool has its name; a pool beyond the count is taken, one below it that is missing is damage.
inline constexpr std::uint64_t kCountCellPageOffset = 2048;
[[nodiscard]] std::uint64_t make_count_cell(const SetId& set_id, std::uint32_t pool_count) noexcept;

/// The count in `cell`; 0 if the cell is damaged.
[[nodiscard]] std::uint32_t read_count_cell(const SetId& set_id, std::uint64_t cell) noexcept;

/// "0x" and 16 digits, as errors show words of the format.
[[nodiscard]] std::string hex(std::uint64_t value);

}  // namespace holdfast::pmem
