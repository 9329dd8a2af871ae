#include "common/format/segment.hpp"

#include "common/base/checksum.hpp"
#include "common/base/mutant.hpp"

namespace holdfast {
namespace {

struct SeedParts {
  std::uint64_t secret;
  std::uint64_t segment_id;
  std::uint64_t epoch_or_start;
};

std::uint64_t slice_header_seed(std::uint64_t secret, SegmentId segment_id, std::uint32_t start) noexcept {
  if (mutated(Mutant::no_secret_in_seed)) secret = 0;
  if (mutated(Mutant::no_segment_in_seed)) segment_id = 0;
  return checksum(bytes_of(SeedParts{secret, segment_id, start}), kSliceMagic);
}

}  // namespace

std::uint64_t slice_seed(std::uint64_t secret, SegmentId segment_id, std::uint32_t epoch) noexcept {
  if (mutated(Mutant::no_secret_in_seed)) secret = 0;
  if (mutated(Mutant::no_segment_in_seed)) segment_id = 0;
  if (mutated(Mutant::no_epoch_in_seed)) epoch = 0;
  return checksum(bytes_of(SeedParts{secret, segment_id, epoch}), kSegmentMagic);
}

SegmentHeaderDisk make_segment_header(std::uint64_t secret, std::uint32_t epoch, SegmentId segment_id,
                                      SpaceId space_id, std::uint64_t size_bytes) noexcept {
  SegmentHeaderDisk header{};
  header.magic = kSegmentMagic;
  header.epoch = epoch;
  header.segment_id = segment_id;
  header.space_id = space_id;
  header.size_bytes = size_bytes;
  header.check = checksum_behind_check(header, secret);
  return header;
}

bool validate(const SegmentHeaderDisk& header, std::uint64_t secret) noexcept {
  return header.magic == kSegmentMagic && header.check == checksum_behind_check(header, secret);
}

SliceHeaderDisk make_slice_header(std::uint64_t secret, std::uint32_t epoch, SegmentId segment_id, std::uint32_t start,
                                  std::uint32_t size_bytes, SliceLinkDisk previous,
                                  std::uint64_t cleaned_at) noexcept {
  SliceHeaderDisk header{};
  header.magic = kSliceMagic;
  header.epoch = epoch;
  header.segment_id = segment_id;
  header.start = start;
  header.size_bytes = size_bytes;
  header.previous = previous;
  header.cleaned_at = cleaned_at;
  header.check = checksum_behind_check(header, slice_header_seed(secret, segment_id, start));
  return header;
}

bool validate(const SliceHeaderDisk& header, std::uint64_t secret, SegmentId segment_id, std::uint32_t start,
              std::uint64_t segment_size_bytes) noexcept {
  return header.magic == kSliceMagic && header.segment_id == segment_id && header.start == start &&
         header.check == checksum_behind_check(header, slice_header_seed(secret, segment_id, start)) &&
         header.size_bytes > sizeof(SliceHeaderDisk) &&
         std::uint64_t{start} + header.size_bytes <= segment_size_bytes;
}

}  // namespace holdfast
