#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>
#include <holdfast/kv_cursor.hpp>

namespace holdfast {

namespace kv {
class Snapshot;
}  // namespace kv

/// A key-value space as it was at one moment (Kv::snapshot), whatever is written meanwhile. Of a batch that was being
/// committed then, it may show a part.
///
/// While it lives, the records that it shows keep their room, also when they are replaced or erased. Where that is more than
/// Options::snapshot_bytes_max in its space, the oldest snapshot ends: all its calls answer `closed` from then on, and say
/// why. It ends with the store as well, and does not keep it from being closed.
/// Lifetime: may outlive the space's handles and the store. One that was moved from can only be destroyed or assigned to.
/// Threads: as a const string; moved and destroyed by one.
class KvSnapshot {
 public:
  KvSnapshot(KvSnapshot&&) noexcept;
  KvSnapshot& operator=(KvSnapshot&&) noexcept;
  ~KvSnapshot();

  /// The value that `key` had, or nothing.
  /// Errors: as Kv::get; closed (also: the snapshot was ended).
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const;

  /// True if `key` was present. Errors: as get, without reading the value.
  [[nodiscard]] Result<bool> contains(std::string_view key) const;

  /// When `key` was to expire, as Kv::expires_at_us; nothing also if it was absent. Errors: as get.
  [[nodiscard]] Result<std::optional<std::uint64_t>> expires_at_us(std::string_view key) const;

  /// Visits every key that was present and begins with `prefix` (empty: all), once, in no particular order, until the
  /// visitor returns false. The visitor gets copies, which live until it returns; it may read and write the space, but not
  /// close the store.
  /// Errors: corruption (the first damaged record; the visit stops), closed (also: the snapshot was ended).
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Visitor& visitor) const;

  /// As Kv::cursor, Kv::range and Kv::count, of what was present.
  /// Errors: as these; closed (also: the snapshot was ended).
  [[nodiscard]] Result<KvCursor> cursor(KvRange range = {}) const;
  [[nodiscard]] Result<void> range(const KvRange& range, const Visitor& visitor) const;
  [[nodiscard]] Result<std::uint64_t> count(const KvRange& range = {}) const;

  /// The number behind the last write that it shows; writes of a store are numbered in the order in which they begin.
  [[nodiscard]] std::uint64_t version() const noexcept;

 private:
  friend class Kv;
  explicit KvSnapshot(std::shared_ptr<const kv::Snapshot> content) noexcept;
  std::shared_ptr<const kv::Snapshot> content_;
};

}  // namespace holdfast
