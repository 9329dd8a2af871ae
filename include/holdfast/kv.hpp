#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

namespace holdfast {

class Kv;

namespace kv {
class KvSpace;
[[nodiscard]] KvSpace& space_of(const Kv& handle) noexcept;
}  // namespace kv

/// Limits of a key-value space.
inline constexpr std::uint64_t kKeySizeBytesMax = 65'535;
inline constexpr std::uint64_t kValueSizeBytesMax = 0xFFFF'FFFFull;  ///< 4 GiB - 1.

/// A key-value space of a Store: any bytes under any bytes.
///
/// Keys are 1 to 65,535 bytes, values 0 to 4 GiB - 1. A handle is cheap to copy, may outlive its
/// Store (then every call answers `closed`), and all handles of one space are the same space.
///
/// Consistency: operations on one key are linearizable (C7); durable ones durably so.
/// Threads: every method may be called from any number of threads.
class Kv {
 public:
  /// Stores `value` under `key`; an older value is replaced in one step.
  /// Durability: immediate: on the medium when this returns. interval, buffered: may be lost by a
  ///             power cut, never seen torn, and never lost while a later write of the same thread survives.
  /// Errors:     invalid_argument (empty key), too_large (key > 65,535 B or value > 4 GiB - 1),
  ///             no_space (nothing changed), io (the store is read-only from now on), read_only,
  ///             closed, locked (forked child).
  [[nodiscard]] Result<void> put(std::string_view key, std::string_view value, WriteOptions options = {});

  /// The value under `key`, or nothing. A missing key is not an error.
  /// Errors: invalid_argument, too_large (as put), corruption (the stored bytes fail their checksum:
  ///         path, offset, expected and found say where), closed.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const;

  /// Removes `key`. True if it was there.
  /// Durability: as put. Errors: as put; a missing key is not an error and writes nothing.
  [[nodiscard]] Result<bool> erase(std::string_view key, WriteOptions options = {});

  /// Stores `desired` if the present value equals `expected` (nothing: if the key is absent), in one
  /// step. True if it was stored. Waits for writes of the same key that are in flight, and is
  /// acknowledged after them.
  /// Durability, Errors: as put.
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                             std::string_view desired, WriteOptions options = {});

  /// True if `key` is present. Errors: as get, without reading the value.
  [[nodiscard]] Result<bool> contains(std::string_view key) const;

  /// Number of keys present, exact when no write is in flight. Errors: closed.
  [[nodiscard]] Result<std::uint64_t> size() const;

  /// Called with each key and value; returns false to stop. The views live until it returns. It may
  /// read and write this space, but not close the store.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  /// Visits every key that begins with `prefix` (empty: all), in no particular order. A key that is
  /// present from begin to end is visited exactly once, with a value it had during the scan; one
  /// that comes or goes meanwhile is visited at most once. Blocks no writer.
  /// Errors: corruption (the first damaged record that is still current; the visit stops), closed.
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Visitor& visitor) const;

  /// The space's name. Lifetime: as long as any handle of the space.
  [[nodiscard]] std::string_view name() const noexcept;

 private:
  friend class Store;
  friend class Batch;
  friend class BatchCommit;
  friend kv::KvSpace& kv::space_of(const Kv& handle) noexcept;

  Kv(std::shared_ptr<kv::KvSpace> space, KvOptions options) noexcept;

  std::shared_ptr<kv::KvSpace> space_;
  KvOptions options_;
};

}  // namespace holdfast
