#pragma once

#include <tbb/spin_mutex.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <holdfast/region.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "region/extent_table.hpp"
#include "region/extent_swap.hpp"
#include "region/growth_order.hpp"
#include "region/in_place_writes.hpp"
#include "region/patch.hpp"

namespace holdfast::region {

class RegionDirectory;

/// A region at work: where its bytes lie, how many are shown, and how many the catalog knows of.
///
/// A write inside the region goes straight to its extents. One that makes it longer claims its range first
/// (GrowthOrder), fills a gap with zeros, and is shown when everything below is filled. The catalog learns the new size
/// behind the next drain, never before. What is to be all or nothing goes into new extents instead (ExtentSwap), while
/// writes in place wait.
///
/// Locks, in this order: the directory's; sizing_ (what the catalog says of the region); the growth order's; the table's.
/// A reader takes the last one alone, for the copy of a pointer.
/// Threads: any number of callers.
class RegionSpace {
 public:
  RegionSpace(std::shared_ptr<EngineGate> gate, RegionDirectory& directory, Space& space, RegionId id, std::string name,
              ExtentTable table, std::uint64_t size_bytes, bool may_be_dirty);

  [[nodiscard]] Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes, Durability durability,
                                      std::uint64_t size_bytes_max);
  [[nodiscard]] Result<std::uint64_t> append(std::span<const std::byte> bytes, Durability durability,
                                             std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> write_each(std::span<const RegionWrite> writes, Durability durability,
                                        std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> update(std::span<const RegionWrite> writes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> truncate_write(std::uint64_t offset, std::span<const std::byte> bytes,
                                            std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> read_at(std::uint64_t offset, std::span<std::byte> bytes) const;
  [[nodiscard]] Result<void> read_each(std::span<const RegionRead> reads) const;
  [[nodiscard]] Result<RegionView> view(std::uint64_t offset, std::uint64_t size_bytes) const;
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<void> reserve(std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> truncate(std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<void> shrink();
  [[nodiscard]] Result<bool> flush();
  [[nodiscard]] Result<void> set_metadata(const RegionMetadata& metadata);
  [[nodiscard]] Result<RegionInfo> info() const;
  [[nodiscard]] Result<void> rename(std::string_view name);
  [[nodiscard]] Result<void> remove();

  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }
  [[nodiscard]] RegionId id() const noexcept { return id_; }
  [[nodiscard]] std::string name() const;

  /// What Store::sync does for all regions in one go, in three steps: lock the size if there is something to say, ...
  [[nodiscard]] std::unique_lock<std::mutex> lock_if_dirty();
  /// ... note it before the drain, ...
  struct Flush {
    std::uint64_t size_bytes = 0;
    bool had_bytes = false;
  };
  [[nodiscard]] Flush begin_flush() noexcept;
  /// ... and behind it take the result; `entry` has been published by then.
  [[nodiscard]] std::optional<CatalogEntry> size_entry(const Flush& flush) const;
  void end_flush(const Flush& flush, bool succeeded) noexcept;

 private:
  friend class RegionDirectory;

  [[nodiscard]] Result<std::shared_ptr<const ExtentTable>> table_for(std::uint64_t offset, std::uint64_t size_bytes) const;
  [[nodiscard]] std::shared_ptr<const ExtentTable> table() const;
  void set_table(std::shared_ptr<const ExtentTable> table) noexcept;
  [[nodiscard]] Result<EngineGate::Pass> enter() const;
  [[nodiscard]] Result<void> check_present() const;
  [[nodiscard]] Result<void> make_room(RawBytes& raw, std::uint64_t size_bytes);
  [[nodiscard]] Result<void> write_inside(RawBytes& raw, const ExtentTable& table, std::uint64_t offset,
                                          std::span<const std::byte> bytes, Durability durability);
  /// False, and nothing was written, if not all lies inside the region.
  [[nodiscard]] Result<bool> write_if_inside(RawBytes& raw, std::uint64_t offset, std::span<const std::byte> bytes,
                                             Durability durability);
  [[nodiscard]] Result<bool> write_all_if_inside(RawBytes& raw, std::span<const RegionWrite> writes,
                                                 Durability durability);
  [[nodiscard]] Result<void> write_zeros(RawBytes& raw, const ExtentTable& table, std::uint64_t begin, std::uint64_t end);
  /// Writes `bytes` at `offset`, or at the end, and makes the region longer; where they were written. Nothing, if it
  /// is as long as that already: then nothing was written.
  [[nodiscard]] Result<std::optional<std::uint64_t>> write_growing(RawBytes& raw, std::optional<std::uint64_t> offset,
                                                                   std::span<const std::byte> bytes,
                                                                   Durability durability, std::uint64_t size_bytes_max);
  [[nodiscard]] Result<bool> flush_locked(RawBytes& raw);
  [[nodiscard]] Result<void> flush_up_to(RawBytes& raw, std::uint64_t size_bytes);
  /// Puts new extents with the bytes of `patch` in the place of the blocks it touches; the region is `size_bytes` long
  /// then, and has given up its room from `capacity` on. Requires: no write is under way and none can begin; the caller
  /// holds sizing_; the patch covers what lies between the present size and the new one.
  [[nodiscard]] Result<void> swap_in(Engine& engine, RawBytes& raw, const Patch& patch, std::uint64_t size_bytes,
                                     std::uint64_t capacity);
  [[nodiscard]] Result<void> take_swap(RawBytes& raw, ExtentSwap& swap, std::uint64_t size_bytes);
  /// False, and nothing has changed, if the region is shorter than that.
  [[nodiscard]] Result<bool> cut_to(RawBytes& raw, std::uint64_t size_bytes, std::uint64_t capacity);
  [[nodiscard]] Result<void> remove_from(Engine& engine);
  void mark_dirty() noexcept { dirty_.store(true, std::memory_order_release); }

  std::shared_ptr<EngineGate> gate_;
  RegionDirectory& directory_;  // the store's, as the two below: touched only inside the gate
  Space& space_;
  RegionId id_;

  std::mutex sizing_;  // held while the catalog learns a size: sizes there come in order. No reader waits for it.
  std::atomic<std::uint64_t> durable_size_bytes_;  // what the catalog says; changed under sizing_
  std::atomic<bool> dirty_;           // bytes were written that no drain has covered
  std::atomic<bool> removed_{false};
  GrowthOrder growth_;
  InPlaceWrites in_place_;

  mutable tbb::spin_mutex table_mutex_;  // guards the two below
  std::shared_ptr<const ExtentTable> table_;
  std::string name_;
};

}  // namespace holdfast::region
