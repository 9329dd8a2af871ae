#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::lanes {

/// What one operation does to one key.
struct Change {
  std::string key;
  bool erases = false;
  std::uint32_t value_size_bytes = 0;
};

/// One put or erase, or a batch of several changes to different keys.
struct Operation {
  std::vector<Change> changes;
  bool is_batch = false;
};

/// Every thread writes keys of its own, this many.
inline constexpr std::uint32_t kKeysPerThread = 120;

/// Key `index` of a thread. Different (thread, index) give different keys.
[[nodiscard]] std::string key_of(std::uint32_t thread, std::uint32_t index);

/// Operation `number` (from 1) of a thread; it follows from the arguments alone, so that the process
/// that checks knows what the process that was killed had done.
[[nodiscard]] Operation operation_of(std::uint64_t seed, std::uint32_t thread, std::uint64_t number);

/// A value that says which operation wrote it under which key, with its length and checksum.
/// Requires: size_bytes >= value_size_bytes_min(key).
[[nodiscard]] std::string make_value(std::string_view key, std::uint64_t number, std::uint32_t size_bytes);
[[nodiscard]] std::uint32_t value_size_bytes_min(std::string_view key) noexcept;

/// The number of the operation that wrote `value` under `key`; nothing if the value is torn or belongs
/// to another key.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view key, std::string_view value) noexcept;

}  // namespace holdfast::lanes
