#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/out_of_memory.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {

/// The writes of one batch, and what becomes of those of keys: they are registered as pending with their spaces before
/// the batch is written, and taken into the indexes behind it. What else the batch writes is the caller's business.
///
/// add() each change of a key; run() then asks the caller to begin_next() each of them, with entries of its own between
/// them where it likes, and to write entries().
/// Threads: one.
class BatchWrites {
 public:
  /// Lists that a thread uses again and again, so that a batch allocates nothing of its own; none of its batches is at
  /// work.
  [[nodiscard]] static BatchWrites& of_this_thread() {
    thread_local BatchWrites writes;
    writes.clear();
    return writes;
  }

  /// Lifetime of key and value: until run() returns.
  void add_put(KvSpace& space, std::string_view key, std::string_view value, Lifespan lifespan) {
    add({.space = &space, .key = key, .value = value, .lifespan = lifespan});
  }
  void add_erase(KvSpace& space, std::string_view key) { add({.space = &space, .key = key, .erases = true}); }

  /// Begins the next change that was added, if none behind it is on the same key. Requires: inside run().
  /// Errors: not_found (its space was dropped), too_large (Options::index_bytes_max).
  [[nodiscard]] Result<void> begin_next(Engine& engine);

  void add_entry(const WriteEntry& entry) { entries_.push_back(entry); }
  [[nodiscard]] std::span<WriteEntry> entries() noexcept { return entries_; }

  /// Makes one batch of it all: `begin` adds all entries, of which there are `entry_count` at most, and `write` writes them.
  /// Whatever either answers, no key is left pending.
  template <class Begin, class Write>
  [[nodiscard]] Result<void> run(Engine& engine, Durability durability, std::size_t entry_count, const Begin& begin,
                                 const Write& write);

 private:
  struct Change {
    std::uint64_t hash = 0;
    KvSpace* space = nullptr;
    std::string_view key{};
    std::string_view value{};
    Lifespan lifespan{};
    bool erases = false;
    bool counts = true;  ///< None behind it is on the same key.
  };
  struct Pending {
    KvSpace* space;
    PendingWrite write;
    std::size_t entry;
  };
  static constexpr std::size_t kKeptCountMax = 4096;

  void add(const Change& change);
  void clear() noexcept;
  void find_last_changes();
  void make_way(Engine& engine) const;
  void expect_publish() const noexcept;
  [[nodiscard]] Result<void> end(Engine& engine, Durability durability, Result<void> written) noexcept;

  std::vector<Change> changes_;
  std::size_t next_ = 0;  // of changes_, for begin_next()
  std::vector<const Change*> table_;
  std::vector<StoredValue> stored_;  // what the entries refer to
  std::vector<Pending> pending_;
  std::vector<WriteEntry> entries_;
};

template <class Begin, class Write>
Result<void> BatchWrites::run(Engine& engine, Durability durability, std::size_t entry_count, const Begin& begin,
                              const Write& write) {
  auto written = without_bad_alloc([&] {
    find_last_changes();
    entries_.reserve(entry_count);
    pending_.reserve(changes_.size());  // what has begun must be known here
    stored_.reserve(changes_.size());
    make_way(engine);
    if (auto begun = begin(); !begun) return begun;
    expect_publish();
    return write();
  });
  return end(engine, durability, std::move(written));
}

}  // namespace holdfast::kv
