#include "region/patch.hpp"

#include <algorithm>

namespace holdfast::region {
namespace {

Patch::Piece behind(const Patch::Piece& piece, std::uint64_t skipped) noexcept {
  return {piece.size_bytes - skipped, piece.bytes == nullptr ? nullptr : piece.bytes + skipped};
}

}  // namespace

void Patch::put(std::uint64_t offset, Piece piece) {
  if (piece.size_bytes == 0) return;
  make_way(offset, offset + piece.size_bytes);
  pieces_.emplace(offset, piece);
}

void Patch::make_way(std::uint64_t begin, std::uint64_t end) {
  auto at = pieces_.upper_bound(begin);
  if (at != pieces_.begin()) --at;
  while (at != pieces_.end() && at->first < end) {
    const std::uint64_t offset = at->first;
    const Piece piece = at->second;
    const std::uint64_t piece_end = offset + piece.size_bytes;
    if (piece_end <= begin) {
      ++at;
      continue;
    }
    at = pieces_.erase(at);
    if (offset < begin) pieces_.emplace(offset, Piece{begin - offset, piece.bytes});
    if (piece_end > end) at = pieces_.emplace(end, behind(piece, end - offset)).first;
  }
}

void Patch::fill_gaps_from(std::uint64_t begin) {
  std::map<std::uint64_t, std::uint64_t> gaps;
  for (const auto& [offset, piece] : pieces_) {
    if (offset > begin) gaps.emplace(begin, offset - begin);
    begin = std::max(begin, offset + piece.size_bytes);
  }
  for (const auto& [offset, size_bytes] : gaps) add_zeros(offset, size_bytes);
}

}  // namespace holdfast::region
