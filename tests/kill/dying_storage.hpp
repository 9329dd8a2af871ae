#pragma once

#include <array>
#include <atomic>
#include <memory>

#include <holdfast/storage.hpp>

#include "kill_point.hpp"

namespace holdfast::kill {

/// A storage whose process ends by SIGKILL at a point of its calls, other threads in the middle of theirs.
/// Errors, Durability, Threads: as the storage below.
class DyingStorage final : public Storage {
 public:
  DyingStorage(std::unique_ptr<Storage> below, KillPoint point) : below_(std::move(below)), point_(point) {}

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return below_->capabilities(); }
  [[nodiscard]] std::string_view path() const noexcept override { return below_->path(); }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return below_->size_bytes(); }
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override { return below_->at(offset); }
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override { return below_->writable(range); }
  void protect(ByteRange range) noexcept override { below_->protect(range); }
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override;
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override;
  [[nodiscard]] Result<void> flush(ByteRange range) override;
  [[nodiscard]] Result<void> drain() override;
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override;
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override;
  [[nodiscard]] Result<void> punch(ByteRange range) override;
  [[nodiscard]] Result<void> reserve(ByteRange range) override { return below_->reserve(range); }
  [[nodiscard]] Result<SpaceReport> space() const override { return below_->space(); }
  void advise(ByteRange range, Access access) noexcept override { below_->advise(range, access); }
  [[nodiscard]] Result<void> close() override { return below_->close(); }
  [[nodiscard]] StorageCounters counters() const noexcept override { return below_->counters(); }
  [[nodiscard]] std::shared_ptr<const MapFault> map_fault() const noexcept override { return below_->map_fault(); }

 private:
  template <typename Call>
  Result<void> counted(StorageCall kind, const Call& call);

  std::unique_ptr<Storage> below_;
  KillPoint point_;
  std::array<std::atomic<std::uint64_t>, kStorageCalls> counts_{};
};

}  // namespace holdfast::kill
