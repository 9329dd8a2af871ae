#include "measure.hpp"

#include <algorithm>
#include <vector>

namespace holdfast::bench {

SlicePlan make_plan(const Config& config) {
  SlicePlan plan;
  plan.keys = config.keys;
  plan.slices = static_cast<std::uint32_t>(std::min<std::uint64_t>(config.slices, config.keys));
  plan.threads = config.threads;
  plan.key_size_bytes = config.key_size_bytes;
  plan.latency_every = latency_every(config);
  plan.order = Permutation(config.keys, config.seed);
  return plan;
}

DeviceMeter::DeviceMeter(const Config& config, const std::filesystem::path& dir) : config_(config) {
  if (config.backend == Backend::file) counter_ = DeviceCounter::below(dir);
  if (counter_) start_bytes_ = counter_->bytes_written();
  start_ticks_ = Clock::instance().ticks();
}

std::optional<std::uint64_t> DeviceMeter::bytes() const {
  if (!counter_) return std::nullopt;
  const std::uint64_t written = counter_->bytes_written() - start_bytes_;
  const double seconds = Clock::instance().seconds(Clock::instance().ticks() - start_ticks_);
  return written - std::min(written, counter_->idle_bytes(seconds));
}

std::optional<std::string> DeviceMeter::source() const {
  return counter_ ? std::optional(counter_->source()) : std::nullopt;
}

Result<std::optional<std::uint64_t>> DeviceMeter::median_of_writes(
    std::uint64_t count, const std::function<Result<void>(std::uint64_t)>& write) const {
  if (!counter_ || !waits_for_syncs(config_) || config_.threads != 1 || count == 0) return std::nullopt;
  std::vector<std::uint64_t> sizes(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t before = counter_->bytes_written();
    if (auto done = write(i); !done) return Unexpected(std::move(done.error()));
    sizes[i] = counter_->bytes_written() - before;
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

}  // namespace holdfast::bench
