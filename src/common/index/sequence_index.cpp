#include "common/index/sequence_index.hpp"

namespace holdfast {

SequenceIndex::Place SequenceIndex::place_of(std::uint64_t number) noexcept {
  const std::uint64_t shifted = number - 1 + kFirstChunkSize;
  const auto chunk = static_cast<std::size_t>(std::bit_width(shifted) - std::bit_width(kFirstChunkSize));
  return {chunk, shifted - (kFirstChunkSize << chunk)};
}

void SequenceIndex::make_room(std::uint64_t end) {
  for (std::size_t chunk = place_of(next()).chunk; chunk <= place_of(end - 1).chunk; ++chunk)
    if (chunks_[chunk] == nullptr)
      chunks_[chunk] = std::make_unique_for_overwrite<std::uint64_t[]>(kFirstChunkSize << chunk);
}

void SequenceIndex::add(std::uint64_t packed) {
  const std::uint64_t number = next_.load(std::memory_order_relaxed);  // relaxed: only the adder changes it
  const Place place = place_of(number);
  if (place.within == 0) make_room(number + 1);
  chunks_[place.chunk][place.within] = packed;
  next_.store(number + 1, std::memory_order_release);  // release: the entry, and all it tells of, come with it
}

std::optional<Location> SequenceIndex::find(std::uint64_t number) const noexcept {
  const Place place = place_of(number);
  const std::uint64_t packed = chunks_[place.chunk][place.within];
  if (packed == kLost) return std::nullopt;
  return Location::unpacked(packed);
}

}  // namespace holdfast
