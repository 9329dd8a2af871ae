#include "acknowledgements.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace holdfast::power_cut {
namespace {

constexpr std::uint64_t kMagic = 0x6B63'6120'6466'6C68ull;  // "hlfd ack"

struct SectorDisk {
  std::uint64_t magic;
  std::uint32_t device;
  std::uint32_t slot;
  std::uint64_t number;
  std::uint64_t check;
};
static_assert(sizeof(SectorDisk) == 32 && std::endian::native == std::endian::little);

std::uint64_t check_of(const SectorDisk& sector) noexcept {
  const std::uint64_t place = (std::uint64_t{sector.device} << 32) | sector.slot;
  return std::rotl((sector.number ^ kMagic) * 0x9E37'79B9'7F4A'7C15ull, 31) ^
         (place * 0xC2B2'AE3D'27D4'EB4Full);
}

/// A buffer that direct I/O accepts.
struct alignas(4096) Sector {
  std::array<std::byte, kSectorSizeBytes> bytes{};
};

Error system_error(const char* what) {
  return {ErrorCode::io, std::string(what) + ": " + std::system_category().message(errno)};
}

}  // namespace

void encode_acknowledgement(Device device, std::uint32_t slot, std::uint64_t number,
                            std::span<std::byte, kSectorSizeBytes> sector) {
  SectorDisk disk{kMagic, static_cast<std::uint32_t>(device), slot, number, 0};
  disk.check = check_of(disk);
  std::ranges::fill(sector, std::byte{0});
  std::memcpy(sector.data(), &disk, sizeof disk);
}

std::optional<std::uint64_t> decode_acknowledgement(Device device, std::uint32_t slot,
                                                    std::span<const std::byte, kSectorSizeBytes> sector) {
  if (std::ranges::all_of(sector, [](std::byte byte) { return byte == std::byte{0}; })) return 0;
  SectorDisk disk{};
  std::memcpy(&disk, sector.data(), sizeof disk);
  const bool ours =
      disk.magic == kMagic && disk.device == static_cast<std::uint32_t>(device) && disk.slot == slot;
  if (!ours || disk.check != check_of(disk)) return std::nullopt;
  return disk.number;
}

Result<AcknowledgementArea> AcknowledgementArea::open(const std::filesystem::path& path,
                                                      std::uint64_t offset) {
  // An image on a file system without direct I/O is only looked at; there the page cache does no harm.
  const bool is_disk = std::filesystem::is_block_file(path);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (is_disk ? O_DIRECT : 0));
  if (descriptor < 0) return Unexpected(system_error("cannot open the acknowledgement area"));
  return AcknowledgementArea(descriptor, offset);
}

AcknowledgementArea::AcknowledgementArea(AcknowledgementArea&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), offset_(other.offset_) {}

AcknowledgementArea::~AcknowledgementArea() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t AcknowledgementArea::offset_of(Device device, std::uint32_t slot) const noexcept {
  return offset_ + (static_cast<std::uint32_t>(device) * kSlotsPerDevice + slot) * kSectorSizeBytes;
}

Result<void> AcknowledgementArea::write(Device device, std::uint32_t slot, std::uint64_t number) const {
  Sector sector;
  encode_acknowledgement(device, slot, number, sector.bytes);
  const auto offset = static_cast<off_t>(offset_of(device, slot));
  if (::pwrite(descriptor_, sector.bytes.data(), kSectorSizeBytes, offset) != ssize_t{kSectorSizeBytes})
    return Unexpected(system_error("cannot write an acknowledgement"));
  return {};
}

Result<std::uint64_t> AcknowledgementArea::read(Device device, std::uint32_t slot) const {
  Sector sector;
  const auto offset = static_cast<off_t>(offset_of(device, slot));
  if (::pread(descriptor_, sector.bytes.data(), kSectorSizeBytes, offset) != ssize_t{kSectorSizeBytes})
    return Unexpected(system_error("cannot read an acknowledgement"));
  const auto number = decode_acknowledgement(device, slot, sector.bytes);
  if (!number) return Unexpected(Error{ErrorCode::corruption, "an acknowledgement is torn"});
  return *number;
}

}  // namespace holdfast::power_cut
