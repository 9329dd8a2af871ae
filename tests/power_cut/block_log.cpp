#include "block_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <system_error>

namespace holdfast::power_cut {
namespace {

constexpr std::uint64_t kMagic = 0x006A'7366'7773'6872ull;
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kFlushFlag = 1;

// offset, meaning: all little-endian, each in a sector of its own that is else zero.
struct HeaderDisk {
  std::uint64_t magic;
  std::uint64_t version;
  std::uint64_t entry_count;
  std::uint32_t sector_size_bytes;
  std::uint32_t reserved;
};
struct EntryDisk {
  std::uint64_t sector;
  std::uint64_t sector_count;
  std::uint64_t flags;
  std::uint64_t mark_size_bytes;
};
static_assert(sizeof(HeaderDisk) == 32 && sizeof(EntryDisk) == 32 &&
              std::endian::native == std::endian::little);

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  int value_;
};

Error io_error(const std::string& what, const std::filesystem::path& path) {
  return {ErrorCode::io, what + ": " + std::system_category().message(errno), path.string()};
}

/// False at the end of the file.
bool read_whole(int descriptor, void* into, std::size_t size_bytes, std::uint64_t offset) {
  return ::pread(descriptor, into, size_bytes, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(size_bytes);
}

}  // namespace

Result<std::vector<LogEntry>> read_block_log(const std::filesystem::path& path) {
  const Descriptor log(path, O_RDONLY);
  if (log.value() < 0) return Unexpected(io_error("cannot open the write log", path));
  const std::uint64_t log_size_bytes = std::filesystem::file_size(path);
  const auto refused = [&path](const char* what) {
    return Error{ErrorCode::corruption, what, path.string()};
  };
  HeaderDisk header{};
  if (!read_whole(log.value(), &header, sizeof header, 0))
    return Unexpected(refused("the write log has no header"));
  const std::uint64_t sector = header.sector_size_bytes;
  if (header.magic != kMagic || header.version != kVersion || !std::has_single_bit(sector) ||
      sector < sizeof header)
    return Unexpected(refused("this is no write log"));
  std::vector<LogEntry> entries;
  std::uint64_t at = sector;
  for (std::uint64_t i = 0; i < header.entry_count; ++i) {
    EntryDisk disk{};
    if (!read_whole(log.value(), &disk, sizeof disk, at)) break;
    const LogEntry entry{disk.sector * sector, disk.sector_count * sector, at + sector};
    const bool is_flush = disk.flags == kFlushFlag && disk.sector_count == 0;
    const bool is_write = disk.flags == 0 && disk.sector_count != 0;
    if (!is_flush && !is_write) {
      if (disk.flags == 0) break;  // still zeros: under way when the machine was killed
      return Unexpected(refused("the write log has a request that is neither write nor flush"));
    }
    at = entry.data_offset + entry.size_bytes;
    if (at > log_size_bytes && is_write) break;
    entries.push_back(entry);
  }
  return entries;
}

Result<void> apply_block_log(const std::filesystem::path& log_path, const std::vector<LogEntry>& entries,
                             std::size_t from, std::size_t to, const std::filesystem::path& image_path,
                             const BlockFilter& filter) {
  if (from > to || to > entries.size())
    return Unexpected(Error{ErrorCode::out_of_bounds, "the write log is shorter", log_path.string()});
  const Descriptor log(log_path, O_RDONLY);
  const Descriptor image(image_path, O_WRONLY);
  if (log.value() < 0) return Unexpected(io_error("cannot open the write log", log_path));
  if (image.value() < 0) return Unexpected(io_error("cannot open the image", image_path));
  std::vector<std::byte> block(kBlockSizeBytes);
  for (std::size_t i = from; i < to; ++i) {
    const LogEntry& entry = entries[i];
    for (std::uint64_t done = 0; done < entry.size_bytes;) {
      const std::uint64_t offset = entry.offset + done;
      const std::uint64_t piece =
          std::min(entry.size_bytes - done, kBlockSizeBytes - offset % kBlockSizeBytes);
      if (filter(i, offset)) {
        if (!read_whole(log.value(), block.data(), piece, entry.data_offset + done))
          return Unexpected(io_error("cannot read the write log", log_path));
        if (::pwrite(image.value(), block.data(), piece, static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(piece))
          return Unexpected(io_error("cannot write the image", image_path));
      }
      done += piece;
    }
  }
  return {};
}

}  // namespace holdfast::power_cut
