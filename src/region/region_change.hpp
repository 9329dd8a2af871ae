#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "region/extent_swap.hpp"
#include "region/growth_order.hpp"
#include "region/in_place_writes.hpp"
#include "region/patch.hpp"
#include "region/region_flush.hpp"
#include "region/run.hpp"

namespace holdfast::region {

class RegionSpace;

/// A change of where a region's bytes lie, all or nothing, from the moment when its writers are held off until one
/// catalog record, which several regions may share, has made it true.
///
/// Crash order, as in docs/durability.md "regions": (1) the new extents hold their bytes, durable; (2) one catalog
/// record names them, forgets those they replace, and says the size; (3) an old one is given out again when the last who
/// looks at it lets go.
///
/// While it lives no write to the region is under way and none begins; readers go on. Several are made in the order of
/// their regions' ids.
/// Threads: one.
class RegionChange {
 public:
  /// What is to become of mutable views, whose stores cannot be held off.
  enum class Views : std::uint8_t { refused, go_on };

  /// Errors: not_found (removed), read_only (sealed), busy (a mutable view lives), that of a growth that failed.
  [[nodiscard]] static Result<std::unique_ptr<RegionChange>> begin(RegionSpace& region, Views views);
  /// The same of a region that may be sealed, to end it.
  [[nodiscard]] static Result<std::unique_ptr<RegionChange>> begin_removal(RegionSpace& region);

  RegionChange(const RegionChange&) = delete;
  RegionChange& operator=(const RegionChange&) = delete;
  ~RegionChange() = default;

  [[nodiscard]] RegionSpace& region() const noexcept { return region_; }

  /// Where its bytes lie until then.
  [[nodiscard]] const ExtentTable& before() const noexcept { return *before_; }

  /// Bytes in the region as it is.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return alone_.size_bytes(); }

  struct Plan {
    Patch patch{};                          ///< Covers what lies between the present size and the new one.
    std::uint64_t size_bytes = 0;           ///< Of the region then.
    std::uint64_t capacity = UINT64_MAX;    ///< Room from there on is given up.
    Runs also{};                            ///< Blocks that get new extents although the patch does not touch them.
    ExtentSwap::Kept kept = ExtentSwap::Kept::as_they_are;
    bool is_flushed = false;   ///< What was written before is durable with it, also where the size stays.
    bool leaves_old = false;   ///< The present extents are not the region's to forget: somebody else takes them.
  };

  /// Takes new extents for what the plan touches, and lists what they shall hold. Lifetime: the patch's bytes', until
  /// write().
  /// Errors: no_space, corruption (bytes that go on fail their checksum).
  [[nodiscard]] Result<void> prepare(RawBytes& raw, const Plan& plan);

  /// (1) for all of `changes`, with one sync or fence. Errors: io, locked.
  [[nodiscard]] static Result<void> write(RawBytes& raw, std::span<const std::unique_ptr<RegionChange>> changes);

  /// What record (2) must say.
  void add_entries(std::vector<CatalogEntry>& entries) const;

  /// What the record of a removal must say, but for the space itself.
  void add_removal(std::vector<CatalogEntry>& entries) const;
  /// The record of the removal is durable.
  void complete_removal() noexcept;

  /// The record was written, or may have been: its extents are not to be given back.
  void set_named() noexcept;

  /// (3): the record is durable.
  void complete() noexcept;

  /// (1) to (3) of one change. Errors: as write(), no_space.
  [[nodiscard]] static Result<void> make_true(RawBytes& raw, std::unique_ptr<RegionChange> change,
                                              std::vector<CatalogEntry> also = {});
  /// (2) and (3) of all of `changes`.
  [[nodiscard]] static Result<void> publish(RawBytes& raw, std::span<const std::unique_ptr<RegionChange>> changes,
                                            std::vector<CatalogEntry> also = {});

 private:
  explicit RegionChange(RegionSpace& region);

  RegionSpace& region_;
  std::unique_lock<std::mutex> sizing_;
  GrowthOrder::Alone alone_;
  InPlaceWrites::Closed closed_;
  std::shared_ptr<const ExtentTable> before_;
  std::shared_ptr<const ExtentTable> nothing_;  // for a removal, behind whose record nothing may fail
  std::uint64_t new_size_bytes_ = 0;
  bool is_resized_ = false;
  bool is_flushed_ = false;
  std::optional<ExtentSwap> swap_;
  std::vector<WriteRange> writes_;
};

/// Unpublished extents for what `plan` touches, and what they shall hold.
/// Lifetime: the ranges refer to the patch's bytes, and to the medium's. Errors: no_space, corruption.
[[nodiscard]] Result<std::vector<RawExtent>> extents_for(RawBytes& raw, const ExtentTable& before,
                                                         const RegionChange::Plan& plan, const RegionForm& form,
                                                         std::vector<WriteRange>& writes);

}  // namespace holdfast::region
