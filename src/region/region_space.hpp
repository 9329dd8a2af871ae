#pragma once

#include <tbb/spin_mutex.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <holdfast/region.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "region/access_counters.hpp"
#include "region/compressed.hpp"
#include "region/extent_table.hpp"
#include "region/growth_order.hpp"
#include "region/in_place_writes.hpp"
#include "region/metadata.hpp"
#include "region/patch.hpp"
#include "region/region_flush.hpp"
#include "region/run.hpp"

namespace holdfast::region {

class RegionChange;
class RegionDirectory;

/// A region at work: where its bytes lie, how many are shown, and how many the catalog knows of.
///
/// A write inside a plain region goes straight to its extents. One that makes it longer claims its range first
/// (GrowthOrder), fills a gap with zeros, and is shown when everything below is filled. The catalog learns the new size
/// behind the next sync, never before. What is to be all or nothing goes into new extents instead (RegionChange), while
/// writes in place wait; in checked regions, and in holes, every write does.
///
/// Locks, in this order: the directory's; sizing_ (what the catalog says of the region); the growth order's; the table's.
/// A reader takes the last one alone, for the copy of a pointer. Of a region and its versions the region's come first.
/// Threads: any number of callers.
class RegionSpace : public std::enable_shared_from_this<RegionSpace> {
 public:
  /// What a region is made of.
  struct Origin {
    Space& space;
    RegionId id = 0;
    std::string name{};
    ExtentTable table{};
    std::uint64_t size_bytes = 0;
    bool may_be_dirty = false;
    KeptMetadata kept{};
    bool counts = true;
  };
  RegionSpace(std::shared_ptr<EngineGate> gate, RegionDirectory& directory, Origin origin);

  // what is read
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] Result<void> read_each(std::span<const RegionRead> reads) const;
  [[nodiscard]] Result<RegionView> view(std::uint64_t offset, std::uint64_t size_bytes) const;
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<RegionInfo> info() const;
  [[nodiscard]] Result<RegionStatistics> statistics() const;

