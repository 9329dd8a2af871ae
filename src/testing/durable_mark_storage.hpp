#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>

#include <holdfast/storage.hpp>

#include "testing/byte_range_set.hpp"

namespace holdfast::testing {

/// The durable mark: the bytes that some drain or commit has covered and nobody has written since. It
/// follows from the seam's contract alone, so it tells whether the layers above asked for durability
/// where they promised it, which no kill can show: the page cache survives a kill.
///
/// A byte is pending from the end of a write or flush until a drain begun after it succeeds; a
/// failed drain takes away what was pending, for good: those bytes must be written again. Stores
/// made in place count from their flush on. What an open storage holds already is not marked.
/// Threads: any.
class DurableMark {
 public:
  /// `shares_syncs`: a drain covers what every thread has written, not only its own.
  explicit DurableMark(bool shares_syncs) noexcept : shares_syncs_(shares_syncs) {}

  [[nodiscard]] bool is_durable(ByteRange range) const;

  /// `range` is about to change.
  void begin_write(ByteRange range);
  /// `range` was changed by this thread.
  void end_write(ByteRange range);
  /// `range` was changed and is durable.
  void end_commit(ByteRange range);

  using Drain = std::list<ByteRangeSet>::iterator;
  /// This thread begins to drain. Each begun drain is ended once.
  [[nodiscard]] Drain begin_drain();
  /// The same for what lies in `ranges`.
  [[nodiscard]] Drain begin_sync(std::span<const ByteRange> ranges);
  void end_drain(Drain drain, bool succeeded);

 private:
  [[nodiscard]] ByteRangeSet& pending();

  const bool shares_syncs_;
  mutable std::mutex mutex_;
  ByteRangeSet durable_;
  std::map<std::uint64_t, ByteRangeSet> pending_;  // by thread; all under 0 where syncs are shared
  std::list<ByteRangeSet> drains_;                 // what each drain in flight will have made durable
};

/// A storage that keeps the durable mark of the one below it. The mark outlives the storage.
/// Errors, Durability, Threads: as the storage below.
class DurableMarkStorage final : public Storage {
 public:
  explicit DurableMarkStorage(std::unique_ptr<Storage> below);

  [[nodiscard]] const std::shared_ptr<DurableMark>& mark() const noexcept { return mark_; }
  [[nodiscard]] bool is_durable(ByteRange range) const { return mark_->is_durable(range); }

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override;
  [[nodiscard]] std::string_view path() const noexcept override;
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override;
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override;
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override;
  void protect(ByteRange range) noexcept override;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override;
  [[nodiscard]] Result<void> flush(ByteRange range) override;
  [[nodiscard]] Result<void> drain() override;
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override;
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override;
  [[nodiscard]] Result<void> punch(ByteRange range) override;
  [[nodiscard]] Result<void> reserve(ByteRange range) override;
  [[nodiscard]] Result<SpaceReport> space() const override;
  void advise(ByteRange range, Access access) noexcept override;
  [[nodiscard]] Result<void> close() override;
  [[nodiscard]] StorageCounters counters() const noexcept override;

 private:
  std::unique_ptr<Storage> below_;
  std::shared_ptr<DurableMark> mark_;
};

}  // namespace holdfast::testing
