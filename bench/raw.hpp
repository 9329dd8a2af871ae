#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <holdfast/error.hpp>

#include "config.hpp"
#include "records.hpp"
#include "slices.hpp"

namespace holdfast::bench {

/// What the medium itself can do with the bytes of a workload: the figure beside which ours stand.
class RawLimit {
 public:
  virtual ~RawLimit() = default;

  /// Does what the workload does to the lane's keys, with nothing but the medium.
  [[nodiscard]] virtual Result<void> run(Lane& lane) = 0;

  /// Whether a power cut would have spared what run() wrote.
  [[nodiscard]] virtual bool durable() const noexcept = 0;

  /// By which calls, in a few words; empty if there is nothing to say.
  [[nodiscard]] virtual std::string_view route() const noexcept { return {}; }

  /// Whether it is the workload's own store that run() works on, so that the store's counters tell of both.
  [[nodiscard]] virtual bool works_on_store() const noexcept { return false; }
};

/// Writes of `batch` records each, of a header, key and value (`value_size_bytes` may be 0):
///  - pmem: XXH3-64 over each record and non-temporal stores of it, padded to 64 bytes, then one
///    fence, into a map that is faulted in. memory: the same in a memfd.
///  - file: one pwrite, and with `immediate` durability one fdatasync, into a file written before.
/// `dir` is where the file lies. Errors: io, no_space.
[[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw_writer(const Config& config,
                                                                const std::filesystem::path& dir,
                                                                const Values& values, std::uint64_t batch);

/// Reads: a find in a bare, pre-sized tbb::concurrent_hash_map<uint64, uint64> and a memcpy of the
/// value, which is then compared as the workload compares its own.
[[nodiscard]] std::unique_ptr<RawLimit> make_raw_reader(const Config& config, const Values& values);

/// Reads payloads one after the other: a memcpy of each out of one run of bytes, compared as the workload
/// compares its own.
[[nodiscard]] std::unique_ptr<RawLimit> make_raw_scanner(const Config& config, const Values& values);

/// Writes block `id` of an area of `config.keys` blocks, which is there already:
///  - pmem, memory: non-temporal stores and one fence, into a map that is faulted in.
///  - file: the faster of two in a short trial. If `each_durable`: one pwrite and one fdatasync, or one write
///    with RWF_DSYNC. Else one pwrite, or a memcpy into a map that is faulted in.
/// Errors: io, no_space.
[[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw_block_writer(const Config& config,
                                                                      const std::filesystem::path& dir,
                                                                      const Values& values,
                                                                      bool each_durable);

/// Puts blocks one behind the other into an area of `config.keys` blocks, none of them durable:
///  - pmem, memory: non-temporal stores, and a fence for 64 KiB of them, into a map that is faulted in.
///  - file: a memcpy of each into a buffer, and one pwrite of the buffer for 64 KiB of them, into a file
///  whose room
///    is allocated, not written.
/// Errors: io, no_space.
[[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw_appender(const Config& config,
                                                                  const std::filesystem::path& dir,
                                                                  const Values& values);

/// Reads blocks: a memcpy of each out of a map of the medium that is faulted in. Errors: io, no_space.
[[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw_block_reader(const Config& config,
                                                                      const std::filesystem::path& dir,
                                                                      const Values& values);

/// Whether a block that was read is `expected`, by one line of each page: the whole would cost as much as the
/// read does.
[[nodiscard]] bool looks_like(std::string_view block, std::string_view expected) noexcept;

/// Reads payloads: a pread of each from a file at `path`, whose pages the workload takes out of the cache before each
/// slice. Errors: io, no_space.
[[nodiscard]] Result<std::unique_ptr<RawLimit>> make_raw_cold_reader(const Config& config,
                                                                     const std::filesystem::path& path,
                                                                     const Values& values);

/// Wakes a thread that sleeps, and waits until it says that it is awake; each time when it is asleep again.
[[nodiscard]] std::unique_ptr<RawLimit> make_raw_waker();

/// By then a thread that has nothing to do is asleep.
inline constexpr std::chrono::microseconds kFallAsleep{100};

/// Bytes of a record's header, as the engine lays it out; of a log's, with the time stamp.
inline constexpr std::uint64_t kRawHeaderSizeBytes = 56;

}  // namespace holdfast::bench
