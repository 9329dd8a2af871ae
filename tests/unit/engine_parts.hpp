#pragma once

#include <memory>

#include "common/engine/catalog.hpp"
#include "common/engine/extents.hpp"
#include "common/engine/read_guards.hpp"
#include "common/engine/segments.hpp"
#include "common/engine/space.hpp"
#include "memory_storage.hpp"

namespace holdfast {

/// What lies under an engine, on a medium in memory, put together as the engine does it; with one space.
class EngineParts {
 public:
  static constexpr StoreIdentity kIdentity{.secret = 4711, .epoch = 1};
  static constexpr std::uint64_t kSegmentSize = kSegmentSizeBytesMin;

  explicit EngineParts(std::uint64_t size_bytes = kMiB, std::uint64_t max_size_bytes = 16 * kMiB)
      : storage(memory_storage(size_bytes, max_size_bytes)) {
    SuperblockDisk superblock{};
    superblock.format_version = kFormatVersion;
    superblock.secret = kIdentity.secret;
    superblock.epoch = kIdentity.epoch;
    superblock.segment_size_bytes = kSegmentSize;
    EXPECT_TRUE(ok(Catalog::format(*storage, superblock)));
    auto loaded = Catalog::load(*storage, superblock);
    EXPECT_TRUE(ok(loaded));
    catalog = std::move(*loaded);
    extents = std::make_unique<Extents>(*storage);
    EXPECT_TRUE(ok(extents->take({0, kSuperblockAreaSizeBytes})));
    EXPECT_TRUE(ok(extents->take(catalog->extent())));
    catalog->start_writing(superblock, *extents, slices);
    segments = std::make_unique<Segments>(*storage, *catalog, *extents, guards, pins, kIdentity, kSegmentSize, slices);
    space_id = catalog->reserve_space_id();
    EXPECT_TRUE(ok(catalog->commit({{.type = CatalogEntryType::add_space,
                                     .kind = SpaceKind::kv,
                                     .space_id = space_id,
                                     .name = "space"}})));
  }

  [[nodiscard]] SpaceContext context(bool shares_syncs = true) {
    return {.segments = segments.get(),
            .slices = slices,
            .identity = kIdentity,
            .record_alignment = shares_syncs ? kRecordAlignmentMin : kCacheLineSizeBytes,
            .shares_syncs = shares_syncs};
  }

  [[nodiscard]] std::size_t segment_count() const { return catalog->state().segments().size(); }

  std::unique_ptr<Storage> storage;
  SliceTable slices;
  ReadGuards guards;
  SegmentPins pins;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<Extents> extents;
  std::unique_ptr<Segments> segments;
  SpaceId space_id = 0;
};

}  // namespace holdfast
