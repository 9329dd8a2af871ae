#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <holdfast/error.hpp>

#include "config.hpp"
#include "machine.hpp"
#include "slices.hpp"

namespace holdfast::bench {

/// The result of one run. What does not apply, or cannot be known here, is absent (null in JSON).
/// Operations are records (a batch of 100 counts 100); latencies are those of one call (one commit).
struct Row {
  std::string workload;
  Config config{};
  Machine machine{};
  std::uint32_t run = 1;  ///< 1 to Config::repeat.

  std::optional<bool> durable{};  ///< Whether the medium keeps what it acknowledged when power fails.
  std::uint64_t ops = 0;
  double seconds = 0;
  double ops_per_s = 0;
  double ops_per_s_median = 0;  ///< Of the slices.
  double mb_per_s = 0;          ///< Keys, values, payloads and blocks, 10^6 bytes.
  double p10_ns = 0;
  double p50_ns = 0;
  double p99_ns = 0;
  double p999_ns = 0;
  double max_ns = 0;

  std::optional<std::uint64_t> syncs{};
  std::optional<std::uint64_t> fences{};
  std::optional<double> syncs_per_op{};
  std::optional<double> writes_per_sync{};
  std::optional<double> writes_per_thread_per_sync{};
  std::optional<std::uint64_t> device_bytes{};  ///< Of the whole run, the machine's idle writes taken off.
  std::optional<std::uint64_t> device_bytes_per_op_median{};  ///< Of up to 1,000 single writes.
  std::optional<std::string> device_bytes_source{};           ///< What these two count.
  std::optional<double> dram_bytes_per_key{};
  std::optional<double> write_amplification{};  ///< Bytes of records written for each that was asked for.

  std::optional<double> syncs_per_call{};          ///< Of a few calls of what is timed, by themselves.
  std::optional<double> fences_per_call{};
  std::optional<std::uint64_t> records_removed{};  ///< By a compaction.
  std::optional<double> written_per_freed{};       ///< Bytes of records that it has copied, for each that it freed.

  std::optional<double> delivered_p50_ns{};  ///< From the acknowledgement of an append to its delivery to who follows.
  std::optional<double> delivered_p99_ns{};
  std::optional<double> cached_fraction{};  ///< Of the store, in the page cache at the begin of a slice; the most.

  std::optional<double> space_growth{};   ///< Room in use at the end, over that after a tenth of the operations.
  std::optional<double> memory_growth{};  ///< The same of anonymous memory.

  std::optional<double> raw_ops_per_s_median{};
  std::optional<double> raw_p50_ns{};
  std::optional<double> raw_p99_ns{};
  std::optional<std::string> raw_route{};  ///< What the raw side did, where there is a choice.
  std::optional<double> p50_times_raw{};   ///< Our median latency over that of the raw side.
  std::optional<double> ratio_to_raw{};    ///< Ours over the medium's throughput, median of the slices.

  std::optional<double> records_per_s{};
  std::optional<double> bound_seconds{};
  std::optional<double> ratio_to_bound{};  ///< Time to open over the time of the bound.
  std::optional<double> close_seconds{};   ///< To close the store and give back its memory.

  /// Throughput and latencies of one side of a run.
  void set_times(const SliceOutcome& outcome, const Side& side, std::uint64_t op_size_bytes);

  /// Latencies, in clock ticks.
  void set_latencies(const Histogram& latencies);

  /// Throughput of the raw side, if it ran, and the ratio to it.
  void set_raw(const SliceOutcome& outcome);
};

/// A row for `config` with everything empty but where it comes from.
[[nodiscard]] Row make_row(const Config& config, const std::filesystem::path& dir);

/// One object, all fields in a fixed order.
[[nodiscard]] nlohmann::ordered_json to_json(const Row& row);

/// One line for people.
[[nodiscard]] std::string to_text(const Row& row);

/// Adds the row as one line. Errors: io.
[[nodiscard]] Result<void> append_json_line(const std::filesystem::path& file, const Row& row);

/// False where figures would mislead: a debug build, or one under a sanitizer.
[[nodiscard]] bool optimized_build() noexcept;

/// "1.23 M", "45.6 K", "789".
[[nodiscard]] std::string short_number(double value);

/// "640 ns", "25.1 us", "1.2 ms", "3.4 s".
[[nodiscard]] std::string short_time(double ns);

}  // namespace holdfast::bench
