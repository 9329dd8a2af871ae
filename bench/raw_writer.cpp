#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include <xxhash.h>

#include "machine.hpp"
#include "raw.hpp"
#include "raw_media.hpp"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kLineSizeBytes = 64;
constexpr std::uint64_t kAreaSizeBytesMin = std::uint64_t{8} << 20;
constexpr std::uint64_t kAreaSizeBytesMax = std::uint64_t{256} << 20;

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

class MapWriter final : public RawLimit {
 public:
  MapWriter(RawMap map, const RecordMaker& maker) noexcept
      : map_(std::move(map)), maker_(maker), cursor_(map_.size_bytes()) {}

  Result<void> run(Lane& lane) override {
    lane.bytes.assign(maker_.padded_bytes(), '\0');
    return in_batches(lane, maker_.batch(), [&](const std::uint64_t* ids, std::size_t count) -> Result<void> {
      lane.time([&] { store(lane, ids, count); });
      return {};
    });
  }

  bool durable() const noexcept override { return map_.durable(); }

 private:
  void store(Lane& lane, const std::uint64_t* ids, std::size_t count) noexcept {
    std::byte* to = map_.data() + cursor_.take(maker_.commit_bytes());
    for (std::size_t i = 0; i < count; ++i) {
      maker_.make(ids[i], lane.key, lane.bytes.data());
      stream(to + i * maker_.padded_bytes(), lane.bytes.data(), maker_.padded_bytes());
    }
    fence();
  }

  RawMap map_;
  RecordMaker maker_;
  Cursor cursor_;
};

class FileWriter final : public RawLimit {
 public:
  FileWriter(Descriptor file, std::uint64_t size_bytes, bool syncs, bool durable,
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

}  // namespace

Result<std::unique_ptr<RawLimit>> make_raw_writer(const Config& config, const std::filesystem::path& dir,
                                                  const Values& values, std::uint64_t batch) {
  const bool in_file = config.backend == Backend::file;
  const RecordMaker maker(config, values, in_file ? sizeof(std::uint64_t) : kLineSizeBytes, batch);
  const std::uint64_t size_bytes = area_size_for(config, maker);
  auto file = raw_medium(config, dir, size_bytes);
  if (!file) return Unexpected(std::move(file.error()));
  if (!in_file) {
    auto map = RawMap::of(*file, size_bytes);
    if (!map) return Unexpected(std::move(map.error()));
    return std::make_unique<MapWriter>(std::move(*map), maker);
  }
  const bool durable = describe_machine(dir).file_system != "tmpfs";
  const bool syncs = config.durability == Durability::immediate;
  return std::make_unique<FileWriter>(std::move(*file), size_bytes, syncs, durable, maker);
}

}  // namespace holdfast::bench
