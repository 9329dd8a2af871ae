#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <holdfast/holdfast.hpp>

#include "raw.hpp"
#include "row.hpp"

namespace holdfast::bench {

/// A value that is not what was written: the run fails.
[[nodiscard]] Unexpected wrong(std::string message);

/// What all workloads on a store have in common is in run(); each says what differs.
class StoreWorkload {
 public:
  explicit StoreWorkload(const Config& config) : config_(config), values_(config.value_size_bytes) {}
  virtual ~StoreWorkload() = default;
  StoreWorkload(const StoreWorkload&) = delete;
  StoreWorkload& operator=(const StoreWorkload&) = delete;

  [[nodiscard]] Result<Row> run();

 protected:
  /// Makes store_ at `path`, with all that must be there before the run.
  [[nodiscard]] virtual Result<void> make(const std::filesystem::path& path) = 0;

  /// What the slices of the workload alternate with. Called if the configuration asks for it.
  [[nodiscard]] virtual Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) = 0;

  /// The timed part.
  [[nodiscard]] virtual Result<void> run_lane(Lane& lane) = 0;

  /// Whether the store holds what it must after the run.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// The order in which the run comes to the keys.
  [[nodiscard]] virtual SlicePlan plan() const;

  /// What must be done, untimed, before each side of each slice.
  [[nodiscard]] virtual BeforeSide before_side() { return {}; }

  /// Whether what stands between the slices works on the store too: its counters do not tell of the
  /// operations then.
  [[nodiscard]] virtual bool works_on_store_besides() const { return false; }

  /// Bytes that one operation brings in or out.
  [[nodiscard]] virtual std::uint64_t op_size_bytes() const {
    return config_.key_size_bytes + config_.value_size_bytes;
  }

  /// Whether each operation adds a key: what that costs in memory is told then.
  [[nodiscard]] virtual bool adds_keys() const { return false; }

  /// What else there is to say, behind the timed part.
  [[nodiscard]] virtual Result<void> tell(Row&) { return {}; }

  /// Before and at each write that is watched for itself, after the run. A reader has none.
  [[nodiscard]] virtual std::uint64_t single_writes() const { return 0; }
  [[nodiscard]] virtual Result<void> prepare_single_writes() { return {}; }
  [[nodiscard]] virtual Result<void> single_write(std::uint64_t) { return {}; }

  /// Opens store_, new, with room for `records` of the configured size.
  [[nodiscard]] Result<void> open(const std::filesystem::path& path, std::uint64_t records);

  const Config& config_;
  Values values_;
  std::optional<Store> store_;

 private:
  [[nodiscard]] Result<void> run_timed(RawLimit* raw, Row& row);
  void set_counters(const StorageCounters& before, const StorageCounters& after, Row& row) const;
};

}  // namespace holdfast::bench
