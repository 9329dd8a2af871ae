#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <holdfast/error.hpp>
#include <holdfast/options.hpp>

namespace holdfast::bench {

/// A size that resolve() chooses.
inline constexpr std::uint64_t kByWorkload = ~std::uint64_t{0};

/// Of Config::zipf.
inline constexpr double kZipfMax = 0.99;

/// What one run is asked to do. Zero, empty or kByWorkload: chosen by resolve().
struct Config {
  std::string workload;
  Backend backend = Backend::file;
  std::filesystem::path dir;
  std::uint64_t keys = 0;                        ///< Keys, records of a log, blocks of a region, commits.
  std::uint64_t value_size_bytes = kByWorkload;  ///< Of a payload, or a block, too.
  std::uint64_t area_size_bytes =
      kByWorkload;                             ///< Of the other, or the large, region; 0 where there is none.
  std::uint64_t key_size_bytes = kByWorkload;  ///< 0 where the workload knows no keys.
  std::uint32_t threads = 1;
  Durability durability = Durability::immediate;
  std::uint64_t batch = 0;  ///< Records a commit, keys a multi_get.
  std::uint64_t streams = 0;  ///< That appends go to, or shards; 0 where the workload has one at most.
  std::uint64_t key_count = 0;      ///< Keys that come over and over; 0 where they do not.
  std::uint64_t kept = kByWorkload;  ///< Checkpoints that are there besides; 0 where the workload knows none.
  std::uint64_t read_percent = kByWorkload;  ///< Of the operations, where a workload mixes them.
  double zipf = -1;  ///< How much more often some keys are asked for than others, 0 (not at all) to 0.99; less: by workload.
  std::uint32_t repeat = 1;
  std::uint32_t slices = 0;    ///< Parts of a run that are timed each for itself.
  bool unsized_index = false;  ///< Leave KvOptions::expected_keys alone; else it is `keys`.
  bool with_raw = false;       ///< A slice of the raw limit beside each slice of the workload.
  std::uint64_t seed = 1;
};

[[nodiscard]] std::string_view name(Backend backend) noexcept;
[[nodiscard]] std::string_view name(Durability durability) noexcept;

/// What a workload is run with unless somebody asks for another.
[[nodiscard]] Durability default_durability(std::string_view workload) noexcept;

/// Whether Config::read_percent and Config::zipf say something about it.
[[nodiscard]] bool mixes_operations(std::string_view workload) noexcept;

/// Whether Config::kept says something about it.
[[nodiscard]] bool keeps_checkpoints(std::string_view workload) noexcept;

/// Whether it is the latency, not the throughput, in which it is compared with its raw side.
[[nodiscard]] bool compares_latencies(std::string_view workload) noexcept;

/// True where each write of the workload waits for a sync of a disk.
[[nodiscard]] bool waits_for_syncs(const Config& config) noexcept;

/// One operation in this many is timed for the latencies. 1 where the clock's cost does not count;
/// more where it would be a good part of the operation.
[[nodiscard]] std::uint32_t latency_every(const Config& config) noexcept;

/// Fills in what depends on other fields.
/// Errors: invalid_argument, naming the option.
[[nodiscard]] Result<Config> resolve(Config config);

/// A directory of our own inside another, removed with everything in it.
class ScratchDir {
 public:
  /// Errors: io (why `parent` cannot hold it).
  [[nodiscard]] static Result<ScratchDir> make(const std::filesystem::path& parent);

  ScratchDir(ScratchDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchDir& operator=(ScratchDir&&) = delete;
  ~ScratchDir();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit ScratchDir(std::filesystem::path path) noexcept : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// An Error from errno, as "what: why".
[[nodiscard]] Unexpected system_failure(const std::string& what, const std::filesystem::path& path = {});

}  // namespace holdfast::bench
