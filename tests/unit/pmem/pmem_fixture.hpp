#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pmem/pmem_storage.hpp"

namespace holdfast::pmem {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::string_view kGreeting = "the first bytes of a store";

/// Options of a small store that may grow to 256 MiB on any medium.
[[nodiscard]] PmemOptions small_store();
[[nodiscard]] PmemOptions read_only_store();

/// Writes kGreeting at 0 and drains nothing: create() has to.
[[nodiscard]] Result<void> greet(Storage& storage);

[[nodiscard]] std::string text_at(const Storage& storage, std::uint64_t offset, std::size_t size_bytes);

[[nodiscard]] std::span<const std::byte> as_bytes(std::string_view text);

/// Flips bit 0 of the byte at `offset` of a file.
void flip_byte(const std::filesystem::path& file, std::uint64_t offset);

[[nodiscard]] std::vector<std::byte> read_bytes(const std::filesystem::path& file, std::uint64_t offset,
                                                std::size_t size_bytes);
void write_bytes(const std::filesystem::path& file, std::uint64_t offset, std::span<const std::byte> bytes);

/// A directory of its own for each test: in TMPDIR, else in /dev/shm, where pools are made fast.
class PmemTest : public ::testing::Test {
 protected:
  PmemTest();
  ~PmemTest() override;

  /// A new store of 8 MiB that greets.
  void create_store();
  /// The same, grown to 24 MiB by two further pools, closed.
  void create_store_of_three_pools();
  /// The open store; fails the test if it does not open.
  [[nodiscard]] std::unique_ptr<Storage> open_store(const PmemOptions& options = small_store());
  /// The error that opening gives; fails the test if it opens.
  [[nodiscard]] Error open_error(const PmemOptions& options = small_store());

  [[nodiscard]] std::filesystem::path pool(std::uint32_t index) const;
  /// The names in directory_, sorted.
  [[nodiscard]] std::vector<std::string> names() const;

  std::filesystem::path directory_;
  std::filesystem::path store_;
};

}  // namespace holdfast::pmem
