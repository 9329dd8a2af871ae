#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "measure.hpp"
#include "region_workload.hpp"
#include "store_fixture.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

class RegionFlush final : public RegionWorkload {
 public:
  using RegionWorkload::RegionWorkload;

 protected:
  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    return make_raw_block_writer(config_, dir, values_, waits_for_syncs(config_));
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      if (auto done = lane.time([&] { return write_and_flush(id, 1); }); !done) return done;
    }
    return {};
  }

  Result<void> check() override { return check_all(1); }

  std::uint64_t single_writes() const override { return std::min(kSingleWrites, config_.keys); }
  Result<void> single_write(std::uint64_t i) override { return write_and_flush(i, 2); }
};

/// The other region: all of its bytes can be made dirty at once, again and again.
class Neighbour {
 public:
  explicit Neighbour(const Config& config)
      : size_bytes_(config.area_size_bytes), pieces_(std::min(kPieceSizeBytes, size_bytes_)) {}

  /// Its bytes are allocated, written and durable: as with one that has been in use for a while.
  Result<void> make(Store& store) {
    auto region = store.region("bench neighbour", {.durability = Durability::buffered});
    if (!region) return Unexpected(std::move(region.error()));
    region_.emplace(std::move(*region));
    if (auto done = region_->reserve(size_bytes_); !done) return done;
    if (auto done = make_dirty(); !done) return done;
    return store.sync();
  }

  /// The same in a store of its own.
  Result<void> make(const std::filesystem::path& path, const Options& options) {
    auto store = Store::open(path, options);
    if (!store) return Unexpected(std::move(store.error()));
    own_store_.emplace(std::move(*store));
    return make(*own_store_);
  }

  /// Writes all bytes anew.
  Result<void> make_dirty() {
    ++version_;
    return each_piece([&](std::uint64_t offset, std::string_view bytes) {
      return region_->write_at(offset, bytes_of(bytes));
    });
  }

  Result<void> check() const {
    std::string found;
    return each_piece([&](std::uint64_t offset, std::string_view bytes) -> Result<void> {
      found.resize(bytes.size());
      auto read = region_->read_at(offset, std::as_writable_bytes(std::span(found)));
      if (!read) return read;
      return found == bytes ? Result<void>{} : wrong(fmt::format("the neighbour's bytes from {} on", offset));
    });
  }

 private:
  static constexpr std::uint64_t kPieceSizeBytes = std::uint64_t{1} << 20;

  template <class Visit>
  Result<void> each_piece(Visit&& visit) const {
    for (std::uint64_t offset = 0; offset < size_bytes_; offset += kPieceSizeBytes) {
      const std::string_view piece = pieces_.of(offset, version_);
      if (auto done = visit(offset, piece.substr(0, size_bytes_ - offset)); !done) return done;
    }
    return {};
  }

  std::uint64_t size_bytes_;
  Values pieces_;
  std::uint64_t version_ = 0;
  std::optional<Store> own_store_;
  std::optional<Region> region_;
};

/// Flushes beside a region that holds dirty bytes. What they alternate with are the same flushes of the same
/// region while nothing else of the store is dirty; those take the second half of its blocks, so that both
/// can be checked.
class RegionFlushBeside final : public RegionWorkload {
 public:
  explicit RegionFlushBeside(const Config& config)
      : RegionWorkload(config), neighbour_(config), stranger_(config) {}

 protected:
  std::uint64_t blocks() const override { return 2 * config_.keys; }
  std::uint64_t other_size_bytes() const override { return config_.area_size_bytes; }
  bool works_on_store_besides() const override { return true; }

  Result<void> make(const std::filesystem::path& path) override {
    if (auto made = RegionWorkload::make(path); !made) return made;
    return neighbour_.make(*store_);
  }

  /// Both sides find caches and device as a sync, a neighbour's writes and a read leave them; on the raw side
  /// that neighbour lives in a store of its own.
  BeforeSide before_side() override {
    return [this](bool raw) -> Result<void> {
      if (auto done = neighbour_.make_dirty(); !done) return done;
      if (auto done = store_->sync(); !done) return done;
      if (auto done = (raw ? stranger_ : neighbour_).make_dirty(); !done) return done;
      return read(0, block_);
    };
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    const Options options = store_options(config_, config_.area_size_bytes / config_.value_size_bytes);
    if (auto made = stranger_.make(dir / "stranger.hf", options); !made) return Unexpected(made.error());
    const auto info = store_->info();
    if (!info) return Unexpected(info.error());
    return std::make_unique<FlushAlone>(*this, info->capabilities.durable);
  }

  Result<void> run_lane(Lane& lane) override { return flush_lane(lane, 0, kVersionBeside); }

  Result<void> check() override {
    if (auto done = check_size(); !done) return done;
    if (auto done = check_blocks(0, config_.keys, kVersionBeside); !done) return done;
    if (auto done = check_blocks(config_.keys, config_.keys, config_.with_raw ? kVersionAlone : 0); !done)
      return done;
    return neighbour_.check();
  }

  std::uint64_t single_writes() const override { return std::min<std::uint64_t>(16, config_.keys); }
  Result<void> single_write(std::uint64_t i) override {
    if (auto done = neighbour_.make_dirty(); !done) return done;
    return write_and_flush(i, 3);
  }

 private:
  static constexpr std::uint64_t kVersionBeside = 1;
  static constexpr std::uint64_t kVersionAlone = 2;

  class FlushAlone final : public RawLimit {
   public:
    FlushAlone(RegionFlushBeside& workload, bool durable) noexcept : workload_(workload), durable_(durable) {}

    Result<void> run(Lane& lane) override {
      return workload_.flush_lane(lane, workload_.config_.keys, kVersionAlone);
    }

    bool durable() const noexcept override { return durable_; }
    bool works_on_store() const noexcept override { return true; }
    std::string_view route() const noexcept override { return "the same, those bytes in another store"; }

   private:
    RegionFlushBeside& workload_;
    bool durable_;
  };

  Result<void> flush_lane(Lane& lane, std::uint64_t first, std::uint64_t version) {
    for (const std::uint64_t id : lane.ids) {
      if (auto done = lane.time([&] { return write_and_flush(first + id, version); }); !done) return done;
    }
    return {};
  }

  Neighbour neighbour_;
  Neighbour stranger_;
  std::string block_;
};

}  // namespace

Result<Row> run_region_flush(const Config& config) { return RegionFlush(config).run(); }
Result<Row> run_region_flush_beside(const Config& config) { return RegionFlushBeside(config).run(); }

}  // namespace holdfast::bench
