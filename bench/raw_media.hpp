#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include <holdfast/error.hpp>

#include "config.hpp"

namespace holdfast::bench {

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

/// A shared map that is faulted in and writable, and unmaps itself.
class RawMap {
 public:
  /// Errors: io.
  [[nodiscard]] static Result<RawMap> of(const Descriptor& file, std::uint64_t size_bytes);

  RawMap(RawMap&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        size_bytes_(other.size_bytes_),
        durable_(other.durable_) {}
  RawMap& operator=(RawMap&&) = delete;
  ~RawMap();

  [[nodiscard]] std::byte* data() const noexcept { return address_; }
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }

  /// Whether a fence makes durable what was streamed: the medium has byte access.
  [[nodiscard]] bool durable() const noexcept { return durable_; }

 private:
  RawMap(std::byte* address, std::uint64_t size_bytes, bool durable) noexcept
      : address_(address), size_bytes_(size_bytes), durable_(durable) {}

  std::byte* address_;
  std::uint64_t size_bytes_;
  bool durable_;
};

/// A file of which every block is written and synced, so that later writes change neither size nor
/// allocation. Errors: io, no_space.
[[nodiscard]] Result<Descriptor> written_file(const std::filesystem::path& path, std::uint64_t size_bytes);

/// What stands in for the configuration's medium: a written file in `dir`, or memory. Errors: io, no_space.
[[nodiscard]] Result<Descriptor> raw_medium(const Config& config, const std::filesystem::path& dir,
                                            std::uint64_t size_bytes);

/// Copies whole lines past the caches. Requires: `to` and the size are multiples of 16.
void stream(std::byte* to, const char* from, std::uint64_t size_bytes) noexcept;

/// The same with the widest stores that the processor has, as libpmem2 copies large runs.
/// Requires: `to` and the size are multiples of 64.
void stream_wide(std::byte* to, const char* from, std::uint64_t size_bytes) noexcept;

/// Orders what was streamed before it.
void fence() noexcept;

[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) noexcept {
  return (value + step - 1) / step * step;
}

}  // namespace holdfast::bench
