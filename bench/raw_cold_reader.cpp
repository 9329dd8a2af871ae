#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "raw.hpp"
#include "raw_media.hpp"

namespace holdfast::bench {
namespace {

class ColdReader final : public RawLimit {
 public:
  ColdReader(const Config& config, const Values& values, Descriptor file) noexcept
      : values_(values), size_bytes_(config.value_size_bytes), file_(std::move(file)) {}

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(size_bytes_);
    for (const std::uint64_t id : lane.ids) {
      const auto got = lane.time([&] {
        return ::pread(file_.get(), lane.bytes.data(), size_bytes_, static_cast<off_t>(id * size_bytes_));
      });
      if (got != static_cast<ssize_t>(size_bytes_)) return system_failure("raw: pread");
      if (lane.bytes == values_.of(id, 0)) continue;
      return Unexpected(Error{ErrorCode::corruption, "raw: the bare file gave another payload"});
    }
    return {};
  }

  bool durable() const noexcept override { return false; }
  std::string_view route() const noexcept override { return "pread of each, without read-ahead"; }

 private:
  const Values& values_;
  std::uint64_t size_bytes_;
  Descriptor file_;
};

Result<void> write_all(const Descriptor& file, std::string_view bytes, std::uint64_t offset) {
  const auto written = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
  return written == static_cast<ssize_t>(bytes.size()) ? Result<void>{} : system_failure("raw: pwrite");
}

}  // namespace

Result<std::unique_ptr<RawLimit>> make_raw_cold_reader(const Config& config, const std::filesystem::path& path,
                                                       const Values& values) {
  constexpr std::uint64_t kPieceSizeBytes = std::uint64_t{1} << 20;
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_failure("raw: no file", path);
  std::string stage;
  std::uint64_t offset = 0;
  for (std::uint64_t id = 0; id < config.keys; ++id) {
    stage += values.of(id, 0);
    if (stage.size() < kPieceSizeBytes && id + 1 != config.keys) continue;
    if (auto done = write_all(file, stage, offset); !done) return Unexpected(std::move(done.error()));
    offset += stage.size();
    stage.clear();
  }
  if (::fsync(file.get()) != 0) return system_failure("raw: fsync", path);
  errno = ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);
  if (errno != 0) return system_failure("raw: posix_fadvise", path);
  return std::make_unique<ColdReader>(config, values, std::move(file));
}

}  // namespace holdfast::bench
