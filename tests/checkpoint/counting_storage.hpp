#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <holdfast/storage.hpp>

namespace holdfast::checkpoint_tests {

/// A storage that counts how often its bytes are asked for. Otherwise as the one below.
class CountingStorage final : public Storage {
 public:
  explicit CountingStorage(std::unique_ptr<Storage> below) : below_(std::move(below)) {}

  [[nodiscard]] std::shared_ptr<const std::atomic<std::uint64_t>> reads() const noexcept { return reads_; }

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return below_->capabilities(); }
  [[nodiscard]] std::string_view path() const noexcept override { return below_->path(); }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return below_->size_bytes(); }
  [[nodiscard]] const std::byte* at(std::uint64_t offset) const noexcept override {
    reads_->fetch_add(1);
    return below_->at(offset);
  }
  [[nodiscard]] Result<std::byte*> writable(ByteRange range) override { return below_->writable(range); }
  void protect(ByteRange range) noexcept override { below_->protect(range); }
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    return below_->write(offset, bytes);
  }
  [[nodiscard]] Result<void> commit(std::span<const WriteRange> ranges) override { return below_->commit(ranges); }
  [[nodiscard]] Result<void> flush(ByteRange range) override { return below_->flush(range); }
  [[nodiscard]] Result<void> drain() override { return below_->drain(); }
  [[nodiscard]] Result<void> sync(std::span<const ByteRange> ranges) override { return below_->sync(ranges); }
  [[nodiscard]] Result<void> grow(std::uint64_t size_bytes) override { return below_->grow(size_bytes); }
  [[nodiscard]] Result<void> punch(ByteRange range) override { return below_->punch(range); }
  [[nodiscard]] Result<void> reserve(ByteRange range) override { return below_->reserve(range); }
  [[nodiscard]] Result<SpaceReport> space() const override { return below_->space(); }
  void advise(ByteRange range, Access access) noexcept override { below_->advise(range, access); }
  [[nodiscard]] Result<void> close() override { return below_->close(); }
  [[nodiscard]] StorageCounters counters() const noexcept override { return below_->counters(); }

 private:
  std::unique_ptr<Storage> below_;
  std::shared_ptr<std::atomic<std::uint64_t>> reads_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace holdfast::checkpoint_tests
