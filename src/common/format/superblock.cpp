#include "common/format/superblock.hpp"

#include <algorithm>

#include "common/base/checksum.hpp"

namespace holdfast {

bool validate(const SuperblockDisk& superblock) noexcept {
  return superblock.magic == kSuperblockMagic &&
         superblock.check == checksum_behind_check(superblock, kSuperblockMagic) && superblock.clean <= 1 &&
         std::has_single_bit(superblock.segment_size_bytes) &&
         superblock.segment_size_bytes >= kSegmentSizeBytesMin &&
         superblock.segment_size_bytes <= kSegmentSizeBytesMax &&
         superblock.catalog_segment_id <= kSegmentIdMax && superblock.catalog_offset % kBlockSizeBytes == 0 &&
         superblock.catalog_size_bytes % kBlockSizeBytes == 0;
}

void seal(SuperblockDisk& superblock) noexcept {
  superblock.magic = kSuperblockMagic;
  superblock.check = checksum_behind_check(superblock, kSuperblockMagic);
}

}  // namespace holdfast
