#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "machine.hpp"
#include "raw.hpp"
#include "raw_media.hpp"
#include "store_fixture.hpp"

namespace holdfast::bench {
namespace {

/// Calls `write(id, bytes)` for the lane's blocks.
template <class Write>
Result<void> each_block(Lane& lane, const Values& values, Write&& write) {
  for (const std::uint64_t id : lane.ids) {
    const std::string_view bytes = values.of(id, 1);
    if (auto done = lane.time([&] { return write(id, bytes); }); !done) return done;
  }
  return {};
}

class StreamedBlocks final : public RawLimit {
 public:
  StreamedBlocks(RawMap map, const Values& values) noexcept : map_(std::move(map)), values_(values) {}

  Result<void> run(Lane& lane) override {
    return each_block(lane, values_, [&](std::uint64_t id, std::string_view bytes) -> Result<void> {
      stream_wide(map_.data() + id * bytes.size(), bytes.data(), bytes.size());
      fence();
      return {};
    });
  }

  bool durable() const noexcept override { return map_.durable(); }
  std::string_view route() const noexcept override { return "non-temporal stores, one fence"; }

 private:
  RawMap map_;
  const Values& values_;
};

class CopiedBlocks final : public RawLimit {
 public:
  CopiedBlocks(RawMap map, const Values& values) noexcept : map_(std::move(map)), values_(values) {}

  Result<void> run(Lane& lane) override {
    return each_block(lane, values_, [&](std::uint64_t id, std::string_view bytes) -> Result<void> {
      std::memcpy(map_.data() + id * bytes.size(), bytes.data(), bytes.size());
      return {};
    });
  }

  bool durable() const noexcept override { return false; }
  std::string_view route() const noexcept override { return "memcpy into a map"; }

 private:
  RawMap map_;
  const Values& values_;
};

class WrittenBlocks final : public RawLimit {
 public:
  enum class Sync : std::uint8_t { none, fdatasync, dsync };

  WrittenBlocks(std::shared_ptr<const Descriptor> file, const Values& values, Sync sync,
                bool durable) noexcept
      : file_(std::move(file)), values_(values), sync_(sync), durable_(durable) {}

  Result<void> run(Lane& lane) override {
    return each_block(lane, values_, [&](std::uint64_t id, std::string_view bytes) -> Result<void> {
      const auto offset = static_cast<off_t>(id * bytes.size());
      const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};  // it is only read
      const int flags = sync_ == Sync::dsync ? RWF_DSYNC : 0;
      const auto written = ::pwritev2(file_->get(), &piece, 1, offset, flags);
      if (written != static_cast<ssize_t>(bytes.size())) return system_failure("raw: pwritev2");
      if (sync_ == Sync::fdatasync && ::fdatasync(file_->get()) != 0) return system_failure("raw: fdatasync");
      return {};
    });
  }

  bool durable() const noexcept override { return durable_ && sync_ != Sync::none; }

  std::string_view route() const noexcept override {
    return sync_ == Sync::none ? "pwrite" : sync_ == Sync::dsync ? "RWF_DSYNC" : "pwrite + fdatasync";
  }

 private:
  std::shared_ptr<const Descriptor> file_;
  const Values& values_;
  Sync sync_;
  bool durable_;
};

class BlockReader final : public RawLimit {
 public:
  BlockReader(RawMap map, const Values& values, const Config& config)
      : map_(std::move(map)), values_(values), size_bytes_(config.value_size_bytes) {
    for (std::uint64_t id = 0; id < config.keys; ++id) {
      std::memcpy(map_.data() + id * size_bytes_, values.of(id, 0).data(), size_bytes_);
    }
  }

  Result<void> run(Lane& lane) override {
    lane.bytes.resize(size_bytes_);
    for (const std::uint64_t id : lane.ids) {
      lane.time([&] { std::memcpy(lane.bytes.data(), map_.data() + id * size_bytes_, size_bytes_); });
      if (looks_like(lane.bytes, values_.of(id, 0))) continue;
      return Unexpected(Error{ErrorCode::corruption, "raw: the bare map gave another block"});
    }
    return {};
  }

  bool durable() const noexcept override { return false; }

