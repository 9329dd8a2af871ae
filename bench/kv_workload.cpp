#include "kv_workload.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "measure.hpp"

namespace holdfast::bench {

Unexpected wrong(std::string message) { return Unexpected(Error{ErrorCode::corruption, std::move(message)}); }

Result<void> KvWorkload::compare(std::uint64_t id, std::uint64_t version, std::string& key) {
  make_key(id, key);
  auto value = fixture_->space.get(key);
  if (!value) return Unexpected(std::move(value.error()));
  if (!*value) return wrong(fmt::format("key {} is missing", id));
  if (**value != values_.of(id, version)) return wrong(fmt::format("key {} has another value", id));
  return {};
}

Result<void> KvWorkload::check_values(std::uint64_t version) {
  std::string key = new_key();
  const std::uint64_t step = std::max<std::uint64_t>(1, config_.keys / 1000);
  for (std::uint64_t id = 0; id < config_.keys; id += step) {
    if (auto same = compare(id, version, key); !same) return same;
  }
  return {};
}

Result<void> KvWorkload::check_size(std::uint64_t expected) {
  auto size = fixture_->space.size();
  if (!size) return Unexpected(std::move(size.error()));
  if (*size != expected) return wrong(fmt::format("{} keys in the space, not {}", *size, expected));
  return {};
}

Result<std::unique_ptr<RawLimit>> KvWorkload::make_raw(const std::filesystem::path& dir) const {
  if (!config_.with_raw) return std::unique_ptr<RawLimit>();
  if (auto reader = raw_reader()) return reader;
  Config written = config_;
  written.value_size_bytes = written_value_size_bytes();
  return make_raw_writer(written, dir, values_, config_.batch);
}

Result<SliceOutcome> KvWorkload::run_timed(RawLimit* raw, Row& row) {
  SlicePlan plan = make_plan(config_);
  plan.work = [this](Lane& lane) { return run_lane(lane); };
  if (raw != nullptr) plan.raw = [raw](Lane& lane) { return raw->run(lane); };

  const auto before = fixture_->store.info();
  const std::uint64_t resident_before = resident_anonymous_bytes();
  auto outcome = run_slices(plan);
  const std::uint64_t resident_after = resident_anonymous_bytes();
  const auto after = fixture_->store.info();
  if (!outcome) return outcome;
  if (!before || !after) return Unexpected(before ? after.error() : before.error());

  row.durable = after->capabilities.durable;
  row.set_times(*outcome, outcome->work);
  row.set_raw(*outcome);
  row.syncs = after->counters.syncs - before->counters.syncs;
  row.fences = after->counters.fences - before->counters.fences;
  if (*row.syncs != 0) {
    row.writes_per_sync = static_cast<double>(row.ops) / static_cast<double>(*row.syncs);
    row.writes_per_thread_per_sync = *row.writes_per_sync / config_.threads;
  }
  constexpr std::uint64_t kKeysThatTell = 100'000;  // fewer, and the threads' own memory is most of it
  if (!filled() && row.ops >= kKeysThatTell && resident_after > resident_before) {
    row.dram_bytes_per_key =
        static_cast<double>(resident_after - resident_before) / static_cast<double>(row.ops);
  }
  return outcome;
}

Result<Row> KvWorkload::run() {
  auto dir = ScratchDir::make(config_.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  auto fixture = StoreFixture::make(config_, store_path(dir->path()), 2 * config_.keys + 2 * kSingleWrites);
  if (!fixture) return Unexpected(std::move(fixture.error()));
  fixture_.emplace(std::move(*fixture));
  if (filled()) {
    if (auto done = fill(*fixture_, config_, values_, 0, config_.keys); !done)
      return Unexpected(done.error());
  }
  auto raw = make_raw(dir->path());
  if (!raw) return Unexpected(std::move(raw.error()));
  if (auto done = settle(dir->path()); !done) return Unexpected(std::move(done.error()));

  Row row = make_row(config_, dir->path());
  const DeviceMeter device(config_, dir->path());
  if (auto done = run_timed(raw->get(), row); !done) return Unexpected(std::move(done.error()));
  if (auto done = fixture_->store.sync(); !done) return Unexpected(std::move(done.error()));
  if (!config_.with_raw) row.device_bytes = device.bytes();  // else the raw limit's writes are among them
  if (auto done = check(); !done) return Unexpected(std::move(done.error()));

  if (auto done = prepare_single_writes(); !done) return Unexpected(std::move(done.error()));
  auto single = device.median_of_writes(single_writes(), [this](std::uint64_t i) { return single_write(i); });
  if (!single) return Unexpected(std::move(single.error()));
  row.device_bytes_per_op_median = *single;
  if (auto done = fixture_->store.close(); !done) return Unexpected(std::move(done.error()));
  return row;
}

}  // namespace holdfast::bench
