#include "pool_medium.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "pmem/arena_scan.hpp"
#include "pmem/pool_file.hpp"

namespace holdfast::damage {
namespace {

constexpr std::uint64_t kArenaBytes = std::uint64_t{2} << 20;  // the smallest; it must not grow into a second file

void check(bool done, const char* what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

/// The file as it lies in the page cache: what others have mapped.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    check(descriptor_ >= 0, "open the pool file");
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] Image bytes() const {
    struct stat status {};
    check(::fstat(descriptor_, &status) == 0, "stat the pool file");
    Image image(static_cast<std::size_t>(status.st_size));
    check(::pread(descriptor_, image.data(), image.size(), 0) == status.st_size, "read the pool file");
    return image;
  }

  /// Writes the pages that differ: a trial costs what it and the one before it have changed.
  void become(const Image& image) {
    check(::ftruncate(descriptor_, static_cast<off_t>(image.size())) == 0, "cut the pool file");
    if (image.empty()) return;
    void* const map = ::mmap(nullptr, image.size(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
    check(map != MAP_FAILED, "map the pool file");
    auto* const present = static_cast<std::byte*>(map);
    for (std::size_t offset = 0; offset < image.size(); offset += kPageBytes) {
      const std::size_t size = std::min<std::size_t>(kPageBytes, image.size() - offset);
      if (std::memcmp(present + offset, image.data() + offset, size) == 0) continue;
      std::memcpy(present + offset, image.data() + offset, size);
    }
    ::munmap(map, image.size());
  }

 private:
  int descriptor_;
};

class PoolMedium final : public Medium {
 public:
  PoolMedium() {
    const char* const chosen = std::getenv("TMPDIR");
    std::string name = std::string(chosen != nullptr ? chosen : "/dev/shm") + "/holdfast-damage-XXXXXX";
    check(::mkdtemp(name.data()) != nullptr, "make a directory");
    directory_ = name;
    path_ = directory_ / "store.hf";
  }
  ~PoolMedium() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  PoolMedium(const PoolMedium&) = delete;
  PoolMedium& operator=(const PoolMedium&) = delete;

  // Only the medium's users open the file between calls, so that PMDK's and our locks are theirs alone.
  void hold(const Image& image) override { OpenFile(path_).become(image); }

  [[nodiscard]] Image bytes() const override { return OpenFile(path_).bytes(); }

  [[nodiscard]] Result<Store> open(OpenMode mode) override {
    Options options = store_options(mode);
    options.backend = Backend::pmem;
    options.emulate_pmem = true;
    options.size_bytes = kArenaBytes;
    options.max_size_bytes = kArenaBytes;
    return Store::open(path_, options);
  }

  [[nodiscard]] Span store() const override {
    const auto file = pmem::PoolFile::open(path_, true);
    if (!file) throw std::runtime_error(file.error().to_string());
    const auto header = pmem::find_arena(*file);
    if (!header) throw std::runtime_error(header.error().to_string());
    return {header->arena_file_offset, header->arena_file_offset + header->arena_size_bytes};
  }

 private:
  std::filesystem::path directory_;
  std::filesystem::path path_;
};

}  // namespace

std::unique_ptr<Medium> pool_medium() { return std::make_unique<PoolMedium>(); }

}  // namespace holdfast::damage
