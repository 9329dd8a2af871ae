#pragma once

#include <tbb/concurrent_hash_map.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/location.hpp"
#include "common/index/index_memory.hpp"

namespace holdfast {

/// What an index knows of a key.
struct IndexSlot {
  Location location{};
  std::uint64_t version = 0;
  bool erased = false;     ///< A tombstone: kept while writes of lower versions are in flight.
  bool has_parts = false;  ///< The record's value lies in extents of its own.
  bool expires = false;    ///< The record says when.
  friend bool operator==(const IndexSlot&, const IndexSlot&) = default;
};

/// All slots of one hash, as copied out of the index. Almost always none or one.
class IndexSlots {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return more_.empty() ? count_ : more_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] const IndexSlot& operator[](std::size_t i) const noexcept { return more_.empty() ? first_ : more_[i]; }
  friend bool operator==(const IndexSlots& a, const IndexSlots& b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!(a[i] == b[i])) return false;
    return true;
  }

 private:
  friend class HashIndex;
  IndexSlot first_{};
  std::size_t count_ = 0;
  std::vector<IndexSlot> more_;  // used from two slots on
};

/// From the 64-bit hash of a key to the places of the records that may be the key's: a TBB map behind
/// our own type. It never looks at the medium; whoever uses it compares keys there, outside any lock,
/// and then changes the slots only if they are still what was compared.
///
/// Different keys of one hash share an entry whose slots live in a list of their own. The map is never
/// iterated while in use, and an accessor lives inside one call only.
/// Threads: any number of callers; slots of one hash are changed by one caller at a time.
class HashIndex {
 public:
  /// Every Location::offset_8 is below.
  static constexpr std::uint64_t kOffset8End = std::uint64_t{1} << 31;

  HashIndex() : maps_(std::make_unique<Map[]>(1)) {}
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;
  ~HashIndex();

  /// Room for `count` entries without rehashing. Requires: nobody else is at work.
  void reserve(std::size_t count);

  /// The index lies in parts, each a map of its own, so that those who fill or change different ones share no counter.
  /// One, until split() says otherwise.
  [[nodiscard]] std::size_t part_count() const noexcept { return std::size_t{1} << part_bits_; }

  /// Parts fit for `count` entries. Does nothing where something is in the index already. Requires: nobody else is at work.
  void split(std::size_t count);

  /// Room for `count` entries in one part. Requires: nobody else is at work on that part.
  void reserve_part(std::size_t part, std::size_t count) { maps_[part].rehash(count); }

  /// The part that `hash` belongs to.
  [[nodiscard]] std::size_t part_of(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>((hash >> 1) >> (63 - part_bits_));
  }

  /// Brings the place where `hash` belongs into the caches, for a call that follows soon: several of them, or a
  /// write to the medium, then hide the wait for memory.
  void prefetch(std::uint64_t hash) const noexcept { map_of(hash).prefetch(hash); }

  /// The same for the entries there; some time behind prefetch().
  void prefetch_entries(std::uint64_t hash) const noexcept { map_of(hash).prefetch_entries(hash); }

  /// Puts `slot` under `hash`, if nothing is there; else changes nothing and returns false. Requires: nobody else is at
  /// work on that hash.
  [[nodiscard]] bool insert(std::uint64_t hash, const IndexSlot& slot) {
    return map_of(hash).insert(Value(hash, pack(slot)));
  }

  /// Copies out the slots of `hash`.
  [[nodiscard]] IndexSlots find(std::uint64_t hash) const;

  /// Whether the slots of `hash` are still `seen`; if not, copies the present ones there.
  [[nodiscard]] bool still(std::uint64_t hash, IndexSlots& seen) const;

  /// If the slots of `hash` are still `seen`, puts `slot` in the place of `match`, or beside them all
  /// where there is no match. Otherwise changes nothing, copies the present ones to `seen` and returns
  /// false.
  [[nodiscard]] bool replace(std::uint64_t hash, IndexSlots& seen, std::optional<std::size_t> match,
                             const IndexSlot& slot);

  /// Takes `slot` out, if it is there.
  void remove(std::uint64_t hash, const IndexSlot& slot);

 private:
  // 16 bytes: the packed location with a flag in a bit that no offset in a segment has, and version with flags; or,
  // chained, a pointer to a list of slots.
  struct Entry {
    std::uint64_t location_or_list = 0;
    std::uint64_t version_and_flags = 0;
  };
  using Chain = std::vector<IndexSlot>;
  static constexpr std::uint64_t kErased = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kChained = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kHasParts = std::uint64_t{1} << 61;
  static constexpr std::uint64_t kVersionMask = kHasParts - 1;
  static constexpr std::uint64_t kExpires = kOffset8End;

  struct HashOfHash {
    [[nodiscard]] static std::size_t hash(std::uint64_t key) noexcept { return key; }
    [[nodiscard]] static bool equal(std::uint64_t a, std::uint64_t b) noexcept { return a == b; }
  };
  using Value = std::pair<const std::uint64_t, Entry>;
  // What oneTBB shows to derived classes without documenting it is used for hints alone; where it is missing, there
  // are none.
  class Map : public tbb::concurrent_hash_map<std::uint64_t, Entry, HashOfHash, IndexAllocator<Value>> {
   public:
    template <class Hash>
    void prefetch(Hash hash) const noexcept {
      if constexpr (requires(const Map& map) { map.get_bucket(hash & map.my_mask.load()); })
        __builtin_prefetch(bucket_of(hash), 1);
    }

    // An entry that goes meanwhile does no harm: its address is not followed here.
    template <class Hash>
    void prefetch_entries(Hash hash) const noexcept {
      if constexpr (requires(const Map& map) { map.get_bucket(hash & map.my_mask.load())->node_list.load(); })
        __builtin_prefetch(bucket_of(hash)->node_list.load(std::memory_order_relaxed));
    }

   private:
    template <class Hash>
    auto bucket_of(Hash hash) const noexcept {
      return this->get_bucket(hash & this->my_mask.load(std::memory_order_acquire));
    }
  };

  // A part takes 10 KiB when it is empty: not worth it for fewer entries.
  static constexpr std::size_t kSplitCountMin = std::size_t{1} << 16;
  static constexpr unsigned kPartBits = 4;

  [[nodiscard]] Map& map_of(std::uint64_t hash) noexcept { return maps_[part_of(hash)]; }
  [[nodiscard]] const Map& map_of(std::uint64_t hash) const noexcept { return maps_[part_of(hash)]; }

  [[nodiscard]] static Entry pack(const IndexSlot& slot) noexcept;
  [[nodiscard]] static IndexSlot unpack(const Entry& entry) noexcept;
  [[nodiscard]] static Chain* chain_of(const Entry& entry) noexcept;
  static void copy(const Entry& entry, IndexSlots& slots);

  std::unique_ptr<Map[]> maps_;
  unsigned part_bits_ = 0;
  std::atomic<std::size_t> chains_made_{0};
};

}  // namespace holdfast