  // what is written in place, or instead of what is there
  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes, Durability durability,
                                      std::uint64_t size_bytes_max);
  [[nodiscard]] Result<std::uint64_t> append(std::span<const std::byte> bytes, Durability durability,
                                             std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> write_each(std::span<const RegionWrite> writes, Durability durability,
                                        std::uint64_t size_bytes_max);
  [[nodiscard]] Result<MutableRegionView> mutable_view(std::uint64_t offset, std::uint64_t size_bytes);
  /// A mutable view over extents of `table` says what was stored there.
  [[nodiscard]] Result<void> take_stores(const ExtentTable& table, std::uint64_t offset, std::uint64_t size_bytes);
  [[nodiscard]] Result<void> update(std::span<const RegionWrite> writes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> truncate_write(std::uint64_t offset, std::span<const std::byte> bytes,
                                            std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> punch(std::uint64_t offset, std::uint64_t size_bytes);
  [[nodiscard]] Result<void> reserve(std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> truncate(std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> shrink();
  [[nodiscard]] Result<bool> flush();

  // what becomes of the whole
  [[nodiscard]] Result<void> seal();
  [[nodiscard]] Result<RegionVersion> replace(std::span<const std::byte> bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<RegionVersion> keep_version();
  [[nodiscard]] Result<std::vector<RegionVersion>> versions() const;
  [[nodiscard]] Result<std::shared_ptr<RegionSpace>> version(std::uint64_t number) const;
  [[nodiscard]] Result<void> set_versions_kept(std::uint32_t count, bool compressed);
  [[nodiscard]] Result<void> set_metadata(const RegionMetadata& metadata);
  [[nodiscard]] Result<void> rename(std::string_view name);
  [[nodiscard]] Result<void> remove();

  /// Bytes for a place, or the bytes that the region is to end with.
  struct Step {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes{};
    std::uint64_t size_bytes_max = 0;  ///< As whoever asks for it has it.
    bool is_end = false;
  };
  /// A change that takes `steps` one after the other, prepared; null if there is nothing to do. Lifetime: the bytes' until
  /// it is true. Errors: as update().
  [[nodiscard]] Result<std::unique_ptr<RegionChange>> plan(RawBytes& raw, std::span<const Step> steps);

  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }
  [[nodiscard]] RegionId id() const noexcept { return id_; }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool is_version() const noexcept { return version_of_ != 0; }

  /// What Store::sync does for all regions in one go, in three steps: lock the size if there is something to say, ...
  [[nodiscard]] std::unique_lock<std::mutex> lock_if_dirty();
  /// ... note it before the drain, ...
  [[nodiscard]] RegionFlush begin_flush() noexcept;
  /// ... and behind it take the result; `entry` has been published by then.
  [[nodiscard]] std::optional<CatalogEntry> size_entry(const RegionFlush& flush) const;
  void end_flush(RegionFlush& flush, bool succeeded) noexcept;
  /// The bytes alone.
  void take_back(RegionFlush& flush, bool succeeded) noexcept;

  void count_read(std::uint64_t size_bytes) const noexcept {
    if (counters_ != nullptr) counters_->count_read(size_bytes);
  }
  void count_write(std::uint64_t size_bytes) const noexcept {
    if (counters_ != nullptr) counters_->count_write(size_bytes);
  }

 private:
  friend class RegionChange;
  friend class RegionDirectory;
  friend class VersionKeeper;

  [[nodiscard]] Result<std::shared_ptr<const ExtentTable>> table_for(std::uint64_t offset, std::uint64_t size_bytes) const;
  [[nodiscard]] std::shared_ptr<const ExtentTable> table() const;
  /// One that holds that many bytes, or as many as the region has by then.
  [[nodiscard]] std::shared_ptr<const ExtentTable> table_holding(std::uint64_t& size_bytes) const;
  void set_table(std::shared_ptr<const ExtentTable> table) noexcept;
  [[nodiscard]] Result<EngineGate::Pass> enter() const;
  [[nodiscard]] Result<void> check_present() const;
  [[nodiscard]] Result<void> check_changeable() const;
  void mark_dirty(HeldExtent& extent) noexcept {
    extent.mark_dirty();
    dirty_.store(true, std::memory_order_release);
  }

  // reading (region_read.cpp)
  [[nodiscard]] Result<void> look_at(Engine& engine, const ExtentTable& table, std::uint64_t offset,
                                     std::uint64_t size_bytes) const;
  [[nodiscard]] Result<void> look_at(Engine& engine, const RawExtent& extent) const;
  void restore(Engine& engine, const HeldExtent& whole, HeldExtent& damaged) const;
  [[nodiscard]] Result<void> read_from(Engine& engine, const ExtentTable& table, std::uint64_t offset,
                                       std::span<std::byte> bytes) const;
  static void copy(const Engine& engine, const ExtentTable& table, std::uint64_t offset, std::span<std::byte> bytes);

  // writing
  enum class Placed : std::uint8_t { inside, outside, in_hole };
  [[nodiscard]] Result<void> write_inside(RawBytes& raw, const ExtentTable& table, std::uint64_t offset,
                                          std::span<const std::byte> bytes, Durability durability);
  /// Unless all lies inside the region and in no hole, nothing was written.
  [[nodiscard]] Result<Placed> write_if_inside(RawBytes& raw, std::uint64_t offset, std::span<const std::byte> bytes,
                                               Durability durability);
  [[nodiscard]] Result<bool> write_all_if_inside(RawBytes& raw, std::span<const RegionWrite> writes,
                                                 Durability durability);
  /// Nothing, and nothing was written, where stores are not what to append `bytes` by.
  [[nodiscard]] std::optional<std::uint64_t> append_by_store(RawBytes& raw, std::span<const std::byte> bytes,
                                                             std::uint64_t size_bytes_max);
  [[nodiscard]] static bool open_last(RawBytes& raw, HeldExtent& extent);
  void prepare_stores(RawBytes& raw, ByteRange extent, std::uint64_t offset, std::uint64_t size_bytes) noexcept;
  [[nodiscard]] Result<void> write_zeros(RawBytes& raw, const ExtentTable& table, std::uint64_t begin, std::uint64_t end);
  /// Writes `bytes` at `offset`, or at the end, and makes the region longer. Nothing was written if it is as long as that
  /// already (`inside`), or if they begin in a hole.
  struct Grown {
    Placed placed{};
    std::uint64_t at = 0;
  };
  [[nodiscard]] Result<Grown> write_growing(RawBytes& raw, std::optional<std::uint64_t> offset,
                                            std::span<const std::byte> bytes, Durability durability,
                                            std::uint64_t size_bytes_max);
  [[nodiscard]] Result<std::uint64_t> append_checked(RawBytes& raw, std::span<const std::byte> bytes,
                                                     std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> make_room(RawBytes& raw, std::uint64_t size_bytes);
  [[nodiscard]] Result<bool> flush_locked(RawBytes& raw);
  [[nodiscard]] Result<void> flush_up_to(RawBytes& raw, std::uint64_t size_bytes);
  [[nodiscard]] Result<void> change(std::span<const Step> steps);
  [[nodiscard]] Runs holes_around(const Patch& patch) const;

  [[nodiscard]] Result<void> end_last_block(RawBytes& raw, const RegionChange& change);

  template <class Change>
  [[nodiscard]] Result<void> change_metadata(RawBytes& raw, const Change& change);
  [[nodiscard]] std::shared_ptr<const KeptMetadata> kept() const;
  void set_kept(std::shared_ptr<const KeptMetadata> kept) noexcept;

  // cutting (region_cut.cpp)
  /// False, and nothing has changed, if the region is shorter than that; grow_with_holes: if it is as long as that.
  [[nodiscard]] Result<bool> cut_to(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t capacity);
  [[nodiscard]] Result<bool> grow_with_holes(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] std::uint64_t capacity_for(std::uint64_t size_bytes) const noexcept;
  [[nodiscard]] std::uint64_t capacity_without_holes(std::uint64_t size_bytes, std::uint64_t capacity) const;

  std::shared_ptr<EngineGate> gate_;
  RegionDirectory& directory_;  // the store's, as the space: touched only inside the gate
  Space& space_;
  const RegionId id_;
  const std::uint32_t checked_block_bytes_;
  const bool is_mirrored_;
  const SpaceId version_of_;
  const std::uint64_t version_number_;
  const std::unique_ptr<CompressedBytes> compressed_;  // null, if the bytes are what they say
  const std::unique_ptr<AccessCounters> counters_;     // null, if nothing is counted

  std::mutex sizing_;  // held while the catalog learns a size: sizes there come in order. No reader waits for it.
  std::atomic<std::uint64_t> durable_size_bytes_;  // what the catalog says; changed under sizing_
  std::atomic<bool> dirty_;           // bytes were written that no sync has covered
  std::atomic<std::uint64_t> appended_bytes_{0};  // buffered, since the last flush
  std::atomic<bool> removed_{false};
  std::atomic<bool> sealed_;
  GrowthOrder growth_;
  std::uint64_t stores_prepared_begin_ = 0;  // in the store; guarded by the growth order's lock
  std::uint64_t stores_prepared_end_ = 0;
  InPlaceWrites in_place_;
  mutable std::mutex restoring_;  // one mirror at a time is copied back; held across I/O, damage is rare

  mutable tbb::spin_mutex table_mutex_;  // guards the three below
  std::shared_ptr<const ExtentTable> table_;
  std::shared_ptr<const KeptMetadata> kept_;
  std::string name_;

  mutable std::mutex versions_mutex_;  // guards the list; taken under all others
  std::map<std::uint64_t, std::shared_ptr<RegionSpace>> versions_;  // by number
};

}  // namespace holdfast::region
