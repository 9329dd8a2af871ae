#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <holdfast/kv_import.hpp>

#include "kv_stream/stream_format.hpp"

namespace holdfast::kv_stream {

/// An entry of a stream. Lifetime: the reader's block.
struct StreamEntry {
  std::string_view key;
  std::string_view value;
  std::optional<std::uint64_t> expires_us{};
};

/// Reads a stream that nobody vouches for: a block is given out once it has proved itself.
/// Threads: one at a time. Throws std::bad_alloc.
/// Errors of all: corruption (offset in the stream, expected, found), and the source's.
class StreamReader {
 public:
  explicit StreamReader(const KvSource& source) noexcept : source_(source) {}

  /// The header, which every stream begins with. Errors: invalid_argument (no stream), version_mismatch (a
  /// newer one).
  [[nodiscard]] Result<void> begin();

  /// Passes over what is before `mark`: by reading, or, where the source can do better, by itself. Requires:
  /// begin(), and the mark is of this stream.
  [[nodiscard]] Result<void> skip_to(const KvImportMark& mark);
  void has_skipped_to(const KvImportMark& mark) noexcept;

  /// The next block's entries; false at the end, behind which nothing may come.
  /// Errors: also version_mismatch (entries of a kind that is not known).
  [[nodiscard]] Result<bool> next_block();

  /// The next entry of the block, or nothing. Lifetime of the views: until next_block().
  [[nodiscard]] std::optional<StreamEntry> next_entry();

  [[nodiscard]] const KvStreamId& id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t entries_expected() const noexcept { return entries_expected_; }

  /// Behind the last whole block that was read.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t entries() const noexcept { return entries_; }
  [[nodiscard]] std::uint64_t check() const noexcept { return check_; }

 private:
  [[nodiscard]] Result<std::uint64_t> read(std::span<std::byte> bytes);
  [[nodiscard]] Result<void> read_all(std::span<std::byte> bytes);
  [[nodiscard]] Result<void> read_content(std::uint64_t size_bytes);
  [[nodiscard]] Result<void> check_entries(std::uint64_t count);
  [[nodiscard]] Result<StreamEntry> take_entry();
  [[nodiscard]] Result<void> expect_end();

  const KvSource& source_;
  KvStreamId id_{};
  std::uint64_t entries_expected_ = 0;
  std::uint64_t offset_ = 0;    // behind the last whole block
  std::uint64_t position_ = 0;  // behind what was read
  std::uint64_t entries_ = 0;
  std::uint64_t check_ = 0;

  std::unique_ptr<std::byte[]> buffer_;  // no vector: it would clear what is read over
  std::uint64_t buffer_size_bytes_ = 0;
  std::span<const std::byte> content_{};  // of the block at hand, from the next entry on
  std::uint64_t content_offset_ = 0;      // of the next entry, in the stream
};

}  // namespace holdfast::kv_stream