 private:
  RawMap map_;
  const Values& values_;
  std::uint64_t size_bytes_;
};

/// What a few blocks take. As in the run, the file system holds none of them back for writing at the
/// beginning: the first write to a page then costs more than the next.
Result<double> trial_seconds(RawLimit& raw, const Config& config, const std::filesystem::path& dir) {
  constexpr std::uint64_t kBlocks = 16;
  Histogram unused;
  Lane lane(0, 0, 1);
  lane.time_into(unused);
  for (std::uint64_t id = 0; id < std::min(kBlocks, config.keys); ++id) lane.ids.push_back(id);
  if (auto done = settle(dir); !done) return Unexpected(std::move(done.error()));
  const std::uint64_t start = Clock::instance().ticks();
  if (auto done = raw.run(lane); !done) return Unexpected(std::move(done.error()));
  return Clock::instance().seconds(Clock::instance().ticks() - start);
}

/// By the medians of some rounds, in which the two alternate.
Result<std::unique_ptr<RawLimit>> faster_of(std::unique_ptr<RawLimit> one, std::unique_ptr<RawLimit> other,
                                            const Config& config, const std::filesystem::path& dir) {
  constexpr int kRounds = 9;
  std::vector<double> one_took;
  std::vector<double> other_took;
  for (int round = 0; round < kRounds; ++round) {
    const auto one_takes = trial_seconds(*one, config, dir);
    if (!one_takes) return Unexpected(one_takes.error());
    const auto other_takes = trial_seconds(*other, config, dir);
    if (!other_takes) return Unexpected(other_takes.error());
    one_took.push_back(*one_takes);
    other_took.push_back(*other_takes);
  }
  return median(std::move(one_took)) <= median(std::move(other_took)) ? std::move(one) : std::move(other);
}

}  // namespace

bool looks_like(std::string_view block, std::string_view expected) noexcept {
  constexpr std::size_t kPageSizeBytes = 4096;
  constexpr std::size_t kLineSizeBytes = 64;
  if (block.size() != expected.size()) return false;
  for (std::size_t at = 0; at < block.size(); at += kPageSizeBytes) {
    if (block.substr(at, kLineSizeBytes) != expected.substr(at, kLineSizeBytes)) return false;
  }
  return true;
}

Result<std::unique_ptr<RawLimit>> make_raw_block_writer(const Config& config,
                                                        const std::filesystem::path& dir,
                                                        const Values& values, bool each_durable) {
  const std::uint64_t size_bytes = config.keys * config.value_size_bytes;
  auto file = raw_medium(config, dir, size_bytes);
  if (!file) return Unexpected(std::move(file.error()));
  const bool in_file = config.backend == Backend::file;
  using Sync = WrittenBlocks::Sync;
  const auto written = [&](Sync sync, std::shared_ptr<const Descriptor> to) {
    const bool durable = describe_machine(dir).file_system != "tmpfs";
    return std::make_unique<WrittenBlocks>(std::move(to), values, sync, durable);
  };
  if (in_file && each_durable) {
    const auto shared = std::make_shared<const Descriptor>(std::move(*file));
    return faster_of(written(Sync::fdatasync, shared), written(Sync::dsync, shared), config, dir);
  }
  auto map = RawMap::of(*file, size_bytes);
  if (!map) return Unexpected(std::move(map.error()));
  if (!in_file) return std::make_unique<StreamedBlocks>(std::move(*map), values);
  return faster_of(written(Sync::none, std::make_shared<const Descriptor>(std::move(*file))),
                   std::make_unique<CopiedBlocks>(std::move(*map), values), config, dir);
}

Result<std::unique_ptr<RawLimit>> make_raw_block_reader(const Config& config,
                                                        const std::filesystem::path& dir,
                                                        const Values& values) {
  const std::uint64_t size_bytes = config.keys * config.value_size_bytes;
  const auto file = raw_medium(config, dir, size_bytes);
  if (!file) return Unexpected(file.error());
  auto map = RawMap::of(*file, size_bytes);
  if (!map) return Unexpected(std::move(map.error()));
  return std::make_unique<BlockReader>(std::move(*map), values, config);
}

}  // namespace holdfast::bench
