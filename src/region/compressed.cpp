#include "region/compressed.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "common/base/compression.hpp"
#include "common/base/success.hpp"

namespace holdfast::region {
namespace {

constexpr std::uint64_t kNotCompressed = std::uint64_t{1} << 63;

std::uint64_t block_count(std::uint64_t content_size_bytes) noexcept {
  return (content_size_bytes + CompressedBytes::kBlockBytes - 1) / CompressedBytes::kBlockBytes;
}

std::uint64_t index_size_bytes(std::uint64_t content_size_bytes) noexcept {
  return (block_count(content_size_bytes) + 1) * sizeof(std::uint64_t);
}

Unexpected damaged(std::string expected, std::uint64_t found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = "a compressed version contradicts itself",
                          .expected = std::move(expected),
                          .found = std::to_string(found)});
}

}  // namespace

Result<void> CompressedBytes::read(std::uint64_t stored_size_bytes, const Fetch& fetch, std::uint64_t offset,
                                   std::span<std::byte> bytes) const {
  std::vector<std::byte> packed;
  std::vector<std::byte> content;
  while (!bytes.empty()) {
    const std::uint64_t block = offset / kBlockBytes;
    std::uint64_t place[2];
    if (auto got = fetch(block * sizeof place[0], std::as_writable_bytes(std::span(place))); !got) return got;
    const bool is_compressed = (place[0] & kNotCompressed) == 0;
    const std::uint64_t begin = place[0] & ~kNotCompressed;
    const std::uint64_t end = place[1] & ~kNotCompressed;
    const std::uint64_t size = std::min(kBlockBytes, content_size_bytes_ - block * kBlockBytes);
    if (begin < index_size_bytes(content_size_bytes_) || end <= begin || end > stored_size_bytes ||
        end - begin > size || is_compressed == (end - begin == size))
      return damaged("a block inside " + std::to_string(stored_size_bytes) + " bytes", begin);
    packed.resize(end - begin);
    if (auto got = fetch(begin, packed); !got) return got;
    if (is_compressed) {
      content.resize(size);
      if (!decompress(packed, content)) return damaged("an LZ4 block of " + std::to_string(size) + " bytes", packed.size());
    } else {
      content.swap(packed);
    }
    const std::uint64_t inside = offset - block * kBlockBytes;
    const std::uint64_t piece = std::min<std::uint64_t>(bytes.size(), size - inside);
    std::memcpy(bytes.data(), content.data() + inside, piece);
    bytes = bytes.subspan(piece);
    offset += piece;
  }
  return success();
}

Result<std::span<const std::byte>> Compressor::compress(std::uint64_t block, bool& is_compressed) {
  const std::uint64_t offset = block * CompressedBytes::kBlockBytes;
  content_.resize(std::min(CompressedBytes::kBlockBytes, content_size_bytes_ - offset));
  if (auto read = source_(offset, content_); !read) return Unexpected(read.error());
  is_compressed = holdfast::compress(content_, packed_);
  return std::span<const std::byte>(is_compressed ? packed_ : content_);
}

Result<std::uint64_t> Compressor::measure() {
  begins_.clear();
  std::uint64_t at = index_size_bytes(content_size_bytes_);
  for (std::uint64_t block = 0; block < block_count(content_size_bytes_); ++block) {
    bool is_compressed = false;
    const auto bytes = compress(block, is_compressed);
    if (!bytes) return Unexpected(bytes.error());
    begins_.push_back(at | (is_compressed ? 0 : kNotCompressed));
    at += bytes->size();
  }
  begins_.push_back(at);
  return at;
}

Result<void> Compressor::write(const Sink& sink) {
  std::uint64_t at = index_size_bytes(content_size_bytes_);
  if (auto written = sink(0, std::as_bytes(std::span(begins_))); !written) return written;
  for (std::uint64_t block = 0; block < block_count(content_size_bytes_); ++block) {
    bool is_compressed = false;
    const auto bytes = compress(block, is_compressed);
    if (!bytes) return Unexpected(bytes.error());
    if (auto written = sink(at, *bytes); !written) return written;
    at += bytes->size();
  }
  return success();
}

}  // namespace holdfast::region
