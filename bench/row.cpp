#include "row.hpp"

#include <fstream>

#include <fmt/format.h>

namespace holdfast::bench {
namespace {

template <class T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

std::vector<double> rates(const SliceOutcome& outcome, const Side& side) {
  std::vector<double> values;
  for (std::size_t i = 0; i < side.slice_seconds.size(); ++i) {
    if (outcome.slice_keys[i] == 0) continue;
    values.push_back(static_cast<double>(outcome.slice_keys[i]) / side.slice_seconds[i]);
  }
  return values;
}

}  // namespace

void Row::set_times(const SliceOutcome& outcome, const Side& side, std::uint64_t op_size_bytes) {
  ops = 0;
  for (const std::uint64_t keys : outcome.slice_keys) ops += keys;
  seconds = side.seconds();
  ops_per_s = static_cast<double>(ops) / seconds;
  ops_per_s_median = median(rates(outcome, side));
  mb_per_s = ops_per_s * static_cast<double>(op_size_bytes) / 1e6;
  set_latencies(side.latencies);
}

void Row::set_latencies(const Histogram& latencies) {
  const auto at = [&](double fraction) { return Clock::instance().nanoseconds(latencies.percentile(fraction)); };
  p10_ns = at(0.10);
  p50_ns = at(0.50);
  p99_ns = at(0.99);
  p999_ns = at(0.999);
  max_ns = at(1.0);
}

void Row::set_raw(const SliceOutcome& outcome) {
  if (outcome.raw.slice_seconds.empty()) return;
  raw_ops_per_s_median = median(rates(outcome, outcome.raw));
  raw_p50_ns = Clock::instance().nanoseconds(outcome.raw.latencies.percentile(0.50));
  raw_p99_ns = Clock::instance().nanoseconds(outcome.raw.latencies.percentile(0.99));
  if (*raw_p50_ns > 0) p50_times_raw = p50_ns / *raw_p50_ns;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < outcome.raw.slice_seconds.size(); ++i) {
    ratios.push_back(outcome.raw.slice_seconds[i] / outcome.work.slice_seconds[i]);
  }
  ratio_to_raw = median(std::move(ratios));
}

Row make_row(const Config& config, const std::filesystem::path& dir) {
  Row row;
  row.workload = config.workload;
  row.config = config;
  row.machine = describe_machine(dir);
  return row;
}

nlohmann::ordered_json to_json(const Row& row) {
  nlohmann::ordered_json json;
  json["workload"] = row.workload;
  json["backend"] = name(row.config.backend);
  json["durability"] = name(row.config.durability);
  json["durable"] = or_null(row.durable);
  json["threads"] = row.config.threads;
  json["keys"] = row.config.keys;
  json["key_size"] = row.config.key_size_bytes;
  json["value_size"] = row.config.value_size_bytes;
  json["area_size"] =
      row.config.area_size_bytes == 0 ? nullptr : nlohmann::ordered_json(row.config.area_size_bytes);
  json["batch"] = row.config.batch;
  json["streams"] = row.config.streams == 0 ? nullptr : nlohmann::ordered_json(row.config.streams);
  json["key_count"] = row.config.key_count == 0 ? nullptr : nlohmann::ordered_json(row.config.key_count);
  json["kept"] = keeps_checkpoints(row.workload) ? nlohmann::ordered_json(row.config.kept) : nullptr;
  const bool mixes = mixes_operations(row.workload);
  json["read_percent"] = mixes ? nlohmann::ordered_json(row.config.read_percent) : nullptr;
  json["zipf"] = mixes ? nlohmann::ordered_json(row.config.zipf) : nullptr;
  json["run"] = row.run;
  json["ops"] = row.ops;
  json["seconds"] = row.seconds;
  json["ops_per_s"] = row.ops_per_s;
  json["ops_per_s_median"] = row.ops_per_s_median;
  json["mb_per_s"] = row.mb_per_s;
  json["p10_ns"] = row.p10_ns;
  json["p50_ns"] = row.p50_ns;
  json["p99_ns"] = row.p99_ns;
  json["p999_ns"] = row.p999_ns;
  json["max_ns"] = row.max_ns;
  json["latency_every"] = latency_every(row.config);
  json["clock_ns"] = Clock::instance().cost_ns();
  json["syncs"] = or_null(row.syncs);
  json["fences"] = or_null(row.fences);
  json["syncs_per_op"] = or_null(row.syncs_per_op);
  json["writes_per_sync"] = or_null(row.writes_per_sync);
  json["writes_per_thread_per_sync"] = or_null(row.writes_per_thread_per_sync);
  json["device_bytes"] = or_null(row.device_bytes);
  json["device_bytes_per_op_median"] = or_null(row.device_bytes_per_op_median);
  json["device_bytes_source"] = or_null(row.device_bytes_source);
  json["dram_bytes_per_key"] = or_null(row.dram_bytes_per_key);
  json["write_amplification"] = or_null(row.write_amplification);
  json["syncs_per_call"] = or_null(row.syncs_per_call);
  json["fences_per_call"] = or_null(row.fences_per_call);
  json["records_removed"] = or_null(row.records_removed);
  json["written_per_freed"] = or_null(row.written_per_freed);
  json["delivered_p50_ns"] = or_null(row.delivered_p50_ns);
  json["delivered_p99_ns"] = or_null(row.delivered_p99_ns);
  json["cached_fraction"] = or_null(row.cached_fraction);
  json["space_growth"] = or_null(row.space_growth);
  json["memory_growth"] = or_null(row.memory_growth);
  json["raw_ops_per_s_median"] = or_null(row.raw_ops_per_s_median);
  json["raw_p50_ns"] = or_null(row.raw_p50_ns);
  json["raw_p99_ns"] = or_null(row.raw_p99_ns);
  json["raw_route"] = or_null(row.raw_route);
  json["p50_times_raw"] = or_null(row.p50_times_raw);
  json["ratio_to_raw"] = or_null(row.ratio_to_raw);
  json["records_per_s"] = or_null(row.records_per_s);
  json["bound_seconds"] = or_null(row.bound_seconds);
  json["ratio_to_bound"] = or_null(row.ratio_to_bound);
  json["close_seconds"] = or_null(row.close_seconds);
  json["optimized"] = optimized_build();
  json["cpu"] = row.machine.cpu;
  json["processors"] = row.machine.processors;
  json["kernel"] = row.machine.kernel;
  json["file_system"] = row.machine.file_system;
  return json;
}

