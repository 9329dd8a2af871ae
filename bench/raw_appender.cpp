#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "raw.hpp"
#include "raw_media.hpp"

namespace holdfast::bench {
namespace {

/// Bytes that are put together before the medium gets them.
constexpr std::uint64_t kStageSizeBytes = std::uint64_t{64} << 10;

/// The blocks of a lane in runs of up to kStageSizeBytes, each run at a place of its own behind all others.
class Appender : public RawLimit {
 public:
  Appender(const Config& config, const Values& values) noexcept
      : values_(values),
        size_bytes_(config.value_size_bytes),
        run_length_(std::max<std::uint64_t>(1, kStageSizeBytes / config.value_size_bytes)) {}

 protected:
  /// Calls `put(block, offset in the run)` for each block, and `finish(offset, size)` with the last one of a
  /// run: the run's bytes belong there.
  template <class Put, class Finish>
  Result<void> append_all(Lane& lane, Put&& put, Finish&& finish) {
    for (std::size_t first = 0; first < lane.ids.size(); first += run_length_) {
      const std::size_t count = std::min<std::size_t>(run_length_, lane.ids.size() - first);
      // relaxed: the number alone counts, threads write to different places.
      const std::uint64_t offset = next_.fetch_add(count * size_bytes_, std::memory_order_relaxed);
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view block = values_.of(lane.ids[first + i], 1);
        auto done = lane.time([&]() -> Result<void> {
          put(block, offset, i * size_bytes_);
          return i + 1 == count ? finish(offset, count * size_bytes_) : Result<void>{};
        });
        if (!done) return done;
      }
    }
    return {};
  }

  [[nodiscard]] std::uint64_t stage_size_bytes() const noexcept { return run_length_ * size_bytes_; }

 private:
  const Values& values_;
  std::uint64_t size_bytes_;
  std::uint64_t run_length_;
  std::atomic<std::uint64_t> next_{0};
};

class StagedAppender final : public Appender {
 public:
  StagedAppender(const Config& config, const Values& values, Descriptor file) noexcept
      : Appender(config, values), file_(std::move(file)) {}

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(stage_size_bytes());
    const auto put = [&](std::string_view block, std::uint64_t, std::uint64_t at) {
      std::memcpy(lane.bytes.data() + at, block.data(), block.size());
    };
    return append_all(lane, put, [&](std::uint64_t offset, std::uint64_t size_bytes) -> Result<void> {
      const auto written = ::pwrite(file_.get(), lane.bytes.data(), size_bytes, static_cast<off_t>(offset));
      if (written != static_cast<ssize_t>(size_bytes)) return system_failure("raw: pwrite");
      return {};
    });
  }

  bool durable() const noexcept override { return false; }
  std::string_view route() const noexcept override { return "staged pwrite of 64 KiB"; }

 private:
  Descriptor file_;
};

class StreamedAppender final : public Appender {
 public:
  StreamedAppender(const Config& config, const Values& values, RawMap map) noexcept
      : Appender(config, values), map_(std::move(map)) {}

  Result<void> run(Lane& lane) override {
    const auto put = [&](std::string_view block, std::uint64_t offset, std::uint64_t at) {
      stream(map_.data() + offset + at, block.data(), block.size());
    };
    return append_all(lane, put, [](std::uint64_t, std::uint64_t) -> Result<void> {
      fence();
      return {};
    });
  }

  bool durable() const noexcept override { return map_.durable(); }
  std::string_view route() const noexcept override { return "non-temporal stores, a fence for 64 KiB"; }

 private:
  RawMap map_;
};

/// A file with room of its own that nobody has written yet, as a region's new room is.
Result<Descriptor> allocated_file(const std::filesystem::path& path, std::uint64_t size_bytes) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_failure("raw: no file", path);
  errno = ::posix_fallocate(file.get(), 0, static_cast<off_t>(size_bytes));
  if (errno != 0) return system_failure("raw: posix_fallocate", path);
  if (::fsync(file.get()) != 0) return system_failure("raw: fsync", path);
  return file;
}

}  // namespace

Result<std::unique_ptr<RawLimit>> make_raw_appender(const Config& config, const std::filesystem::path& dir,
                                                    const Values& values) {
  const std::uint64_t size_bytes = config.keys * config.value_size_bytes;
  if (config.backend == Backend::file) {
    auto file = allocated_file(dir / "raw", size_bytes);
    if (!file) return Unexpected(std::move(file.error()));
    return std::make_unique<StagedAppender>(config, values, std::move(*file));
  }
  const auto file = raw_medium(config, dir, size_bytes);
  if (!file) return Unexpected(file.error());
  auto map = RawMap::of(*file, size_bytes);
  if (!map) return Unexpected(std::move(map.error()));
  return std::make_unique<StreamedAppender>(config, values, std::move(*map));
}

}  // namespace holdfast::bench
