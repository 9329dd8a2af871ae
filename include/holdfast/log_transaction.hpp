#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/error.hpp>
#include <holdfast/log.hpp>
#include <holdfast/options.hpp>

namespace holdfast {

/// Gathers records for one stream, which commit() appends in one step: all or none after a crash. Over several spaces a Batch
/// does the same. It keeps copies of keys and payloads; destroyed without commit() it has done nothing.
/// Threads: one at a time.
class LogTransaction {
 public:
  explicit LogTransaction(Log stream) noexcept : stream_(std::move(stream)) {}

  /// Adds a record. Of the options key and timestamp count; how durable it is commit() says. Arguments are checked there. May
  /// throw std::bad_alloc; then nothing was added.
  void append(std::string_view payload, AppendOptions options = {});

  /// Records added since the last commit() or clear().
  [[nodiscard]] std::uint64_t count() const noexcept { return records_.size(); }

  /// Appends what was added, under consecutive ids; the first id. Without records: the id that would come next, and nothing
  /// happens. The transaction is empty then; after an error it keeps its records.
  /// Durability, Errors: as Log::append_records.
  [[nodiscard]] Result<LogId> commit(WriteOptions options = {});

  /// Forgets what was added.
  void clear() noexcept;

 private:
  struct Record {
    std::size_t start = 0;  ///< In bytes_: the key, and behind it the payload.
    std::size_t key_size_bytes = 0;
    std::size_t payload_size_bytes = 0;
    bool is_keyed = false;
    std::optional<std::uint64_t> timestamp_us{};
  };

  Log stream_;
  std::vector<Record> records_;
  std::string bytes_;
};

}  // namespace holdfast
