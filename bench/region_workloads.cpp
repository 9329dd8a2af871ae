#include <algorithm>
#include <memory>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "measure.hpp"
#include "store_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A region of config.keys blocks of config.value_size_bytes, all of them written before the run.
class RegionWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    if (auto opened = open(path, config_.keys); !opened) return opened;
    auto region = store_->region("bench", {.durability = config_.durability});
    if (!region) return Unexpected(std::move(region.error()));
    region_.emplace(std::move(*region));
    if (auto reserved = region_->reserve(config_.keys * config_.value_size_bytes); !reserved) return reserved;
    for (std::uint64_t id = 0; id < config_.keys; ++id) {
      const auto bytes = bytes_of(values_.of(id, 0));
      auto written = region_->write_at(id * bytes.size(), bytes, {.durability = Durability::buffered});
      if (!written) return written;
    }
    return store_->sync();
  }

  Result<void> write(std::uint64_t id, std::uint64_t version) {
    const auto bytes = bytes_of(values_.of(id, version));
    return region_->write_at(id * bytes.size(), bytes);
  }

  Result<void> read(std::uint64_t id, std::string& block) const {
    block.resize(config_.value_size_bytes);
    return region_->read_at(id * block.size(), std::as_writable_bytes(std::span(block)));
  }

  /// Compares every byte of the region with the blocks of `version`.
  Result<void> check_blocks(std::uint64_t version) const {
    const auto size = region_->size();
    if (!size) return Unexpected(size.error());
    if (*size != config_.keys * config_.value_size_bytes) return wrong(fmt::format("{} bytes", *size));
    std::string block;
    for (std::uint64_t id = 0; id < config_.keys; ++id) {
      if (auto done = read(id, block); !done) return done;
      if (block != values_.of(id, version))
        return wrong(fmt::format("block {} is not as it was written", id));
    }
    return {};
  }

  std::optional<Region> region_;
};

class RegionWrite : public RegionWorkload {
 public:
  using RegionWorkload::RegionWorkload;

 protected:
  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_block_writer(config_, dir, values_, waits_for_syncs(config_));
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      if (auto done = lane.time([&] { return write(id, 1); }); !done) return done;
    }
    return {};
  }

  Result<void> check() override { return check_blocks(1); }
};

class RegionFlush final : public RegionWrite {
 public:
  using RegionWrite::RegionWrite;

 protected:
  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      if (auto done = lane.time([&] { return write_and_flush(id, 1); }); !done) return done;
    }
    return {};
  }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override { return write_and_flush(i, 2); }

 private:
  Result<void> write_and_flush(std::uint64_t id, std::uint64_t version) {
    if (auto written = write(id, version); !written) return written;
    const auto flushed = region_->flush();
    return flushed ? Result<void>{} : Unexpected(flushed.error());
  }
};

class RegionRead final : public RegionWorkload {
 public:
  using RegionWorkload::RegionWorkload;

 protected:
  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_block_reader(config_, dir, values_);
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      if (auto done = lane.time([&] { return read(id, lane.bytes); }); !done) return done;
      if (!looks_like(lane.bytes, values_.of(id, 0)))
        return wrong(fmt::format("block {} is not as it was written", id));
    }
    return {};
  }

  Result<void> check() override { return check_blocks(0); }
};

}  // namespace

Result<Row> run_region_write(const Config& config) { return RegionWrite(config).run(); }
Result<Row> run_region_read(const Config& config) { return RegionRead(config).run(); }
Result<Row> run_region_flush(const Config& config) { return RegionFlush(config).run(); }

}  // namespace holdfast::bench
