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

  std::optional<std::uint64_t> syncs{};
  std::optional<std::uint64_t> fences{};
  std::optional<double> writes_per_sync{};
  std::optional<double> writes_per_thread_per_sync{};
  std::optional<std::uint64_t> device_bytes{};  ///< Of the whole run, the machine's idle writes taken off.
  std::optional<std::uint64_t> device_bytes_per_op_median{};  ///< Of up to 1,000 single writes.
  std::optional<double> dram_bytes_per_key{};

  std::optional<double> raw_ops_per_s_median{};
  std::optional<double> raw_p50_ns{};
  std::optional<double> ratio_to_raw{};  ///< Ours over the medium's throughput, median of the slices.

  std::optional<double> records_per_s{};
  std::optional<double> bound_seconds{};
  std::optional<double> ratio_to_bound{};  ///< Time to open over the time of the bound.

  /// Throughput and latencies of one side of a run.
  void set_times(const SliceOutcome& outcome, const Side& side, std::uint64_t op_size_bytes);

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
