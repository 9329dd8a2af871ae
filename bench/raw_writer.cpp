#include <fcntl.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include <xxhash.h>
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "machine.hpp"
#include "raw.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kLineSizeBytes = 64;
constexpr std::uint64_t kAreaSizeBytesMin = std::uint64_t{8} << 20;
constexpr std::uint64_t kAreaSizeBytesMax = std::uint64_t{256} << 20;

std::uint64_t round_up(std::uint64_t value, std::uint64_t step) { return (value + step - 1) / step * step; }

/// Copies whole lines past the caches.
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

void fence() noexcept {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

/// Where the next record goes: any number of threads take turns through an area of fixed size.
class Cursor {
 public:
  explicit Cursor(std::uint64_t area_size_bytes) noexcept : area_size_bytes_(area_size_bytes) {}

  /// `size_bytes` must divide into the area at least once; a take never crosses its end.
  std::uint64_t take(std::uint64_t size_bytes) noexcept {
    const std::uint64_t slots = area_size_bytes_ / size_bytes;
    // relaxed: the number alone counts, threads write to different places.
    return next_.fetch_add(1, std::memory_order_relaxed) % slots * size_bytes;
  }

 private:
  std::uint64_t area_size_bytes_;
  std::atomic<std::uint64_t> next_{0};
};

/// The records of one commit, in the lane's buffer.
class RecordMaker {
 public:
  RecordMaker(const Config& config, const Values& values, std::uint64_t record_step_bytes,
              std::uint64_t batch)
      : values_(values),
        key_size_bytes_(config.key_size_bytes),
        size_bytes_(kRawHeaderSizeBytes + config.key_size_bytes + config.value_size_bytes),
        padded_bytes_(round_up(size_bytes_, record_step_bytes)),
        batch_(batch) {}

  [[nodiscard]] std::uint64_t padded_bytes() const noexcept { return padded_bytes_; }
  [[nodiscard]] std::uint64_t commit_bytes() const noexcept { return padded_bytes_ * batch_; }
  [[nodiscard]] std::uint64_t batch() const noexcept { return batch_; }

  /// Lays record `id` out at `to`, with its XXH3-64 as the header's first word.
  void make(std::uint64_t id, std::string& key, char* to) const noexcept {
    make_key(id, key);
    const std::string_view value =
        values_.of(id, 0).substr(0, size_bytes_ - kRawHeaderSizeBytes - key_size_bytes_);
    std::memcpy(to + kRawHeaderSizeBytes, key.data(), key.size());
    std::memcpy(to + kRawHeaderSizeBytes + key.size(), value.data(), value.size());
    const std::uint64_t sum = XXH3_64bits(to + sizeof sum, size_bytes_ - sizeof sum);
    std::memcpy(to, &sum, sizeof sum);
  }

 private:
  const Values& values_;
  std::uint64_t key_size_bytes_;
  std::uint64_t size_bytes_;
  std::uint64_t padded_bytes_;
  std::uint64_t batch_;
};

std::uint64_t area_size_for(const Config& config, const RecordMaker& maker) {
  const std::uint64_t wanted =
      std::clamp(config.keys * maker.padded_bytes(), kAreaSizeBytesMin, kAreaSizeBytesMax);
  return round_up(std::max(wanted, maker.commit_bytes()), 4096);
}

/// Calls `commit(first id, count)` for the lane's keys, `batch` at a time.
template <class Commit>
Result<void> in_batches(Lane& lane, std::uint64_t batch, Commit&& commit) {
  for (std::size_t first = 0; first < lane.ids.size(); first += batch) {
    const std::size_t count = std::min<std::size_t>(batch, lane.ids.size() - first);
    if (auto done = commit(lane.ids.data() + first, count); !done) return done;
  }
  return {};
}

class RawMap final : public RawLimit {
 public:
  RawMap(std::byte* area, std::uint64_t size_bytes, bool durable, const RecordMaker& maker) noexcept
      : area_(area), size_bytes_(size_bytes), durable_(durable), maker_(maker), cursor_(size_bytes) {}
  ~RawMap() override { ::munmap(area_, size_bytes_); }

  Result<void> run(Lane& lane) override {
    lane.bytes.assign(maker_.padded_bytes(), '\0');
    return in_batches(lane, maker_.batch(), [&](const std::uint64_t* ids, std::size_t count) -> Result<void> {
      lane.time([&] { store(lane, ids, count); });
      return {};
    });
  }

  bool durable() const noexcept override { return durable_; }

 private:
  void store(Lane& lane, const std::uint64_t* ids, std::size_t count) noexcept {
    std::byte* to = area_ + cursor_.take(maker_.commit_bytes());
    for (std::size_t i = 0; i < count; ++i) {
      maker_.make(ids[i], lane.key, lane.bytes.data());
      stream(to + i * maker_.padded_bytes(), lane.bytes.data(), maker_.padded_bytes());
    }
    fence();
  }

  std::byte* area_;
  std::uint64_t size_bytes_;
  bool durable_;
  RecordMaker maker_;
  Cursor cursor_;
};

class RawFile final : public RawLimit {
 public:
  RawFile(Descriptor file, std::uint64_t size_bytes, bool syncs, bool durable,
          const RecordMaker& maker) noexcept
      : file_(std::move(file)), syncs_(syncs), durable_(durable), maker_(maker), cursor_(size_bytes) {}

  Result<void> run(Lane& lane) override {
    lane.bytes.assign(maker_.commit_bytes(), '\0');
    return in_batches(lane, maker_.batch(), [&](const std::uint64_t* ids, std::size_t count) {
      return lane.time([&] { return store(lane, ids, count); });
    });
  }

  bool durable() const noexcept override { return durable_ && syncs_; }

 private:
  Result<void> store(Lane& lane, const std::uint64_t* ids, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      maker_.make(ids[i], lane.key, lane.bytes.data() + i * maker_.padded_bytes());
    }
    const std::uint64_t size_bytes = count * maker_.padded_bytes();
    const auto offset = static_cast<off_t>(cursor_.take(maker_.commit_bytes()));
    const auto written = ::pwrite(file_.get(), lane.bytes.data(), size_bytes, offset);
    if (written != static_cast<ssize_t>(size_bytes)) return system_failure("raw: pwrite");
    if (syncs_ && ::fdatasync(file_.get()) != 0) return system_failure("raw: fdatasync");
    return {};
  }

  Descriptor file_;
  bool syncs_;
  bool durable_;
  RecordMaker maker_;
  Cursor cursor_;
};

