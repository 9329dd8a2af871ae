#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <holdfast/storage.hpp>

namespace holdfast::file {

/// Addresses for a store's largest size, reserved in one piece so that they never move: nothing is
/// accessible at first, and the file is mapped into it, read-only, piece by piece as it grows.
/// Threads: map() one at a time, the rest any.
class AddressRange {
 public:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::uint64_t kAlignmentBytes = std::uint64_t{2}
                                                   << 20;  ///< lets the kernel use large pages

  /// Errors: io (no address space).
  [[nodiscard]] static Result<AddressRange> reserve(std::uint64_t size_bytes, std::string_view path);

  AddressRange() = default;
  AddressRange(AddressRange&& other) noexcept;
  AddressRange& operator=(AddressRange&& other) noexcept;
  ~AddressRange() { release(); }

  [[nodiscard]] std::byte* begin() const noexcept { return begin_; }

  /// Maps `range` of the file at the same offset in here. Page-aligned. Errors: io; nothing changed.
  [[nodiscard]] Result<void> map(int fd, ByteRange range, std::string_view path);

  /// Lets the pages that `range` touches be stored to. Errors: io.
  [[nodiscard]] Result<void> make_writable(ByteRange range, std::string_view path);

  /// Passes a hint on for the pages that `range` touches.
  /// Ends make_writable() for it.
  void protect(ByteRange range) noexcept;

  void advise(ByteRange range, Access access) noexcept;

  /// Unmaps everything.
  void release() noexcept;

 private:
  std::byte* begin_ = nullptr;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace holdfast::file
