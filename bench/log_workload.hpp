#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "store_workload.hpp"

namespace holdfast::bench {

/// What the workloads on one stream have in common.
class LogWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  /// A store with an empty stream, and room for twice the records.
  [[nodiscard]] Result<void> make(const std::filesystem::path& path) override;

  /// Appends all values and makes them durable: record i + 1 holds value i.
  [[nodiscard]] Result<void> fill();

  /// Whether `log` holds what `written` says, by id - 1, and nothing else; every byte is compared.
  [[nodiscard]] Result<void> check_written(const Log& log, const std::vector<std::uint64_t>& written) const;

  /// The same of what fill() has left.
  [[nodiscard]] Result<void> check_filled() const;

  std::optional<Log> log_;

 private:
  template <class NumberOf>
  [[nodiscard]] Result<void> check_all(const Log& log, std::uint64_t count, NumberOf&& number_of) const;
};

}  // namespace holdfast::bench
