#include "session.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "lanes/store_check.hpp"

namespace holdfast::power_cut {
namespace {

using lanes::Facade;
using lanes::kLanes;
using lanes::name;

/// The backend stays automatic: the guest's two media must be told apart by the store itself.
Result<lanes::Spaces> open_guest_store(const std::filesystem::path& path, OpenMode mode) {
  Options options;
  options.mode = mode;
  options.size_bytes = std::uint64_t{8} << 20;  // small: the power is cut while it grows as well
  options.segment_size_bytes = std::uint64_t{256} << 10;
  auto store = Store::open(path, options);
  if (!store) return Unexpected(store.error());
  return lanes::open_spaces(std::move(*store), mode);
}

}  // namespace


void say(const std::string& line) {
  std::printf("power-cut: %s\n", line.c_str());
  std::fflush(stdout);  // the next moment may be the last
}

Result<bool> Session::was_created() const {
  return area_.read(device_, kCreatedSlot).map([](std::uint64_t number) { return number != 0; });
}

bool Session::open_and_check() {
  const auto created = was_created();
  const auto read = read_acknowledgements();
  if (!created || !read) {
    complain((created ? read.error() : created.error()).to_string());
    return false;
  }
  if (*created && !check(OpenMode::read_only)) return false;
  spaces_.reset();
  return check(*created ? OpenMode::existing : OpenMode::open_or_create);
}

Result<void> Session::read_acknowledgements() {
  for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
    const auto number = area_.read(device_, lane);
    if (!number) return Unexpected(number.error());
    acknowledged_[lane] = *number;
  }
  return {};
}

bool Session::check(OpenMode mode) {
  auto spaces = open_guest_store(path_, mode);
  if (!spaces) {
    say("refused device=" + std::string(name(device_)));
    complain(spaces.error().to_string());
    return false;
  }
  spaces_.emplace(std::move(*spaces));
  const lanes::Verdict verdict = lanes::check_store(*spaces_, seed_, acknowledged_);
  settled_ = verdict.settled;
  for (const auto& complaint : verdict.complaints) complain(complaint);
  if (mode != OpenMode::read_only || !verdict.complaints.empty()) print_counts(verdict.lost);
  return verdict.complaints.empty();
}

void Session::print_counts(const std::array<std::uint64_t, kLanes.size()>& lost) const {
  for (const Facade facade : {Facade::kv, Facade::log, Facade::region, Facade::batch}) {
    std::uint64_t acknowledged = 0;
    std::uint64_t missing = 0;
    for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
      if (kLanes[lane] != facade) continue;
      acknowledged += acknowledged_[lane];
      missing += lost[lane];
    }
    say("checked device=" + std::string(name(device_)) + " facade=" + std::string(name(facade)) +
        " acknowledged=" + std::to_string(acknowledged) + " lost=" + std::to_string(missing));
  }
}

bool Session::check_backend() const {
  const auto info = spaces_->store.info();
  if (!info) return false;
  const Backend expected = device_ == Device::pmem ? Backend::pmem : Backend::file;
  const bool right = info->backend == expected && info->capabilities.durable;
  if (!right) complain("the backend chosen is not " + std::string(device_ == Device::pmem ? "pmem" : "file"));
  return right;
}

Result<void> Session::settle() {
  if (auto created = area_.write(device_, kCreatedSlot, 1); !created) return created;
  for (std::uint32_t lane = 0; lane < kLanes.size(); ++lane) {
    if (settled_[lane] == acknowledged_[lane]) continue;
    if (auto written = area_.write(device_, lane, settled_[lane]); !written) return written;
  }
  return {};
}

void Session::complain(const std::string& text) const {
  std::string line = "complaint device=" + std::string(name(device_)) + " " + text;
  std::ranges::replace(line, '\n', ';');
  say(line);
}

}  // namespace holdfast::power_cut
