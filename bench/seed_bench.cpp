#include "seed_bench.hpp"

#include <fmt/format.h>

#include "clock.hpp"
#include "raw.hpp"
#include "row.hpp"
#include "slices.hpp"
#include "store_fixture.hpp"

namespace holdfast::bench {

Result<SeedStore> SeedStore::make(const SeedMedium& medium, std::uint64_t room_bytes) {
  constexpr std::uint64_t kRoomBytesMin = std::uint64_t{16} << 20;
  auto dir = ScratchDir::make(medium.dir);
  if (!dir) return Unexpected(std::move(dir.error()));
  Options options;
  options.backend = medium.backend;
  options.emulate_pmem = true;  // changes nothing on a medium with byte access
  options.sigbus_guard = true;
  options.size_bytes = std::max(kRoomBytesMin, room_bytes);
  auto path = store_path(dir->path());
  auto store = Store::open(path, options);
  if (!store) return Unexpected(std::move(store.error()));
  return SeedStore(std::move(*dir), std::move(path), std::move(options), std::move(*store));
}

Result<Log> SeedStore::log(std::string_view name, Durability durability, const LogSettings& settings) {
  return store().log(name, {.durability = durability, .settings = settings});
}

Result<void> SeedStore::end(End how) {
  auto ended = how == End::close ? store().close() : Result<void>{};
  store_ = Unexpected(Error{ErrorCode::closed, "the store was ended"});
  return ended;
}

Result<void> SeedStore::open_again() {
  Options options = options_;
  options.mode = OpenMode::existing;
  store_ = Store::open(path_, options);
  return store_ ? Result<void>{} : Unexpected(store_.error());
}

Result<void> append_many(Log& log, const Values& values, std::uint64_t count) {
  constexpr std::uint64_t kBatch = 256;
  std::vector<std::string_view> payloads;
  for (std::uint64_t begin = 0; begin < count; begin += kBatch) {
    payloads.clear();
    for (std::uint64_t i = begin; i < std::min(begin + kBatch, count); ++i) payloads.push_back(values.of(i, 0));
    const auto first = log.append_batch(payloads, {.durability = Durability::buffered});
    if (!first) return Unexpected(first.error());
  }
  return {};
}

Result<double> seconds_of(const std::function<Result<void>()>& work) {
  const std::uint64_t start = Clock::instance().ticks();
  auto done = work();
  const std::uint64_t end = Clock::instance().ticks();
  if (!done) return Unexpected(std::move(done.error()));
  return Clock::instance().seconds(end - start);
}

Result<double> median_of_rounds(const std::function<Result<double>()>& round) {
  constexpr int kRounds = 5;
  std::vector<double> took;
  for (int i = 0; i < kRounds; ++i) {
    const auto seconds = round();
    if (!seconds) return seconds;
    took.push_back(*seconds);
  }
  return median(std::move(took));
}

std::uint64_t room_for(std::uint64_t records, std::uint64_t size_bytes) noexcept {
  constexpr std::uint64_t kMore = std::uint64_t{32} << 20;
  return records * (size_bytes + kRawHeaderSizeBytes + 64) * 5 / 4 + kMore;
}

std::string as_time(double seconds) { return short_time(seconds * 1e9); }

std::string as_rate(std::uint64_t records, std::uint64_t size_bytes, double seconds) {
  const double rate = static_cast<double>(records) / seconds;
  return fmt::format("{}/s, {:.0f} MB/s", short_number(rate), rate * static_cast<double>(size_bytes) / 1e6);
}

}  // namespace holdfast::bench
