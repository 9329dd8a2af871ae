#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/holdfast.hpp>

namespace holdfast {

/// Threads at work on shared keys. Each key has one writer, who counts up; so whoever reads knows what it
/// must see at least (what was acknowledged before it asked) and at most (what was begun before it was told).
class LinearizableLoad {
 public:
  LinearizableLoad(Store& store, Kv& space);

  /// Returns when all writers are done; fails the test at every answer that cannot be.
  void run();

 private:
  struct Key {
    std::string name;
    std::atomic<int> begun{0};
    std::atomic<int> acknowledged{0};
  };

  void write_keys_of(int writer);
  void write(Key& key, int version, int round);
  void write_conditionally(const Key& key, int version, int kind, WriteOptions options);
  void write_async(const Key& key, int version, WriteOptions options);
  void write_in_batch(const Key& key, int version, WriteOptions options);
  void read_keys(int reader);
  [[nodiscard]] Result<std::optional<std::string>> read(const Key& key, std::size_t way) const;
  void compact();

  Store& store_;
  Kv& space_;
  std::vector<std::unique_ptr<Key>> keys_;
  std::atomic<bool> stop_{false};
};

}  // namespace holdfast
