#include "store_workload.hpp"

#include "measure.hpp"
#include "store_fixture.hpp"

namespace holdfast::bench {

Unexpected wrong(std::string message) { return Unexpected(Error{ErrorCode::corruption, std::move(message)}); }

SlicePlan StoreWorkload::plan() const { return make_plan(config_); }

Result<void> StoreWorkload::open(const std::filesystem::path& path, std::uint64_t records) {
  auto store = Store::open(path, store_options(config_, records));
  if (!store) return Unexpected(std::move(store.error()));
  store_.emplace(std::move(*store));
  return {};
}

Result<void> StoreWorkload::run_timed(RawLimit* raw, Row& row) {
  SlicePlan slices = plan();
  slices.work = [this](Lane& lane) { return run_lane(lane); };
  slices.before = before_side();
  if (raw != nullptr) slices.raw = [raw](Lane& lane) { return raw->run(lane); };

  const auto before = store_->info();
  const std::uint64_t resident_before = resident_anonymous_bytes();
  auto outcome = run_slices(slices);
  const std::uint64_t resident_after = resident_anonymous_bytes();
  const auto after = store_->info();
  if (!outcome) return Unexpected(std::move(outcome.error()));
  if (!before || !after) return Unexpected(before ? after.error() : before.error());

  row.durable = after->capabilities.durable;
  row.set_times(*outcome, outcome->work, op_size_bytes());
  row.set_raw(*outcome);
  if (raw != nullptr && !raw->route().empty()) row.raw_route = raw->route();
  const bool counts_others = works_on_store_besides() || (raw != nullptr && raw->works_on_store());
  if (!counts_others) set_counters(before->counters, after->counters, row);
  constexpr std::uint64_t kKeysThatTell = 100'000;  // fewer, and the threads' own memory is most of it
  if (adds_keys() && row.ops >= kKeysThatTell && resident_after > resident_before) {
    row.dram_bytes_per_key =
        static_cast<double>(resident_after - resident_before) / static_cast<double>(row.ops);
  }
  return {};
}

void StoreWorkload::set_counters(const StorageCounters& before, const StorageCounters& after,
                                 Row& row) const {
  row.syncs = after.syncs - before.syncs;
  row.fences = after.fences - before.fences;
  row.syncs_per_op = static_cast<double>(*row.syncs) / static_cast<double>(row.ops);
  if (*row.syncs == 0) return;
  row.writes_per_sync = static_cast<double>(row.ops) / static_cast<double>(*row.syncs);
  row.writes_per_thread_per_sync = *row.writes_per_sync / config_.threads;
}

Result<Row> StoreWorkload::run() {
  auto dir = ScratchDir::make(config_.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  if (auto made = make(store_path(dir->path())); !made) return Unexpected(std::move(made.error()));
  std::unique_ptr<RawLimit> raw;
  if (config_.with_raw) {
    auto made = make_raw(dir->path());
    if (!made) return Unexpected(std::move(made.error()));
    raw = std::move(*made);
  }
  if (auto done = settle(dir->path()); !done) return Unexpected(std::move(done.error()));

  Row row = make_row(config_, dir->path());
  const DeviceMeter device(config_, dir->path());
  if (auto done = run_timed(raw.get(), row); !done) return Unexpected(std::move(done.error()));
  if (auto done = store_->sync(); !done) return Unexpected(std::move(done.error()));
  if (auto done = tell(row); !done) return Unexpected(std::move(done.error()));
  const bool others_write = config_.with_raw || works_on_store_besides();
  if (!others_write) row.device_bytes = device.bytes();
  if (auto done = check(); !done) return Unexpected(std::move(done.error()));

  if (auto done = prepare_single_writes(); !done) return Unexpected(std::move(done.error()));
  auto single = device.median_of_writes(single_writes(), [this](std::uint64_t i) { return single_write(i); });
  if (!single) return Unexpected(std::move(single.error()));
  row.device_bytes_per_op_median = *single;
  if (row.device_bytes || row.device_bytes_per_op_median) row.device_bytes_source = device.source();
  raw.reset();  // it may work on the store
  if (auto done = store_->close(); !done) return Unexpected(std::move(done.error()));
  return row;
}

}  // namespace holdfast::bench
