#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <holdfast/storage.hpp>

#include "common/base/fork_guard.hpp"
#include "common/guard/map_guard.hpp"
#include "file/address_range.hpp"
#include "file/durable_writer.hpp"
#include "file/file_descriptor.hpp"

namespace holdfast::file {

/// Storage on one open, locked file: read through a map that never moves, written by system calls.
class FileMedium final : public Storage {
 public:
  static constexpr std::uint64_t kStepBytes = 4096;  ///< sizes are multiples of it

  struct Setup {
    FileDescriptor fd;  ///< regular file or memfd, already locked where it has a path
    std::string path;   ///< for messages, and for path() where has_path
    std::uint64_t max_size_bytes = 0;
    bool read_only = false;
    bool has_path = false;
    bool sigbus_guard = false;
  };

  /// Maps the file. A size that is no multiple of the step is rounded down.
  /// Errors: io.
  [[nodiscard]] static Result<std::unique_ptr<FileMedium>> adopt(Setup setup);

  ~FileMedium() override;

  [[nodiscard]] const StorageCapabilities& capabilities() const noexcept override { return capabilities_; }
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
  [[nodiscard]] StorageCounters counters() const noexcept override { return writer_.counters(); }
  [[nodiscard]] std::shared_ptr<const MapFault> map_fault() const noexcept override { return fault_; }

 private:
  explicit FileMedium(Setup setup);

  [[nodiscard]] Result<void> map_whole_file();
  [[nodiscard]] Result<void> guard_map();
  [[nodiscard]] Result<void> may_change() const;
  [[nodiscard]] Result<void> unless_faulted(Result<void> done) const;
  [[nodiscard]] Result<void> lies_inside(ByteRange range) const;
  [[nodiscard]] Result<void> may_change(ByteRange range) const;
  [[nodiscard]] Result<void> extend(std::uint64_t size_bytes);
  [[nodiscard]] Error error(ErrorCode code, std::string message) const;
  void release() noexcept;

  FileDescriptor fd_;
  const std::string path_;
  const bool read_only_;
  StorageCapabilities capabilities_;
  AddressRange map_;
  std::shared_ptr<MapFault> fault_;  // null: nothing guards the map
  MapGuard guard_;                   // behind the map: it ends first
  DurableWriter writer_;
  std::uint64_t max_size_bytes_;

  std::mutex growth_mutex_;
  std::uint64_t file_size_bytes_ = 0;         // of the file itself; under growth_mutex_
  ForkGuard fork_guard_;
  std::atomic<std::uint64_t> size_bytes_{0};  // what is mapped; release: shown once it may be read
};

}  // namespace holdfast::file
