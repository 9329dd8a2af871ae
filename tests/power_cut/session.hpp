#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <holdfast/error.hpp>

#include "acknowledgements.hpp"
#include "devices.hpp"
#include "lanes/lane_spaces.hpp"
#include "lanes/lanes.hpp"

namespace holdfast::power_cut {

/// A store between two power cuts: it is opened read-only and for writing, each time held against what was
/// acknowledged before the cut, and says so on standard output, one line a facade. Complaints are lines, too.
class Session {
 public:
  Session(Device device, std::filesystem::path path, std::uint64_t seed, const AcknowledgementArea& area)
      : device_(device), path_(std::move(path)), seed_(seed), area_(area) {}

  /// Whether the store's creation was acknowledged. Before that it may be absent, or lack some of its spaces.
  /// Errors: io, corruption.
  [[nodiscard]] Result<bool> was_created() const;

  /// False if the store did not open, or holds what it must not. One that was not created yet is created.
  [[nodiscard]] bool open_and_check();

  /// Whether the medium was told right: pmem where the guest has it, a file on the plain disk.
  [[nodiscard]] bool check_backend() const;

  /// What is there now is promised from now on; lanes go on behind it. Errors: io.
  [[nodiscard]] Result<void> settle();

  [[nodiscard]] Device device() const noexcept { return device_; }
  [[nodiscard]] lanes::Spaces& spaces() noexcept { return *spaces_; }
  [[nodiscard]] std::uint64_t settled(std::uint32_t lane) const noexcept { return settled_[lane]; }

 private:
  [[nodiscard]] Result<void> read_acknowledgements();
  [[nodiscard]] bool check(OpenMode mode);
  void print_counts(const std::array<std::uint64_t, lanes::kLanes.size()>& lost) const;
  void complain(const std::string& text) const;

  Device device_;
  std::filesystem::path path_;
  std::uint64_t seed_;
  const AcknowledgementArea& area_;
  std::array<std::uint64_t, lanes::kLanes.size()> acknowledged_{};
  std::array<std::uint64_t, lanes::kLanes.size()> settled_{};
  std::optional<lanes::Spaces> spaces_;
};

/// One line for the driver. Threads: any.
void say(const std::string& line);

}  // namespace holdfast::power_cut
