#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace holdfast {

/// What went wrong. The numbers are pinned: they may be stored, compared and sent.
enum class ErrorCode : std::uint8_t {
  not_found = 1,         ///< The named store, space or object does not exist.
  exists = 2,            ///< Something of that name is there already.
  invalid_argument = 3,  ///< The caller's argument can never work (empty key, foreign file, bad size).
  out_of_bounds = 4,     ///< The offset and length do not lie inside the object.
  too_large = 5,         ///< A limit of the format or an option is exceeded.
  no_space = 6,          ///< The medium or the store's maximum size is exhausted; the store goes on.
  corruption = 7,        ///< Bytes on the medium contradict their checksum or the catalog.
  io = 8,                ///< The operating system or the medium failed; the store is read-only from now on.
  locked = 9,            ///< Another process has the store open, or this one is a fork of its owner.
  busy = 10,             ///< A limit on what is in flight was reached.
  version_mismatch = 11, ///< Written by a newer format, or by another kind of pool.
  read_only = 12,        ///< The store was opened read-only.
  closed = 13,           ///< The handle's store has been closed.
  not_supported = 14,    ///< This build or this medium cannot do it; the message says what would.
  no_memory = 15,        ///< Memory ran out; the store goes on. Of a write: it has not happened, or the next open shows it.
};

/// The code's name as written in the enum, e.g. "no_space". Lifetime: static.
[[nodiscard]] std::string_view name(ErrorCode code) noexcept;

/// One failure, with everything known about its place. Fields that do not apply are empty or zero.
struct Error {
  ErrorCode code{};
  std::string message;       ///< What failed and why, without the path; one line, no full stop.
  std::string path{};        ///< The store's path, where it has one.
  std::uint64_t offset = 0;  ///< Bytes from the store's start, where `code` is about bytes.
  std::string expected{};    ///< What the format or the catalog says should be there.
  std::string found{};       ///< What is there.

  /// "path: message (offset 4096, expected X, found Y)", leaving out what is empty.
  [[nodiscard]] std::string to_string() const;
};

/// A value or the reason why there is none. No exception crosses the library's border.
template <class T = void>
using Result = tl::expected<T, Error>;

using Unexpected = tl::unexpected<Error>;

}  // namespace holdfast
