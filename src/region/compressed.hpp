#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <holdfast/error.hpp>

namespace holdfast::region {

/// How a version is kept compressed: its content in blocks of 64 KiB, each an LZ4 block or, where that saves nothing,
/// as it is; before them where each one begins. docs/format.md "Compressed version".
///
///   u64 begin[block_count + 1]   offset of each block in the stored bytes; the top bit: it is not compressed
///   blocks, one behind the other
///
/// Nothing here is believed: what the stored bytes say is checked against their size, and the content's.
/// Threads: any.
class CompressedBytes {
 public:
  static constexpr std::uint64_t kBlockBytes = std::uint64_t{64} << 10;

  explicit CompressedBytes(std::uint64_t content_size_bytes) noexcept : content_size_bytes_(content_size_bytes) {}

  [[nodiscard]] std::uint64_t content_size_bytes() const noexcept { return content_size_bytes_; }

  /// Fills `bytes` with those of the content from `offset` on; `fetch` reads stored bytes, of which there are
  /// `stored_size_bytes`. Requires: they lie inside the content. Errors: fetch's; corruption.
  using Fetch = std::function<Result<void>(std::uint64_t offset, std::span<std::byte> bytes)>;
  [[nodiscard]] Result<void> read(std::uint64_t stored_size_bytes, const Fetch& fetch, std::uint64_t offset,
                                  std::span<std::byte> bytes) const;

 private:
  std::uint64_t content_size_bytes_;
};

/// Makes stored bytes of content, in two passes and with little memory: sizes first, so that room can be taken.
/// Threads: one.
class Compressor {
 public:
  /// `source(offset, bytes)` reads content; its errors are answered.
  using Source = std::function<Result<void>(std::uint64_t offset, std::span<std::byte> bytes)>;
  Compressor(std::uint64_t content_size_bytes, Source source)
      : content_size_bytes_(content_size_bytes), source_(std::move(source)) {}

  /// How many bytes it will be.
  [[nodiscard]] Result<std::uint64_t> measure();

  /// Hands all stored bytes to `sink`, in order. Requires: measure() has succeeded, and the source gives the same.
  using Sink = std::function<Result<void>(std::uint64_t offset, std::span<const std::byte> bytes)>;
  [[nodiscard]] Result<void> write(const Sink& sink);

 private:
  [[nodiscard]] Result<std::span<const std::byte>> compress(std::uint64_t block, bool& is_compressed);

  std::uint64_t content_size_bytes_;
  Source source_;
  std::vector<std::uint64_t> begins_;
  std::vector<std::byte> content_;
  std::vector<std::byte> packed_;
};

}  // namespace holdfast::region
