#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include <holdfast/error.hpp>

#include "devices.hpp"

namespace holdfast::power_cut {

inline constexpr std::size_t kSectorSizeBytes = 512;

/// One sector of the acknowledgement area: the number of the last operation that was acknowledged in a slot.
void encode_acknowledgement(Device device, std::uint32_t slot, std::uint64_t number,
                            std::span<std::byte, kSectorSizeBytes> sector);

/// The number in a sector: 0 if it was never written, nothing if it is torn or belongs elsewhere.
[[nodiscard]] std::optional<std::uint64_t> decode_acknowledgement(
    Device device, std::uint32_t slot, std::span<const std::byte, kSectorSizeBytes> sector);

/// Sectors behind the file system of the plain disk. An operation counts as acknowledged once its number has
/// reached the host's file there: write() goes past the guest's page cache and returns when the host has the
/// sector, and nothing in the guest can take it back. They pass through the disk's write log as well, so that
/// each place in that log knows what was acknowledged by then.
/// Threads: write() from any number of threads, one a slot.
class AcknowledgementArea {
 public:
  /// `path` is the guest's disk, or an image of it. Errors: io.
  [[nodiscard]] static Result<AcknowledgementArea> open(const std::filesystem::path& path,
                                                        std::uint64_t offset);

  AcknowledgementArea(AcknowledgementArea&& other) noexcept;
  AcknowledgementArea& operator=(AcknowledgementArea&&) = delete;
  ~AcknowledgementArea();

  /// Errors: io.
  [[nodiscard]] Result<void> write(Device device, std::uint32_t slot, std::uint64_t number) const;

  /// Errors: io, corruption.
  [[nodiscard]] Result<std::uint64_t> read(Device device, std::uint32_t slot) const;

 private:
  AcknowledgementArea(int descriptor, std::uint64_t offset) noexcept
      : descriptor_(descriptor), offset_(offset) {}
  [[nodiscard]] std::uint64_t offset_of(Device device, std::uint32_t slot) const noexcept;

  int descriptor_;
  std::uint64_t offset_;
};

}  // namespace holdfast::power_cut
