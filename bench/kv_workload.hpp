#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "store_fixture.hpp"
#include "store_workload.hpp"

namespace holdfast::bench {

/// What the key-value workloads have in common.
class KvWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  /// Puts the keys before the run.
  [[nodiscard]] virtual bool filled() const { return true; }

  /// Bytes of value in each record that the run writes; what the raw limit writes too.
  [[nodiscard]] virtual std::uint64_t written_value_size_bytes() const { return config_.value_size_bytes; }

  [[nodiscard]] virtual std::unique_ptr<RawLimit> raw_reader() const { return nullptr; }

  [[nodiscard]] Result<void> make(const std::filesystem::path& path) override;
  [[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw(const std::filesystem::path& dir) override;
  [[nodiscard]] bool adds_keys() const override { return !filled(); }

  /// Compares up to 1,000 keys all over the space with their values of `version`.
  [[nodiscard]] Result<void> check_values(std::uint64_t version);
  [[nodiscard]] Result<void> check_size(std::uint64_t expected);

  [[nodiscard]] std::string new_key() const { return std::string(config_.key_size_bytes, '\0'); }

  std::optional<Kv> space_;

 private:
  [[nodiscard]] Result<void> compare(std::uint64_t id, std::uint64_t version, std::string& key);
};

}  // namespace holdfast::bench
