#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::bench {

/// Where figures come from; without it they mean nothing.
struct Machine {
  std::string cpu;
  std::uint32_t processors = 0;
  std::string kernel;
  std::string file_system;  ///< Type of the file system that holds the directory, e.g. "ext4".
};

[[nodiscard]] Machine describe_machine(const std::filesystem::path& dir);

/// Anonymous resident memory of this process: heap and stacks, not maps of files.
[[nodiscard]] std::uint64_t resident_anonymous_bytes();

/// Bytes that all programs together have sent to the disk below a directory.
class DeviceCounter {
 public:
  /// Nothing on tmpfs, in memory, or where the kernel does not tell.
  [[nodiscard]] static std::optional<DeviceCounter> below(const std::filesystem::path& dir);

  DeviceCounter(DeviceCounter&& other) noexcept;
  DeviceCounter& operator=(DeviceCounter&& other) noexcept;
  ~DeviceCounter();

  [[nodiscard]] std::uint64_t bytes_written() const;

  /// What is counted, and of which device.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }

  /// What the machine writes in `seconds` while we do nothing (watched for a second at most).
  [[nodiscard]] std::uint64_t idle_bytes(double seconds) const;

 private:
  DeviceCounter(int descriptor, std::string source) noexcept
      : descriptor_(descriptor), source_(std::move(source)) {}
  int descriptor_ = -1;
  std::string source_;
};

}  // namespace holdfast::bench
