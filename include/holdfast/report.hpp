#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>
#include <holdfast/storage.hpp>

namespace holdfast {

/// What a space holds.
enum class SpaceKind : std::uint8_t { catalog = 0, kv = 1, log = 2, region = 3 };

/// The kind's name as written in the enum. Lifetime: static.
[[nodiscard]] std::string_view name(SpaceKind kind) noexcept;

struct SpaceInfo {
  std::string name;  ///< Any 1 to 255 bytes, of a region without one none; escape before printing.
  SpaceKind kind{};
  std::uint64_t id = 0;
  std::uint64_t segment_count = 0;
  std::uint64_t size_bytes = 0;  ///< Extents the space owns.
};

/// One run of bytes that contradicts its checksum.
struct Damage {
  std::string space;  ///< Name of the space; empty for the catalog and superblock.
  std::uint64_t segment_id = 0;
  ByteRange range{};    ///< In the store's address space.
  std::string message;  ///< What is wrong with it.
};

/// What opening found.
struct RecoveryReport {
  bool clean_close = false;          ///< The last writer closed the store.
  std::uint64_t segments = 0;        ///< Segments read.
  std::uint64_t records = 0;         ///< Records admitted.
  std::uint64_t bytes = 0;           ///< Bytes of those records.
  std::uint64_t torn_tails = 0;      ///< Slices that the last writer had not ended.
  std::uint64_t dropped_records = 0; ///< Whole records that were not durable when the crash came (unfinished batches, records behind a torn one).
  std::uint64_t superblock_slots_bad = 0;  ///< Left unreadable by a crash or the medium; the other one served.
  std::vector<Damage> damage;        ///< Durable records that are lost, of those that were read; Store::verify reads all.
  std::uint64_t duration_us = 0;
};

/// What Store::verify read.
struct VerifyReport {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t superblock_slots_bad = 0;  ///< Opening for writing repairs it.
  std::vector<Damage> damage;  ///< Empty: every byte that is in use proves itself.
};

struct StoreInfo {
  std::string path;
  Backend backend{};
  StorageCapabilities capabilities{};
  std::string uuid;  ///< 8-4-4-4-12 hexadecimal digits.
  std::uint32_t format_version = 0;
  std::uint32_t epoch = 0;  ///< Writing opens so far.
  std::uint64_t segment_size_bytes = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< Not owned by any space, inside size_bytes.
  std::uint64_t max_size_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< free_bytes, and what the store may still grow by on its medium.
  StorageCounters counters{};
};

}  // namespace holdfast
