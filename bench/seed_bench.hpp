#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/holdfast.hpp>

#include "config.hpp"
#include "records.hpp"

namespace holdfast::bench {

/// Where the figures of a seed's table are taken.
struct SeedMedium {
  Backend backend = Backend::file;
  std::filesystem::path dir{};
  std::uint64_t records_max = 0;  ///< More than these are not written; 0: as many as the seed has.

  /// The seed's count, or what is allowed of it.
  [[nodiscard]] std::uint64_t records(std::uint64_t of_the_seed) const noexcept {
    return records_max == 0 ? of_the_seed : std::min(records_max, of_the_seed);
  }
};

/// A row: what a seed has published, and how to do the same here.
struct SeedRow {
  std::string what;
  std::string_view published;  ///< With its conditions, where they matter.
  std::string_view source;     ///< Where that stands.
  std::function<Result<std::string>(const SeedMedium&)> measure;  ///< "n/a" where the medium knows no such thing.
};

/// IronWal's table, without what belongs to shards and checkpoints.
[[nodiscard]] std::vector<SeedRow> ironwal_rows();

/// That of its shards and checkpoints.
[[nodiscard]] std::vector<SeedRow> ironwal_sharded_rows();

/// The Log Manager's; and other figures for logs that are worth beating.
[[nodiscard]] std::vector<SeedRow> log_manager_rows();

/// A store in a directory of its own, which is removed with it.
class SeedStore {
 public:
  /// With room for `room_bytes` from the start, and for some more where that is little. Errors: io, no_space, not_supported.
  [[nodiscard]] static Result<SeedStore> make(const SeedMedium& medium, std::uint64_t room_bytes);

  SeedStore(SeedStore&&) = default;
  SeedStore& operator=(SeedStore&&) = delete;

  [[nodiscard]] Store& store() noexcept { return store_.value(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// A stream of it.
  [[nodiscard]] Result<Log> log(std::string_view name, Durability durability, const LogSettings& settings = {});

  enum class End : std::uint8_t { close, crash };
  /// Ends it, by closing it or without.
  [[nodiscard]] Result<void> end(End how);
  /// Opens it again. Requires: it was ended.
  [[nodiscard]] Result<void> open_again();

 private:
  SeedStore(ScratchDir dir, std::filesystem::path path, Options options, Store store)
      : dir_(std::move(dir)), path_(std::move(path)), options_(std::move(options)), store_(std::move(store)) {}

  ScratchDir dir_;
  std::filesystem::path path_;
  Options options_;
  Result<Store> store_;
};

/// Records of one size, appended to `log` in batches, not durable yet. Record i + 1 holds value i.
[[nodiscard]] Result<void> append_many(Log& log, const Values& values, std::uint64_t count);

/// Seconds that `work` takes; its errors.
[[nodiscard]] Result<double> seconds_of(const std::function<Result<void>()>& work);

/// The middle one of what some rounds say; the first error.
[[nodiscard]] Result<double> median_of_rounds(const std::function<Result<double>()>& round);

/// What a store takes for so many records of that payload, generously.
[[nodiscard]] std::uint64_t room_for(std::uint64_t records, std::uint64_t size_bytes) noexcept;

/// "12.3 us" of seconds.
[[nodiscard]] std::string as_time(double seconds);

/// "1.23 M/s, 234 MB/s".
[[nodiscard]] std::string as_rate(std::uint64_t records, std::uint64_t size_bytes, double seconds);

}  // namespace holdfast::bench
