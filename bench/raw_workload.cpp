#include <algorithm>

#include "measure.hpp"
#include "raw.hpp"
#include "workloads.hpp"

namespace holdfast::bench {
namespace {

Result<void> write_one(RawLimit& raw, Lane& lane, std::uint64_t id) {
  lane.ids.assign(1, id);
  return raw.run(lane);
}

}  // namespace

Result<Row> run_raw(const Config& config) {
  auto dir = ScratchDir::make(config.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  const Values values(config.value_size_bytes);
  auto raw = make_raw_writer(config, dir->path(), values, config.batch);
  if (!raw) return Unexpected(std::move(raw.error()));

  Row row = make_row(config, dir->path());
  row.durable = (*raw)->durable();
  SlicePlan plan = make_plan(config);
  plan.work = [&](Lane& lane) { return (*raw)->run(lane); };
  const DeviceMeter device(config, dir->path());
  auto outcome = run_slices(plan);
  if (!outcome) return Unexpected(std::move(outcome.error()));
  row.set_times(*outcome, outcome->work, config.key_size_bytes + config.value_size_bytes);
  row.device_bytes = device.bytes();

  Histogram unused;
  Lane lane(0, config.key_size_bytes, 1);
  lane.time_into(unused);
  auto single = device.median_of_writes(std::min(kSingleWrites, config.keys),
                                        [&](std::uint64_t i) { return write_one(**raw, lane, i); });
  if (!single) return Unexpected(std::move(single.error()));
  row.device_bytes_per_op_median = *single;
  return row;
}

}  // namespace holdfast::bench
