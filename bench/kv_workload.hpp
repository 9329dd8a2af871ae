#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "raw.hpp"
#include "row.hpp"
#include "store_fixture.hpp"

namespace holdfast::bench {

/// A value that is not what was written: the run fails.
[[nodiscard]] Unexpected wrong(std::string message);

/// What the key-value workloads have in common is in run(); each says what differs.
class KvWorkload {
 public:
  explicit KvWorkload(const Config& config) : config_(config), values_(config.value_size_bytes) {}
  virtual ~KvWorkload() = default;

  [[nodiscard]] Result<Row> run();

 protected:
  /// Puts the keys before the run.
  [[nodiscard]] virtual bool filled() const { return true; }

  /// Bytes of value in each record that the run writes; what the raw limit writes too.
  [[nodiscard]] virtual std::uint64_t written_value_size_bytes() const { return config_.value_size_bytes; }

  [[nodiscard]] virtual std::unique_ptr<RawLimit> raw_reader() const { return nullptr; }

  /// The timed part.
  [[nodiscard]] virtual Result<void> run_lane(Lane& lane) = 0;

  /// Whether the store holds what it must after the run.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// Before and at each write that is watched for itself, after the run. A reader has none.
  [[nodiscard]] virtual std::uint64_t single_writes() const { return 0; }
  [[nodiscard]] virtual Result<void> prepare_single_writes() { return {}; }
  [[nodiscard]] virtual Result<void> single_write(std::uint64_t) { return {}; }

  /// Compares up to 1,000 keys all over the space with their values of `version`.
  [[nodiscard]] Result<void> check_values(std::uint64_t version);
  [[nodiscard]] Result<void> check_size(std::uint64_t expected);
  [[nodiscard]] Result<void> compare(std::uint64_t id, std::uint64_t version, std::string& key);

  [[nodiscard]] std::string new_key() const { return std::string(config_.key_size_bytes, '\0'); }

  const Config& config_;
  Values values_;
  std::optional<StoreFixture> fixture_;

 private:
  [[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) const;
  [[nodiscard]] Result<SliceOutcome> run_timed(RawLimit* raw, Row& row);
};

}  // namespace holdfast::bench
