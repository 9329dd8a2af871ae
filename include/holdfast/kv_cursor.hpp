#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <holdfast/error.hpp>

namespace holdfast {

namespace kv {
class Cursor;
}  // namespace kv

/// Keys of an ordered space, in bytewise order: those of which all that is given here holds; without anything, all.
struct KvRange {
  std::optional<std::string> from{};  ///< The keys from here on.
  bool from_inclusive = true;         ///< Whether `from` itself is one of them.
  std::optional<std::string> to{};    ///< The keys up to here.
  bool to_inclusive = false;          ///< Whether `to` itself is one of them.
  std::string prefix{};               ///< The keys that begin with it.
  bool reverse = false;               ///< The greatest key is the first, and smaller ones follow.
};

/// Stands at a key of a range, and goes from key to key in the range's order. What it shows is the space as of its snapshot:
/// the one that it was made of, or one of its own, taken when it was made. Its snapshot lives as long as it does, and may
/// be ended like any other (KvSnapshot).
///
///     for (auto at = cursor.seek_first(); at && *at; at = cursor.next()) use(cursor.key(), cursor.value());
///
/// All moves answer whether it stands at a key then. A new cursor stands nowhere until it seeks, and so does one that has gone
/// beyond either end.
/// Errors of all moves: closed (the store, or the snapshot was ended), corruption (the record of the key that comes is
/// damaged; it stands nowhere, and next() and previous() go on from there).
/// Lifetime: may outlive the space's handles, the snapshot's and the store. One that was moved from can only be destroyed or
/// assigned to.
/// Threads: one at a time. Cursors of one snapshot do not disturb each other.
class KvCursor {
 public:
  KvCursor(KvCursor&&) noexcept;
  KvCursor& operator=(KvCursor&&) noexcept;
  ~KvCursor();

  /// To the range's first key, or its last.
  [[nodiscard]] Result<bool> seek_first();
  [[nodiscard]] Result<bool> seek_last();

  /// To `key`, or the first one that comes behind it in the range's order: the next greater one; in reverse the next
  /// smaller one. Any bytes, also none.
  [[nodiscard]] Result<bool> seek(std::string_view key);

  /// To the one behind or before, in the range's order.
  [[nodiscard]] Result<bool> next();
  [[nodiscard]] Result<bool> previous();

  /// Whether it stands at a key.
  [[nodiscard]] bool valid() const noexcept;

  /// The key. Requires: valid(). Lifetime: until the cursor moves or goes.
  [[nodiscard]] std::string_view key() const noexcept;

  /// The value, read when it is asked for; a copy of the cursor's own. Requires: valid(). Lifetime: as key().
  /// Errors: as Kv::get; closed (also: the snapshot was ended).
  [[nodiscard]] Result<std::string_view> value();

 private:
  friend class Kv;
  friend class KvSnapshot;
  explicit KvCursor(std::unique_ptr<kv::Cursor> content) noexcept;
  std::unique_ptr<kv::Cursor> content_;
};

}  // namespace holdfast
