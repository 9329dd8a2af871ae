#include <memory>

#include <fmt/format.h>

#include "region_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

class RegionWrite final : public RegionWorkload {
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

  Result<void> check() override { return check_all(1); }
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

  Result<void> check() override { return check_all(0); }
};

}  // namespace

Result<Row> run_region_write(const Config& config) { return RegionWrite(config).run(); }
Result<Row> run_region_read(const Config& config) { return RegionRead(config).run(); }

}  // namespace holdfast::bench
