#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/location.hpp"

namespace holdfast {

/// Where the records of a stream lie, by number, 8 bytes each. Numbers only rise; any of them may be missing. A radix tree
/// of 512-way nodes: runs that are missing cost nothing, and no entry ever moves. One thread at a time adds at the end;
/// readers take no lock.
class SequenceIndex {
 public:
  SequenceIndex() = default;
  SequenceIndex(const SequenceIndex&) = delete;
  SequenceIndex& operator=(const SequenceIndex&) = delete;
  ~SequenceIndex();

  /// Numbers below `number` that are not there yet never will be. Threads: as append.
  void skip_to(std::uint64_t number) noexcept;

  /// Shows the next number's record. Threads: one at a time, each behind the last.
  void append(Location location);

  /// Room for all numbers from next() to below `end`: appending them needs no memory then. Threads: as append.
  void make_room(std::uint64_t end);

  /// The number behind the last one shown.
  [[nodiscard]] std::uint64_t next() const noexcept { return next_.load(std::memory_order_acquire); }

  /// Where record `number` lies; nothing if it is missing.
  [[nodiscard]] std::optional<Location> find(std::uint64_t number) const noexcept;

  /// The lowest number from `from` on, below `end`, that is there. Cost: of the nodes between, not of the numbers.
  [[nodiscard]] std::optional<std::uint64_t> next_present(std::uint64_t from, std::uint64_t end) const noexcept;

  /// The highest number up to `from`, not below `begin`, that is there. Cost: as next_present.
  [[nodiscard]] std::optional<std::uint64_t> previous_present(std::uint64_t from, std::uint64_t begin) const noexcept;

  /// The record `number`, if it lies at `from`, is found at `to` from now on. Threads: any, beside append, not beside
  /// forget_below.
  bool move(std::uint64_t number, Location from, Location to) noexcept;

  /// The record `number` is missing from now on, if it lies at `at`. Threads: as move.
  bool erase(std::uint64_t number, Location at) noexcept;

  /// Takes out what only numbers below `number` need. Readers may still look at it: whoever gets it keeps it until they
  /// cannot. Requires: number <= next(). Threads: one at a time, beside append. Throws std::bad_alloc; then nothing changed.
  [[nodiscard]] std::shared_ptr<const void> forget_below(std::uint64_t number);

  /// Those from `begin` to below `end` are missing from now on; how many were there. Their memory goes when forget_below()
  /// passes them. Requires: end <= next(). Threads: as append.
  std::uint64_t take_out(std::uint64_t begin, std::uint64_t end) noexcept;

  [[nodiscard]] std::uint64_t memory_bytes() const noexcept { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr unsigned kNodeBits = 9;
  static constexpr std::size_t kNodeSize = std::size_t{1} << kNodeBits;
  static constexpr std::uintptr_t kHeightMask = 7;  // 8 levels of 9 bits reach beyond 64 bits
  static constexpr std::uint64_t kMissing = 0;      // where the first segment header would lie: no record's place

  struct alignas(64) Leaf {
    std::array<std::atomic<std::uint64_t>, kNodeSize> entries{};
  };
  struct alignas(64) Node {
    std::array<std::atomic<void*>, kNodeSize> children{};  // leaves at height 1
  };
  struct Root {
    void* node;
    unsigned height;  // 0: a leaf
  };
  struct Detached;

  [[nodiscard]] static constexpr bool fits(std::uint64_t number, unsigned height) noexcept {
    const unsigned bits = kNodeBits * (height + 1);
    return bits >= 64 || number >> bits == 0;
  }
  [[nodiscard]] static constexpr std::size_t place(std::uint64_t number, unsigned height) noexcept {
    return (number >> (kNodeBits * height)) & (kNodeSize - 1);
  }
  [[nodiscard]] Root root() const noexcept {
    const std::uintptr_t packed = root_.load(std::memory_order_acquire);
    return {reinterpret_cast<void*>(packed & ~kHeightMask), static_cast<unsigned>(packed & kHeightMask)};
  }
  void set_root(void* node, unsigned height) noexcept {
    root_.store(reinterpret_cast<std::uintptr_t>(node) | height, std::memory_order_release);
  }

  template <class T>
  [[nodiscard]] T* make();
  void grow_to(std::uint64_t number);
  [[nodiscard]] Leaf& leaf_for(std::uint64_t number);
  /// Numbers of which none is there.
  struct Missing {
    std::uint64_t first;
    std::uint64_t last;
  };
  /// The leaf of `number`; null, and all that is missing around it for want of a node, if nothing is there.
  [[nodiscard]] const Leaf* leaf_of(std::uint64_t number, Missing& missing) const noexcept;
  /// The number behind them; at most `end`.
  [[nodiscard]] static std::uint64_t behind(const Missing& missing, std::uint64_t end) noexcept {
    return missing.last >= end ? end : missing.last + 1;
  }
  [[nodiscard]] std::atomic<std::uint64_t>* entry_of(std::uint64_t number) const noexcept;
  static void free_tree(void* node, unsigned height) noexcept;
  [[nodiscard]] static std::uint64_t tree_bytes(const void* node, unsigned height) noexcept;
  [[nodiscard]] static std::size_t count_below(const Node& node, unsigned height, std::uint64_t number) noexcept;

  // Packed: the node's address, and its height in the low bits. Nodes are there before anything shows them.
  std::atomic<std::uintptr_t> root_{0};
  std::atomic<std::uint64_t> next_{1};
  std::atomic<std::uint64_t> memory_bytes_{0};
  Leaf* last_leaf_ = nullptr;  // the appender's: of the numbers from last_leaf_index_ * kNodeSize on
  std::uint64_t last_leaf_index_ = 0;
};

}  // namespace holdfast
