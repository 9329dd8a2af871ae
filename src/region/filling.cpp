#include "region/filling.hpp"

#include <algorithm>
#include <array>

#include "common/base/success.hpp"
#include "region/readable.hpp"

namespace holdfast::region {
namespace {

constexpr std::array<std::byte, std::size_t{64} << 10> kZeros{};

}  // namespace

Result<void> Filling::fill(const RawExtent& extent, bool is_checked) {
  pieces_.clear();
  std::uint64_t at = extent.start;
  const std::uint64_t end = std::min(extent.end(), size_bytes_);
  while (at < end) {
    const auto next = patch_.pieces().upper_bound(at);
    const auto piece = next == patch_.pieces().begin() ? patch_.pieces().end() : std::prev(next);
    std::uint64_t until = next == patch_.pieces().end() ? end : std::min(end, next->first);
    if (piece != patch_.pieces().end() && at < piece->first + piece->second.size_bytes) {
      until = std::min(end, piece->first + piece->second.size_bytes);
      add_patched(at, until, piece->first, piece->second);
    } else if (auto added = add_present(at, until); !added) {
      return added;
    }
    at = until;
  }
  if (is_checked) add_zeros(extent.end() - std::max(end, extent.start));
  list(*extent.held);
  if (extent.mirror != nullptr) list(*extent.mirror);
  if (!is_checked) return success();
  extent.held->set_check(raw_.check_of(*extent.held, pieces_));
  if (extent.mirror != nullptr) extent.mirror->set_check(raw_.check_of(*extent.mirror, pieces_));
  return success();
}

void Filling::add_zeros(std::uint64_t size_bytes) {
  for (; size_bytes > 0;) {
    const std::uint64_t size = std::min<std::uint64_t>(size_bytes, kZeros.size());
    add_bytes({kZeros.data(), size});
    size_bytes -= size;
  }
}

void Filling::add_patched(std::uint64_t at, std::uint64_t until, std::uint64_t piece_begin,
                          const Patch::Piece& piece) {
  if (piece.bytes == nullptr) return add_zeros(until - at);
  add_bytes({piece.bytes + (at - piece_begin), until - at});
}

Result<void> Filling::add_present(std::uint64_t at, std::uint64_t until) {
  Result<void> readable;
  before_.for_each_piece(at, until - at, [&](const RawExtent& extent, ByteRange piece) {
    if (extent.held->is_hole()) return add_zeros(piece.size_bytes);
    if (!readable) return;
    // Damage must not get a new check.
    readable = raw_.prove(*extent.held);
    if (!readable && extent.mirror != nullptr && raw_.prove(*extent.mirror)) readable = success();
    add_bytes({raw_.storage().at(place_of(extent, piece)), piece.size_bytes});
  });
  return readable;
}

void Filling::list(const HeldExtent& held) {
  std::uint64_t to = held.range().offset;
  for (const auto& piece : pieces_) {
    ranges_.push_back({to, piece});
    to += piece.size();
  }
}

}  // namespace holdfast::region
