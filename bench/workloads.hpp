#pragma once

#include <span>
#include <string_view>

#include <holdfast/error.hpp>

#include "row.hpp"

namespace holdfast::bench {

/// One line of `holdfast-bench list`.
struct Workload {
  std::string_view name;
  std::string_view description;
  bool needs_path;    ///< Cannot run on Backend::memory.
  bool has_raw_side;  ///< Knows --with-raw.
  Result<Row> (*run)(const Config& config);
  bool needs_page_cache = false;  ///< Runs on Backend::file alone.
};

/// All workloads, in the order in which they are listed.
[[nodiscard]] std::span<const Workload> workloads() noexcept;

/// Runs config.workload once. Errors: invalid_argument (no such workload, or it lacks something that was
/// asked for), and whatever the run meets.
[[nodiscard]] Result<Row> run_workload(const Config& config);

[[nodiscard]] Result<Row> run_kv_put(const Config& config);
[[nodiscard]] Result<Row> run_kv_get(const Config& config);
[[nodiscard]] Result<Row> run_kv_update(const Config& config);
[[nodiscard]] Result<Row> run_kv_delete(const Config& config);
[[nodiscard]] Result<Row> run_kv_batch(const Config& config);
[[nodiscard]] Result<Row> run_kv_multiget(const Config& config);
[[nodiscard]] Result<Row> run_kv_mixed(const Config& config);
[[nodiscard]] Result<Row> run_kv_clean(const Config& config);
[[nodiscard]] Result<Row> run_kv_cycle(const Config& config);
[[nodiscard]] Result<Row> run_kv_scan(const Config& config);
[[nodiscard]] Result<Row> run_kv_scan_snapshot(const Config& config);
[[nodiscard]] Result<Row> run_kv_range(const Config& config);
[[nodiscard]] Result<Row> run_log_append(const Config& config);
[[nodiscard]] Result<Row> run_log_scan(const Config& config);
[[nodiscard]] Result<Row> run_log_multi(const Config& config);
[[nodiscard]] Result<Row> run_log_read(const Config& config);
[[nodiscard]] Result<Row> run_log_read_cold(const Config& config);
[[nodiscard]] Result<Row> run_log_follow(const Config& config);
[[nodiscard]] Result<Row> run_log_wake(const Config& config);
[[nodiscard]] Result<Row> run_log_compact(const Config& config);
[[nodiscard]] Result<Row> run_sharded_append(const Config& config);
[[nodiscard]] Result<Row> run_checkpoint(const Config& config);
[[nodiscard]] Result<Row> run_checkpoint_load(const Config& config);
[[nodiscard]] Result<Row> run_region_write(const Config& config);
[[nodiscard]] Result<Row> run_region_read(const Config& config);
[[nodiscard]] Result<Row> run_region_flush(const Config& config);
[[nodiscard]] Result<Row> run_region_flush_beside(const Config& config);
[[nodiscard]] Result<Row> run_region_append(const Config& config);
[[nodiscard]] Result<Row> run_region_view(const Config& config);
[[nodiscard]] Result<Row> run_commit(const Config& config);
[[nodiscard]] Result<Row> run_reopen(const Config& config);
[[nodiscard]] Result<Row> run_reopen_clean(const Config& config);
[[nodiscard]] Result<Row> run_raw(const Config& config);

}  // namespace holdfast::bench
