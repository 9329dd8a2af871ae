#include "raw_media.hpp"

#include <fcntl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace holdfast::bench {
namespace {

#if defined(__x86_64__)

__attribute__((target("avx512f"))) void stream_64(std::byte* to, const char* from,
                                                  std::uint64_t size_bytes) noexcept {
  for (std::uint64_t i = 0; i < size_bytes; i += sizeof(__m512i))
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + i), _mm512_loadu_si512(from + i));
}

__attribute__((target("avx"))) void stream_32(std::byte* to, const char* from,
                                              std::uint64_t size_bytes) noexcept {
  for (std::uint64_t i = 0; i < size_bytes; i += sizeof(__m256i)) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + i),
                        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i)));
  }
}

using Stream = void (*)(std::byte*, const char*, std::uint64_t) noexcept;

Stream widest_stream() noexcept {
  if (__builtin_cpu_supports("avx512f")) return stream_64;
  return __builtin_cpu_supports("avx") ? stream_32 : stream;
}

#endif

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

Result<RawMap> RawMap::of(const Descriptor& file, std::uint64_t size_bytes) {
  const auto map = [&](int flags) {
    return ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, file.get(), 0);
  };
  void* area = map(MAP_SHARED_VALIDATE | MAP_SYNC);  // only byte-addressable media accept it
  const bool durable = area != MAP_FAILED;
  if (!durable) area = map(MAP_SHARED);
  if (area == MAP_FAILED) return system_failure("raw: mmap");
  std::memset(area, 1, size_bytes);  // pages are there and writable from now on
  return RawMap(static_cast<std::byte*>(area), size_bytes, durable);
}

RawMap::~RawMap() {
  if (address_ != nullptr) ::munmap(address_, size_bytes_);
}

Result<Descriptor> written_file(const std::filesystem::path& path, std::uint64_t size_bytes) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_failure("raw: no file", path);
  const std::string block(std::size_t{1} << 20, 'h');
  for (std::uint64_t done = 0; done < size_bytes;) {
    const auto step = std::min<std::uint64_t>(block.size(), size_bytes - done);
    const auto written = ::pwrite(file.get(), block.data(), step, static_cast<off_t>(done));
    if (written <= 0) return system_failure("raw: pwrite", path);
    done += static_cast<std::uint64_t>(written);
  }
  if (::fsync(file.get()) != 0) return system_failure("raw: fsync", path);
  return file;
}

Result<Descriptor> raw_medium(const Config& config, const std::filesystem::path& dir,
                              std::uint64_t size_bytes) {
  if (config.backend != Backend::memory) return written_file(dir / "raw", size_bytes);
  Descriptor file(::memfd_create("holdfast-bench-raw", MFD_CLOEXEC));
  if (file.get() < 0) return system_failure("raw: memfd_create");
  if (::ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) return system_failure("raw: ftruncate");
  return file;
}

void stream(std::byte* to, const char* from, std::uint64_t size_bytes) noexcept {
#if defined(__x86_64__)
  for (std::uint64_t i = 0; i < size_bytes; i += sizeof(__m128i)) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
  }
#else
  std::memcpy(to, from, size_bytes);
#endif
}

void stream_wide(std::byte* to, const char* from, std::uint64_t size_bytes) noexcept {
#if defined(__x86_64__)
  static const Stream widest = widest_stream();
  widest(to, from, size_bytes);
#else
  stream(to, from, size_bytes);
#endif
}

void fence() noexcept {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

}  // namespace holdfast::bench
