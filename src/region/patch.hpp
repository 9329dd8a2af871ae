#pragma once

#include <cstdint>
#include <map>
#include <span>

#include <holdfast/region.hpp>

namespace holdfast::region {

/// Bytes for places in a region, each byte once: of writes that overlap the later one counts.
/// Lifetime: that of the bytes.
class Patch {
 public:
  /// Bytes, or that many zeros where there are none.
  struct Piece {
    std::uint64_t size_bytes = 0;
    const std::byte* bytes = nullptr;
  };
  using Pieces = std::map<std::uint64_t, Piece>;  // by where they go

  void add(std::uint64_t offset, std::span<const std::byte> bytes) { put(offset, {bytes.size(), bytes.data()}); }
  void add_zeros(std::uint64_t offset, std::uint64_t size_bytes) { put(offset, {size_bytes, nullptr}); }

  /// Forgets what lies from `offset` on.
  void cut(std::uint64_t offset) { make_way(offset, UINT64_MAX); }

  /// Zeros for whatever lies between `begin` and the last piece, and in none.
  void fill_gaps_from(std::uint64_t begin);

  [[nodiscard]] const Pieces& pieces() const noexcept { return pieces_; }

  /// Behind the last byte; 0 if there is none.
  [[nodiscard]] std::uint64_t end() const noexcept {
    return pieces_.empty() ? 0 : pieces_.rbegin()->first + pieces_.rbegin()->second.size_bytes;
  }

 private:
  void put(std::uint64_t offset, Piece piece);
  void make_way(std::uint64_t begin, std::uint64_t end);

  Pieces pieces_;
};

}  // namespace holdfast::region
