#include <memory>
#include <vector>

#include <fmt/format.h>

#include "region_workload.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

/// Blocks appended to an empty region that has room for them.
class RegionAppend final : public RegionWorkload {
 public:
  using RegionWorkload::RegionWorkload;

 protected:
  Result<void> make(const std::filesystem::path& path) override {
    written_.assign(config_.keys, 0);
    return make_empty(path);
  }

  Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override {
    if (config_.durability == Durability::immediate)
      return make_raw_block_writer(config_, dir, values_, waits_for_syncs(config_));
    return make_raw_appender(config_, dir, values_);
  }

  Result<void> run_lane(Lane& lane) override {
    for (const std::uint64_t id : lane.ids) {
      const auto bytes = bytes_of(values_.of(id, 1));
      const auto offset = lane.time([&] { return region_->append(bytes); });
      if (!offset) return Unexpected(offset.error());
      const std::uint64_t index = *offset / bytes.size();
      if (*offset % bytes.size() != 0 || index >= config_.keys)
        return wrong(fmt::format("appended at {} of {} bytes", *offset, config_.keys * bytes.size()));
      written_[index] = id;
    }
    return {};
  }

  Result<void> check() override {
    if (auto done = check_size(); !done) return done;
    std::string block;
    for (std::uint64_t index = 0; index < config_.keys; ++index) {
      if (auto done = read(index, block); !done) return done;
      if (block != values_.of(written_[index], 1))
        return wrong(fmt::format("block {} is not as it was appended", index));
    }
    return {};
  }

 private:
  std::vector<std::uint64_t> written_;  ///< What was appended where; each place is written by one thread.
};

}  // namespace

Result<Row> run_region_append(const Config& config) { return RegionAppend(config).run(); }

}  // namespace holdfast::bench
