#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base_store.hpp"
#include "common/format/layout.hpp"

namespace holdfast::fuzz {

enum class StructureKind : std::uint8_t {
  superblock,
  segment_header,
  slice_header,
  record,         ///< Header, key and payload.
  footer,
  footer_entry,
  catalog_entry,
  batch_trailer,
  value_part,
  ledger_key,     ///< And the name behind it. The values of the ledger follow, with what belongs to them.
  cursor,
  sharded_log,
  checkpoint,
  reshard,
  moved_cut,
  raw_extent,     ///< Of a large value or a region: no structure, no check of its own.
};

/// Where a structure of a base store lies. Offsets are in the store.
struct Structure {
  StructureKind kind{};
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::size_t sealed_by = 0;  ///< Index of the structure that carries the check over it; its own, or a record's, a footer's.
  std::size_t slice = 0;      ///< Index of the header of its slice, of records and footers.
  SegmentId segment_id = 0;
  std::uint64_t segment_offset = 0;
  std::uint64_t segment_size_bytes = 0;
};

/// A field of an integer type in a structure on media.
struct Field {
  std::size_t offset = 0;
  std::size_t size_bytes = 0;
};

/// Those of a kind that lie before the bytes that anybody may choose; of the ledger's also the ids behind them, as a log of
/// the base stores has them. Never empty.
[[nodiscard]] std::span<const Field> fields_of(StructureKind kind) noexcept;

/// All structures of one base store, and how their checks are made right again.
class Structures {
 public:
  explicit Structures(const Image& image);

  [[nodiscard]] const std::vector<Structure>& all() const noexcept { return all_; }
  [[nodiscard]] const Structure& at(std::size_t index) const noexcept { return all_[index % all_.size()]; }

  /// Makes the check over structure `index` in `image` right for what lies there now, parts of a large value included;
  /// false where it has none.
  bool seal(Image& image, std::size_t index) const;

  /// The same for a slice's header and all its records, whose seeds depend on what the header says.
  std::size_t seal_slice(Image& image, std::size_t header) const;

  /// Whether a record of `image` proves itself though it is not the base store's: then somebody has met its checks.
  [[nodiscard]] bool has_new_record(const Image& base, const Image& image) const;

 private:
  class Walk;

  void seal_record(Image& image, const Structure& record) const;
  void seal_parts(Image& image, const Structure& record) const;
  void seal_footer(Image& image, const Structure& footer) const;
  [[nodiscard]] std::uint64_t seed_of(const Image& image, const Structure& in_slice) const;

  std::uint64_t secret_ = 0;
  std::vector<Structure> all_;
};

/// The structures of base_store(number).
[[nodiscard]] const Structures& structures(std::size_t number);

}  // namespace holdfast::fuzz
