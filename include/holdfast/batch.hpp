#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/kv.hpp>

namespace holdfast {

/// Operations that Store::commit makes visible after a crash all together or not at all.
///
/// The batch keeps its own copy of keys and values. Of several operations on one key the last one
/// counts. It may hold spaces of one store only. Threads: one at a time.
class Batch {
 public:
  /// Adds Kv::put. Arguments are checked by Store::commit.
  void put(const Kv& space, std::string_view key, std::string_view value);

  /// Adds Kv::erase.
  void erase(const Kv& space, std::string_view key);

  /// Operations added so far.
  [[nodiscard]] std::uint64_t count() const noexcept { return operations_.size(); }

  /// Forgets all operations; the memory is kept for reuse.
  void clear() noexcept { operations_.clear(); }

 private:
  friend class Store;
  struct Operation {
    Kv space;
    std::string key;
    std::string value;
    bool erases = false;
  };
  std::vector<Operation> operations_;
};

}  // namespace holdfast
