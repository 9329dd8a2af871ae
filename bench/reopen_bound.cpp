#include "reopen_bound.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <tbb/concurrent_hash_map.h>
#include <tbb/scalable_allocator.h>
#include <xxhash.h>

#include "clock.hpp"
#include "config.hpp"
#include "records.hpp"

namespace holdfast::bench {
namespace {

struct AsIs {
  static std::size_t hash(std::uint64_t number) noexcept { return number; }
  static bool equal(std::uint64_t a, std::uint64_t b) noexcept { return a == b; }
};

using Entry = std::pair<std::uint64_t, std::uint64_t>;  // location, version
using Map = tbb::concurrent_hash_map<std::uint64_t, Entry, AsIs,
                                     tbb::scalable_allocator<std::pair<const std::uint64_t, Entry>>>;

/// Calls `work(begin, end)` for parts of 0 to `count` on all processors.
template <class Work>
void in_parallel(std::uint64_t count, std::uint64_t step, const Work& work) {
  std::atomic<std::uint64_t> next{0};
  std::vector<std::jthread> threads;
  const unsigned thread_count = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned t = 0; t < thread_count; ++t) {
    threads.emplace_back([&] {
      // relaxed: the parts are independent, joining orders their results.
      for (auto begin = next.fetch_add(step, std::memory_order_relaxed); begin < count;
           begin = next.fetch_add(step, std::memory_order_relaxed)) {
        work(begin, std::min(begin + step, count));
      }
    });
  }
}

/// A read-only map of a whole file.
class FileMap {
 public:
  static Result<FileMap> of(const std::filesystem::path& path, std::uint64_t size_bytes) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return system_failure("bound: cannot open", path);
    void* address = ::mmap(nullptr, size_bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    auto result = address == MAP_FAILED
                      ? Result<FileMap>(system_failure("bound: mmap", path))
                      : Result<FileMap>(FileMap(static_cast<const char*>(address), size_bytes));
    ::close(descriptor);
    return result;
  }
  FileMap(FileMap&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_bytes_(other.size_bytes_) {}
  FileMap& operator=(FileMap&&) = delete;
  ~FileMap() {
    if (address_ != nullptr) ::munmap(const_cast<char*>(address_), size_bytes_);
  }
  [[nodiscard]] const char* data() const noexcept { return address_; }

 private:
  FileMap(const char* address, std::uint64_t size_bytes) noexcept
      : address_(address), size_bytes_(size_bytes) {}
  const char* address_;
  std::uint64_t size_bytes_;
};

}  // namespace

Result<double> reopen_bound_seconds(const std::filesystem::path& path, std::uint64_t used_bytes,
                                    std::uint64_t records) {
  std::error_code failed;
  const std::uint64_t file_bytes = std::filesystem::file_size(path, failed);
  if (failed || file_bytes == 0) return system_failure("bound: no file", path);
  const std::uint64_t bytes = std::min(used_bytes, file_bytes);
  const std::uint64_t start = Clock::instance().ticks();
  auto file = FileMap::of(path, file_bytes);
  if (!file) return Unexpected(std::move(file.error()));
  std::atomic<std::uint64_t> sum{0};
  in_parallel(bytes, std::uint64_t{1} << 20, [&](std::uint64_t begin, std::uint64_t end) {
    sum.fetch_xor(XXH3_64bits(file->data() + begin, end - begin), std::memory_order_relaxed);
  });
  Map map(records);
  in_parallel(records, 4096, [&](std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t id = begin; id < end; ++id) map.emplace(key_number(id), Entry{id, id});
  });
  const double seconds = Clock::instance().seconds(Clock::instance().ticks() - start);
  if (sum.load() == 0 || map.size() != records) {  // also keeps both from being optimized away
    return Unexpected(Error{ErrorCode::io, "bound: the file read as nothing", path.string()});
  }
  return seconds;
}

}  // namespace holdfast::bench
