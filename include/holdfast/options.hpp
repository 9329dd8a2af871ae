#pragma once

#include <cstdint>
#include <optional>

namespace holdfast {

/// Which medium a store lives on. A test pins every default in this file to the number written here.
enum class Backend : std::uint8_t {
  automatic,  ///< An existing store: what it is. A new one: pmem where the path's medium has byte access, else file.
  file,       ///< One memory-mapped file on any file system.
  pmem,       ///< libpmemobj pool files on DAX memory (or emulated, see Options::emulate_pmem).
  memory,     ///< Anonymous memory; gone when closed. The path is ignored.
};

enum class OpenMode : std::uint8_t {
  open_or_create,  ///< Opens the store, or creates it where nothing is at the path.
  create,          ///< Creates; `exists` if anything is at the path.
  existing,        ///< Opens; `not_found` if nothing is at the path.
  read_only,       ///< Opens without changing one byte: a crashed store, another user's, a read-only mount.
};

/// When a write survives a power cut.
enum class Durability : std::uint8_t {
  immediate,  ///< Before the call returns. Everything written earlier to the same slice is durable too.
  interval,   ///< Within Options::interval_ms or Options::interval_bytes, whichever comes first.
  buffered,   ///< After the next sync() or close().
};

/// Options of a store. Sizes are bytes.
struct Options {
  Backend backend = Backend::automatic;
  OpenMode mode = OpenMode::open_or_create;

  /// First size of a new store. It grows by itself. More: longer create, fewer growth steps.
  std::uint64_t size_bytes = std::uint64_t{64} << 20;

  /// Largest size the store may reach; address space of this size is reserved at open (no memory).
  std::uint64_t max_size_bytes = std::uint64_t{256} << 30;

  /// Size of a new store's segments, a power of two from 64 KiB to 64 MiB; fixed in the format.
  /// Larger: fewer catalog records, coarser reclamation; each space takes at least one.
  std::uint64_t segment_size_bytes = std::uint64_t{2} << 20;

  /// Allow the pmem backend on a medium without byte access (tmpfs, a disk): real flush
  /// instructions, no durability; the store reports `durable = false`.
  bool emulate_pmem = false;

  /// Bounds of Durability::interval.
  std::uint32_t interval_ms = 100;
  std::uint64_t interval_bytes = std::uint64_t{8} << 20;

  /// Bytes of asynchronous appends, headers included, that may be in flight; more are `busy`. One that is larger
  /// goes alone.
  std::uint64_t async_bytes_max = std::uint64_t{16} << 20;

  /// Threads that read segments at open; 0: one per processor.
  std::uint32_t recovery_threads = 0;

  /// Outlive a page of the store that cannot be read or written while it is mapped: the file was shortened by somebody
  /// else, or the medium failed. From then on every call answers `io` with path and offset. Installs a SIGBUS
  /// handler for the process while such a store is open; faults elsewhere go to the handler before it. Off: such a page ends
  /// the process.
  bool sigbus_guard = false;
};

/// Bound of KvOptions::expected_keys.
inline constexpr std::uint64_t kExpectedKeysMax = std::uint64_t{1} << 40;

/// Options of a key-value space.
struct KvOptions {
  /// open_or_create, or existing: `not_found` instead of creating the space.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where a write does not say otherwise.
  Durability durability = Durability::immediate;

  /// Check the record's XXH3 on every read. Off: about 20 ns a small read less, and a damaged value
  /// is found by verify() only.
  bool verify_on_read = true;

  /// Keys that a new space's index has room for from the start, 16 bytes of memory each at once: a load of
  /// that many never waits for the index to grow. At most kExpectedKeysMax. A space that exists already
  /// has the room that its keys took at open.
  std::uint64_t expected_keys = 0;
};

/// Options of a log stream.
struct LogOptions {
  /// open_or_create, or existing: `not_found` instead of creating the stream.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where an append does not say otherwise.
  Durability durability = Durability::immediate;

  /// Check the record's XXH3 on every read.
  bool verify_on_read = true;
};

/// Options of a region, all of them of the handle.
struct RegionOptions {
  /// open_or_create, or existing: `not_found` instead of creating the region.
  OpenMode mode = OpenMode::open_or_create;

  /// Used where a write does not say otherwise.
  Durability durability = Durability::buffered;

  /// Writes through this handle that reach behind are `too_large`.
  std::uint64_t size_bytes_max = std::uint64_t{1} << 40;
};

/// Options of one write.
struct WriteOptions {
  std::optional<Durability> durability{};  ///< Overrides the space's default.
};

}  // namespace holdfast
