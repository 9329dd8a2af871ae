#pragma once

#include <tbb/concurrent_map.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "common/index/index_memory.hpp"

namespace holdfast::kv {

/// The bytes of a key, behind their number.
class OrderedKey {
 public:
  OrderedKey(std::string_view bytes, std::atomic<std::uint64_t>& counter);

  [[nodiscard]] std::string_view view() const noexcept;

 private:
  std::unique_ptr<char[]> bytes_;
};

/// What is known of a key.
struct OrderedEntry {
  explicit OrderedEntry(std::uint64_t first_state) noexcept : state(first_state) {}

  mutable std::atomic<std::uint64_t> state;  ///< A version, and in the lowest bit whether that erased the key.
  /// Some key before it; null: none is known.
  mutable std::atomic<const std::pair<const OrderedKey, OrderedEntry>*> before{nullptr};
};

struct OrderedLess {
  using is_transparent = void;
  [[nodiscard]] static std::string_view view(const OrderedKey& key) noexcept { return key.view(); }
  [[nodiscard]] static std::string_view view(std::string_view key) noexcept { return key; }
  template <class A, class B>
  [[nodiscard]] bool operator()(const A& a, const B& b) const noexcept {
    return view(a) < view(b);
  }
};

/// Counts the bytes that it has given out.
template <class T>
class CountingAllocator {
 public:
  using value_type = T;

  explicit CountingAllocator(std::atomic<std::uint64_t>& counter) noexcept : counter_(&counter) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other) noexcept : counter_(&other.counter()) {}

  [[nodiscard]] T* allocate(std::size_t count) {
    T* const memory = Base().allocate(count);
    counter_->fetch_add(count * sizeof(T), std::memory_order_relaxed);
    return memory;
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    counter_->fetch_sub(count * sizeof(T), std::memory_order_relaxed);
    Base().deallocate(memory, count);
  }

  [[nodiscard]] std::atomic<std::uint64_t>& counter() const noexcept { return *counter_; }
  template <class U>
  [[nodiscard]] bool operator==(const CountingAllocator<U>& other) const noexcept {
    return counter_ == &other.counter();
  }

 private:
  using Base = IndexAllocator<T>;
  std::atomic<std::uint64_t>* counter_;
};

/// Keys in bytewise order, each with the last that is known of it: a TBB skip list behind our own type. Keys are added and
/// never taken out, so whoever stands at one may go on from there at any time, whatever others add.
///
/// The list goes forward only. Each key therefore also knows some key before it, in most cases the one right before: from
/// there its predecessor is found by walking forward, and remembered. No key ever goes, so what was before a key stays
/// before it, and the walk comes to the key.
/// Threads: any.
class OrderedKeys {
 private:
  using Item = std::pair<const OrderedKey, OrderedEntry>;
  using Map = tbb::concurrent_map<OrderedKey, OrderedEntry, OrderedLess, CountingAllocator<Item>>;

 public:
  /// Where somebody stands: at a key, or behind the last one. Lifetime: the keys.
  using Position = Map::const_iterator;

  OrderedKeys();
  OrderedKeys(const OrderedKeys&) = delete;
  OrderedKeys& operator=(const OrderedKeys&) = delete;
  ~OrderedKeys();

  /// What is known of a key.
  struct Known {
    std::uint64_t version = 0;  ///< Of a write.
    bool is_erased = false;     ///< By that write.
  };

  /// Adds the key, if it is not there; of what is known of it, the highest version counts.
  void set(std::string_view key, const Known& known);
  [[nodiscard]] bool contains(std::string_view key) const { return map_.find(key) != map_.end(); }

  [[nodiscard]] Position begin() const { return map_.begin(); }
  [[nodiscard]] Position end() const { return map_.end(); }
  /// The first key that is `key` or behind it, and the first behind it.
  [[nodiscard]] Position at_or_behind(std::string_view key) const;
  [[nodiscard]] Position behind(std::string_view key) const;
  /// The key right before; nothing, if there is none.
  [[nodiscard]] std::optional<Position> before(Position position) const;

  [[nodiscard]] static std::string_view key_at(Position position) noexcept;
  [[nodiscard]] static Known known_at(Position position) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t erased() const noexcept { return erased_.load(std::memory_order_relaxed); }
  /// Memory asked for.
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

 private:
  void merge(const OrderedEntry& entry, std::uint64_t state);
  void link(Position added) const;
  [[nodiscard]] std::atomic<const Item*>& hint_of(Position position) const;

  mutable std::atomic<std::uint64_t> bytes_{0};  // first: the map's allocator counts there to the end
  std::atomic<std::uint64_t> size_{0};
  std::atomic<std::uint64_t> erased_{0};
  mutable std::atomic<const Item*> last_{nullptr};  // as an entry's `before`, for what is behind the last key
  Map map_;
};

}  // namespace holdfast::kv
