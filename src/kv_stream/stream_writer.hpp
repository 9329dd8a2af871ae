#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <holdfast/kv_export.hpp>

#include "kv_stream/stream_format.hpp"

namespace holdfast::kv_stream {

/// Makes a stream of entries, block by block.
/// Threads: one at a time. Throws std::bad_alloc.
class StreamWriter {
 public:
  /// `entries_expected`: about, kEntriesNotKnown where nobody knows.
  StreamWriter(const KvSink& sink, const KvExportOptions& options, std::uint64_t entries_expected) noexcept
      : sink_(sink), options_(options), entries_expected_(entries_expected) {}

  /// Errors of all: the sink's.
  [[nodiscard]] Result<void> begin(const KvStreamId& id);
  [[nodiscard]] Result<void> add(std::string_view key, std::string_view value,
                                 std::optional<std::uint64_t> expires_us = {});
  [[nodiscard]] Result<void> end();

  [[nodiscard]] const KvExportReport& report() const noexcept { return report_; }

 private:
  [[nodiscard]] Result<void> write_block();
  [[nodiscard]] Result<void> write_alone(const KvStreamEntryDisk& entry, std::string_view key,
                                         std::string_view value);
  [[nodiscard]] Result<void> write_header(KvBlockHeaderDisk header);
  [[nodiscard]] Result<void> write(std::span<const std::byte> bytes);
  void append(std::span<const std::byte> bytes) { block_.insert(block_.end(), bytes.begin(), bytes.end()); }
  void tell() const;

  const KvSink& sink_;
  const KvExportOptions& options_;
  std::uint64_t entries_expected_;
  std::vector<std::byte> block_;
  std::uint32_t block_entries_ = 0;
  std::uint64_t check_ = 0;  // of the header before
  KvExportReport report_;
};

}  // namespace holdfast::kv_stream
