#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <holdfast/kv.hpp>
#include <holdfast/log.hpp>

namespace holdfast {

/// Operations that Store::commit makes visible after a crash all together or not at all, over any mix of
/// spaces and streams of one store.
///
/// The batch keeps its own copy of keys, values and payloads. Of several operations on one key the last one
/// counts; of appends each one does. Where memory runs out for one that is added, Store::commit answers no_memory until
/// clear(): no operation is lost alone. Threads: one at a time.
class Batch {
 public:
  /// Adds Kv::put. Arguments are checked by Store::commit.
  void put(const Kv& space, std::string_view key, std::string_view value);

  /// Adds Kv::erase.
  void erase(const Kv& space, std::string_view key);

  /// Adds Log::append. The appends to one stream get consecutive ids, in this order, and are shown once the
  /// batch is as durable as was asked.
  void append(const Log& stream, std::string_view payload);

  /// Operations added so far.
  [[nodiscard]] std::uint64_t count() const noexcept { return operations_.size(); }

  /// Forgets all operations; the memory is kept for reuse.
  void clear() noexcept {
    operations_.clear();
    is_short_ = false;
  }

 private:
  friend class BatchCommit;
  struct KvOperation {
    Kv space;
    std::string key;
    std::string value;
    bool erases = false;
  };
  struct LogOperation {
    Log stream;
    std::string payload;
  };
  std::vector<std::variant<KvOperation, LogOperation>> operations_;
  bool is_short_ = false;  // memory ran out for one that was to be added
};

}  // namespace holdfast