std::string to_text(const Row& row) {
  const Config& config = row.config;
  std::string text = fmt::format(
      "{:<19} {:<6} {:<9} {:>3} thr  {:>8} ops/s  {:>7.1f} MB/s  p10 {}  p50 {}  p99 {}  p99.9 {}",
      row.workload, name(config.backend), name(config.durability), config.threads,
      short_number(row.ops_per_s), row.mb_per_s, short_time(row.p10_ns), short_time(row.p50_ns),
      short_time(row.p99_ns), short_time(row.p999_ns));
  if (mixes_operations(row.workload)) text += fmt::format("  {} % reads, Zipf {}", config.read_percent, config.zipf);
  if (config.streams != 0) text += fmt::format("  {} streams", config.streams);
  if (config.key_count != 0) text += fmt::format("  {} keys", config.key_count);
  if (keeps_checkpoints(row.workload)) text += fmt::format("  {} kept", config.kept);
  if (row.syncs_per_call && row.fences_per_call)
    text += fmt::format("  syncs/call {:.2f}  fences/call {:.2f}", *row.syncs_per_call, *row.fences_per_call);
  if (row.records_removed) text += fmt::format("  {} left out", *row.records_removed);
  if (row.records_removed) text += fmt::format("  longest append {}", short_time(row.max_ns));
  if (row.written_per_freed) text += fmt::format("  {:.2f} written for 1 freed", *row.written_per_freed);
  if (row.delivered_p50_ns && row.delivered_p99_ns)
    text += fmt::format("  behind the acknowledgement p50 {}  p99 {}", short_time(*row.delivered_p50_ns),
                        short_time(*row.delivered_p99_ns));
  if (row.cached_fraction) text += fmt::format("  {:.1f} % cached", *row.cached_fraction * 100);
  if (row.syncs && *row.syncs != 0) text += fmt::format("  syncs {}", *row.syncs);
  if (row.fences && *row.fences != 0) text += fmt::format("  fences {}", *row.fences);
  if (row.writes_per_thread_per_sync) {
    text += fmt::format("  writes/thread/sync {:.2f}", *row.writes_per_thread_per_sync);
  }
  if (row.device_bytes_per_op_median)
    text += fmt::format("  device B/op {}", *row.device_bytes_per_op_median);
  if (row.dram_bytes_per_key) text += fmt::format("  DRAM B/key {:.1f}", *row.dram_bytes_per_key);
  if (row.write_amplification) text += fmt::format("  {:.2f} written for 1", *row.write_amplification);
  if (row.space_growth && row.memory_growth)
    text += fmt::format("  room {:.2f} x, memory {:.2f} x", *row.space_growth, *row.memory_growth);
  if (row.ratio_to_raw) text += fmt::format("  {:.2f} of raw", *row.ratio_to_raw);
  const bool is_compared = row.config.area_size_bytes != 0 || compares_latencies(row.workload);
  if (is_compared && row.p50_times_raw) text += fmt::format(", p50 {:.2f} x", *row.p50_times_raw);
  if (is_compared && row.raw_p99_ns) text += fmt::format(", raw p99 {}", short_time(*row.raw_p99_ns));
  if (row.raw_route) text += fmt::format(" ({})", *row.raw_route);
  if (row.ratio_to_bound) text += fmt::format("  {:.2f} x the bound's time", *row.ratio_to_bound);
  if (row.close_seconds) text += fmt::format("  close {}", short_time(*row.close_seconds * 1e9));
  if (row.durable && !*row.durable) text += "  (not durable)";
  return text;
}

Result<void> append_json_line(const std::filesystem::path& file, const Row& row) {
  std::ofstream out(file, std::ios::app);
  out << to_json(row).dump() << '\n';
  if (!out.flush()) return system_failure("no JSON written", file);
  return {};
}

bool optimized_build() noexcept {
#if !defined(NDEBUG) || !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

std::string short_number(double value) {
  if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.1f} K", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string short_time(double ns) {
  if (ns >= 1e9) return fmt::format("{:.2f} s", ns / 1e9);
  if (ns >= 1e6) return fmt::format("{:.1f} ms", ns / 1e6);
  if (ns >= 1e4) return fmt::format("{:.1f} us", ns / 1e3);
  return fmt::format("{:.0f} ns", ns);
}

}  // namespace holdfast::bench
