#include "log_workload.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "measure.hpp"

namespace holdfast::bench {

Result<void> LogWorkload::make(const std::filesystem::path& path) {
  if (auto opened = open(path, 2 * config_.keys + kSingleWrites); !opened) return opened;
  auto log = store_->log("bench", {.durability = config_.durability});
  if (!log) return Unexpected(std::move(log.error()));
  log_.emplace(std::move(*log));
  return {};
}

Result<void> LogWorkload::fill() {
  constexpr std::uint64_t kBatch = 256;
  std::vector<std::string_view> payloads;
  for (std::uint64_t begin = 0; begin < config_.keys; begin += kBatch) {
    payloads.clear();
    for (std::uint64_t id = begin; id < std::min(begin + kBatch, config_.keys); ++id)
      payloads.push_back(values_.of(id, 0));
    const auto first = log_->append_batch(payloads, {.durability = Durability::buffered});
    if (!first) return Unexpected(first.error());
    if (*first != begin + 1) return wrong(fmt::format("record {} instead of {}", *first, begin + 1));
  }
  return store_->sync();
}

template <class NumberOf>
Result<void> LogWorkload::check_all(const Log& log, std::uint64_t count, NumberOf&& number_of) const {
  LogId next = 1;
  const auto end = log.scan(1, [&](const LogEntryView& entry) {
    const bool right = entry.id == next && next <= count && entry.payload == values_.of(number_of(next - 1), 0);
    next += right ? 1 : 0;
    return right;
  });
  if (!end) return Unexpected(end.error());
  if (next != count + 1 || *end != next) return wrong(fmt::format("record {} is not as it was appended", next));
  return {};
}

Result<void> LogWorkload::check_written(const Log& log, const std::vector<std::uint64_t>& written) const {
  return check_all(log, written.size(), [&](std::uint64_t index) { return written[index]; });
}

Result<void> LogWorkload::check_filled() const {
  return check_all(*log_, config_.keys, [](std::uint64_t index) { return index; });
}

}  // namespace holdfast::bench
