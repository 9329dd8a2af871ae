#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <holdfast/storage.hpp>

namespace holdfast {

/// Collects what one commit writes: bytes and their places, in order, runs that touch merged into one
/// range as far as memory allows. Reused, so that the hot path allocates nothing.
/// Threads: one.
class WriteStage {
 public:
  /// Room for `size` bytes that go to `offset`. Lifetime: until the next call of copy or space.
  [[nodiscard]] std::span<std::byte> space(std::uint64_t offset, std::size_t size) {
    if (capacity_ - used_ < size) make_room_for(size);
    const std::size_t start = std::exchange(used_, used_ + size);
    add({.offset = offset, .borrowed = nullptr, .start = start, .size = size});
    return {buffer_.get() + start, size};
  }

  /// Copies `bytes`, to go to `offset`.
  void copy(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    const auto room = space(offset, bytes.size());
    std::memcpy(room.data(), bytes.data(), bytes.size());
  }

  /// Refers to `bytes`, which must live until the commit.
  void borrow(std::uint64_t offset, std::span<const std::byte> bytes) {
    add({.offset = offset, .borrowed = bytes.data(), .start = 0, .size = bytes.size()});
  }

  /// All ranges. Needs no memory. Lifetime: until the stage is changed.
  [[nodiscard]] std::span<const WriteRange> ranges() noexcept {
    ranges_.clear();
    for (const Piece& piece : pieces_) {
      const std::byte* const data = piece.borrowed != nullptr ? piece.borrowed : buffer_.get() + piece.start;
      ranges_.push_back({piece.offset, {data, piece.size}});
    }
    return ranges_;
  }

  [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }

  /// Forgets everything; keeps the memory unless it has become unusually large.
  void clear() noexcept {
    pieces_.clear();
    if (capacity_ > kKeptBytesMax) {
      buffer_.reset();
      capacity_ = 0;
    }
    used_ = 0;
  }

 private:
  struct Piece {
    std::uint64_t offset;
    const std::byte* borrowed;  // null: in buffer_
    std::size_t start;
    std::size_t size;
  };
  static constexpr std::size_t kFirstBytes = std::size_t{4} << 10;
  static constexpr std::size_t kKeptBytesMax = std::size_t{4} << 20;

  void make_room_for(std::size_t size) {
    const std::size_t capacity = std::max({2 * capacity_, used_ + size, kFirstBytes});
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (used_ > 0) std::memcpy(larger.get(), buffer_.get(), used_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }

  void add(const Piece& piece) {
    if (!pieces_.empty()) {
      Piece& last = pieces_.back();
      const bool touches = last.offset + last.size == piece.offset;
      const bool both_copied = last.borrowed == nullptr && piece.borrowed == nullptr;
      if (touches && both_copied) {
        last.size += piece.size;
        return;
      }
    }
    if (pieces_.size() == pieces_.capacity()) pieces_.reserve(2 * pieces_.size() + 4);
    if (ranges_.capacity() < pieces_.capacity()) ranges_.reserve(pieces_.capacity());
    pieces_.push_back(piece);
  }

  std::unique_ptr<std::byte[]> buffer_;  // not a vector: that would clear what is overwritten at once
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<Piece> pieces_;
  std::vector<WriteRange> ranges_;
};

}  // namespace holdfast
