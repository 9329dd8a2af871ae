#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "store_workload.hpp"

namespace holdfast::bench {

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A region of blocks of config.value_size_bytes, all of them written in version 0 before the run.
class RegionWorkload : public StoreWorkload {
 public:
  using StoreWorkload::StoreWorkload;

 protected:
  /// Blocks in the region.
  [[nodiscard]] virtual std::uint64_t blocks() const { return config_.keys; }

  /// Bytes for which the store must have room besides.
  [[nodiscard]] virtual std::uint64_t other_size_bytes() const { return 0; }

  [[nodiscard]] Result<void> make(const std::filesystem::path& path) override;

  /// Opens the store and region_ with room for all blocks.
  [[nodiscard]] Result<void> make_empty(const std::filesystem::path& path);

  [[nodiscard]] Result<void> write(std::uint64_t id, std::uint64_t version);
  [[nodiscard]] Result<void> write_and_flush(std::uint64_t id, std::uint64_t version);
  [[nodiscard]] Result<void> read(std::uint64_t id, std::string& block) const;

  /// Compares the region's size with that of all blocks.
  [[nodiscard]] Result<void> check_size() const;

  /// Compares every byte of `count` blocks from `first` on with the blocks of `version`.
  [[nodiscard]] Result<void> check_blocks(std::uint64_t first, std::uint64_t count,
                                          std::uint64_t version) const;

  /// The same for all blocks, and the size.
  [[nodiscard]] Result<void> check_all(std::uint64_t version) const;

  std::optional<Region> region_;
};

}  // namespace holdfast::bench
