#pragma once

#include <memory>
#include <string_view>

#include <holdfast/log.hpp>

namespace holdfast {

/// A record where it lies, without a copy; a payload in several extents, or compressed, comes as a copy of the view's own.
///
/// Lifetime: the bytes stay as they are while it lives, whatever becomes of the record: truncated, let go by retention, or
/// the stream dropped. The room they take is not given out again meanwhile, and Store::close() answers `busy`.
/// Threads: as a const string; moved and destroyed by one.
class LogView {
 public:
  LogView(LogView&&) noexcept;
  LogView& operator=(LogView&&) noexcept;
  ~LogView();

  /// Lifetime: the view's, wherever it is moved.
  [[nodiscard]] const LogEntryView& entry() const noexcept;
  [[nodiscard]] std::string_view payload() const noexcept { return entry().payload; }

  /// False once a page of the store has gone missing under its map (Options::sigbus_guard): what was read may be zeros.
  [[nodiscard]] bool ok() const noexcept;

 private:
  friend class log::LogStream;
  struct Content;
  explicit LogView(std::unique_ptr<Content> content) noexcept;
  std::unique_ptr<Content> content_;
};

}  // namespace holdfast