/// Every block written and synced, so that later writes change neither size nor allocation.
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

Result<std::unique_ptr<RawLimit>> make_map(const Descriptor& file, std::uint64_t size_bytes,
                                           const RecordMaker& maker) {
  const auto map = [&](int flags) {
    return ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, flags | MAP_POPULATE, file.get(), 0);
  };
  void* area = map(MAP_SHARED_VALIDATE | MAP_SYNC);  // only byte-addressable media accept it
  const bool durable = area != MAP_FAILED;
  if (!durable) area = map(MAP_SHARED);
  if (area == MAP_FAILED) return system_failure("raw: mmap");
  std::memset(area, 1, size_bytes);  // pages are there and writable from now on
  return std::make_unique<RawMap>(static_cast<std::byte*>(area), size_bytes, durable, maker);
}

}  // namespace

Result<std::unique_ptr<RawLimit>> make_raw_writer(const Config& config, const std::filesystem::path& dir,
                                                  const Values& values, std::uint64_t batch) {
  const bool in_file = config.backend == Backend::file;
  const RecordMaker maker(config, values, in_file ? sizeof(std::uint64_t) : kLineSizeBytes, batch);
  const std::uint64_t size_bytes = area_size_for(config, maker);
  if (config.backend == Backend::memory) {
    Descriptor file(::memfd_create("holdfast-bench-raw", MFD_CLOEXEC));
    if (file.get() < 0) return system_failure("raw: memfd_create");
    if (::ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) return system_failure("raw: ftruncate");
    return make_map(file, size_bytes, maker);
  }
  auto file = written_file(dir / "raw", size_bytes);
  if (!file) return Unexpected(std::move(file.error()));
  if (!in_file) return make_map(*file, size_bytes, maker);
  const bool durable = describe_machine(dir).file_system != "tmpfs";
  const bool syncs = config.durability == Durability::immediate;
  return std::make_unique<RawFile>(std::move(*file), size_bytes, syncs, durable, maker);
}

}  // namespace holdfast::bench
