// The fields of each structure, as docs/format.md has them.

#include "structures.hpp"

namespace holdfast::fuzz {
namespace {

constexpr Field kSuperblockFields[] = {{0, 8},  {8, 8},  {16, 4}, {20, 4}, {24, 4}, {28, 4}, {32, 8},  {56, 8},
                                       {64, 4}, {68, 4}, {72, 8}, {80, 8}, {88, 8}, {96, 8}, {104, 4}, {108, 4}};
constexpr Field kSegmentHeaderFields[] = {{0, 8}, {8, 4}, {12, 4}, {16, 8}, {24, 8}, {32, 8}};
constexpr Field kSliceHeaderFields[] = {{0, 8},  {8, 4},  {12, 4}, {16, 8}, {24, 4},
                                        {28, 4}, {32, 8}, {40, 4}, {44, 4}, {48, 4}};
constexpr Field kRecordFields[] = {{0, 4},  {4, 1},  {5, 1},  {6, 2},  {8, 4},
                                   {12, 4}, {16, 4}, {20, 4}, {24, 8}, {32, 8}, {40, 8}};
constexpr Field kFooterFields[] = {{0, 8}, {8, 4}, {12, 4}, {16, 8}, {24, 4}, {28, 4}};
constexpr Field kFooterEntryFields[] = {{0, 8}, {8, 8}, {16, 8}, {24, 4}, {28, 4}, {32, 1}, {33, 1}};
constexpr Field kCatalogEntryFields[] = {{0, 1}, {1, 1}, {2, 2}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}};
constexpr Field kTrailerFields[] = {{0, 8}, {8, 8}};
constexpr Field kValuePartFields[] = {{0, 8}, {8, 8}, {16, 8}};
constexpr Field kLedgerKeyFields[] = {{0, 8}, {8, 8}, {16, 8}};
constexpr Field kCursorFields[] = {{0, 8}, {8, 8}, {16, 8}};
constexpr Field kShardedLogFields[] = {{0, 4},  {4, 4},  {8, 8},  {16, 8}, {24, 8},
                                       {32, 4}, {36, 4}, {40, 4}, {44, 4}, {48, 8}};
constexpr Field kCheckpointFields[] = {{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}};
constexpr Field kReshardFields[] = {{0, 4}, {4, 4}, {8, 8}, {16, 4}, {20, 4}, {24, 8}, {32, 8}, {40, 8}};
constexpr Field kMovedCutFields[] = {{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 8}};
constexpr Field kRawFields[] = {{0, 8}};

}  // namespace

std::span<const Field> fields_of(StructureKind kind) noexcept {
  switch (kind) {
    case StructureKind::superblock: return kSuperblockFields;
    case StructureKind::segment_header: return kSegmentHeaderFields;
    case StructureKind::slice_header: return kSliceHeaderFields;
    case StructureKind::record: return kRecordFields;
    case StructureKind::footer: return kFooterFields;
    case StructureKind::footer_entry: return kFooterEntryFields;
    case StructureKind::catalog_entry: return kCatalogEntryFields;
    case StructureKind::batch_trailer: return kTrailerFields;
    case StructureKind::value_part: return kValuePartFields;
    case StructureKind::ledger_key: return kLedgerKeyFields;
    case StructureKind::cursor: return kCursorFields;
    case StructureKind::sharded_log: return kShardedLogFields;
    case StructureKind::checkpoint: return kCheckpointFields;
    case StructureKind::reshard: return kReshardFields;
    case StructureKind::moved_cut: return kMovedCutFields;
    case StructureKind::raw_extent: break;
  }
  return kRawFields;
}

}  // namespace holdfast::fuzz
