#include "machine.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace holdfast::bench {
namespace {

/// The text behind the first "name<spaces>:" line of a file of such lines.
std::string field_of(const char* file, std::string_view name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return {};
}

std::string device_number(const std::filesystem::path& dir) {
  struct stat info {};
  if (::stat(dir.c_str(), &info) != 0) return {};
  return fmt::format("{}:{}", major(info.st_dev), minor(info.st_dev));
}

/// /proc/self/mountinfo: "id parent MAJ:MIN root mount options ... - TYPE source super-options".
std::string file_system_of(const std::string& device) {
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id;
    std::string parent;
    std::string number;
    words >> id >> parent >> number;
    const auto separator = line.find(" - ");
    if (number != device || separator == std::string::npos) continue;
    std::istringstream tail(line.substr(separator + 3));
    std::string type;
    tail >> type;
    return type;
  }
  return "unknown";
}

}  // namespace

Machine describe_machine(const std::filesystem::path& dir) {
  Machine machine;
  machine.cpu = field_of("/proc/cpuinfo", "model name");
  if (machine.cpu.empty()) machine.cpu = "unknown";
  machine.processors = std::max(1u, std::thread::hardware_concurrency());
  utsname kernel{};
  machine.kernel = ::uname(&kernel) == 0 ? fmt::format("{} {}", kernel.sysname, kernel.release) : "unknown";
  machine.file_system = file_system_of(device_number(dir));
  return machine;
}

std::uint64_t resident_anonymous_bytes() {
  const std::string text = field_of("/proc/self/status", "RssAnon");  // "1234 kB"
  return text.empty() ? 0 : std::stoull(text) * 1024;
}

std::optional<DeviceCounter> DeviceCounter::below(const std::filesystem::path& dir) {
  const std::string number = device_number(dir);
  if (number.empty() || number.starts_with("0:")) return std::nullopt;  // major 0: no block device
  std::error_code failed;
  auto device = std::filesystem::canonical("/sys/dev/block/" + number, failed);
  if (failed) return std::nullopt;
  if (std::filesystem::exists(device / "partition", failed)) device = device.parent_path();
  const int descriptor = ::open((device / "stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  return DeviceCounter(descriptor,
                       fmt::format("sectors written to {}, all programs", device.filename().string()));
}

DeviceCounter::DeviceCounter(DeviceCounter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), source_(std::move(other.source_)) {}

DeviceCounter& DeviceCounter::operator=(DeviceCounter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  source_.swap(other.source_);
  return *this;
}

DeviceCounter::~DeviceCounter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::uint64_t DeviceCounter::bytes_written() const {
  constexpr int kSectorsWritten = 7;  // fields count from 1
  constexpr std::uint64_t kSectorSizeBytes = 512;
  std::array<char, 512> text{};
  const auto size = ::pread(descriptor_, text.data(), text.size() - 1, 0);
  if (size <= 0) return 0;
  std::istringstream fields(std::string(text.data(), static_cast<std::size_t>(size)));
  std::uint64_t value = 0;
  for (int field = 1; field <= kSectorsWritten; ++field) fields >> value;
  return value * kSectorSizeBytes;
}

std::uint64_t DeviceCounter::idle_bytes(double seconds) const {
  const double watched = std::min(seconds, 1.0);
  if (watched <= 0.0) return 0;
  const std::uint64_t before = bytes_written();
  std::this_thread::sleep_for(std::chrono::duration<double>(watched));
  const auto idle = static_cast<double>(bytes_written() - before);
  return static_cast<std::uint64_t>(idle * seconds / watched);
}

}  // namespace holdfast::bench
