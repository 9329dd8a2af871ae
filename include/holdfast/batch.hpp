#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
  void clear() noexcept;

 private:
  friend class BatchCommit;
  enum class Kind : std::uint8_t { put, erase, append };

  /// One operation; its bytes are the key, if it has one, and behind it the value or payload.
  struct Operation {
    std::size_t start = 0;  ///< In bytes_.
    std::size_t key_size_bytes = 0;
    std::size_t value_size_bytes = 0;
    std::uint32_t handle = 0;  ///< In spaces_, of an append in streams_.
    Kind kind{};
  };

  template <class Handle>
  void add(Kind kind, const Handle& handle, std::string_view key, std::string_view value);
  [[nodiscard]] std::uint32_t handle_of(const Kv& space);
  [[nodiscard]] std::uint32_t handle_of(const Log& stream);

  std::vector<Kv> spaces_;  // each handle once, however many operations name it
  std::vector<Log> streams_;
  std::vector<Operation> operations_;
  std::string bytes_;
  bool is_short_ = false;  // memory ran out for one that was to be added
};

}  // namespace holdfast
