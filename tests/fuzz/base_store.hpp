#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/holdfast.hpp>
#include <holdfast/sharded_log.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "common/base/check.hpp"

namespace holdfast::fuzz {

using Image = std::vector<std::byte>;

/// Of a value that gets extents of its own: more than a quarter of a segment.
inline constexpr std::size_t kOwnExtentBytes = 17'000;

/// What a base store holds.
enum class BaseContent : std::uint8_t {
  /// Of all facades: two sessions, values in extents of their own, slices with footers, batches, a region of several extents.
  facades,
  /// A stream that was cut at both ends, one that was compacted, a cursor; a sharded log with checkpoints, and one whose
  /// reshard was interrupted. So the catalog has log_begin, log_gap and log_thinned, and the ledger a record of each kind.
  logs,
};

/// A small store as bytes, and all that was ever written into it.
class BaseStore {
 public:
  /// `closed`: cleanly; else its process was killed.
  BaseStore(testing::MediumModel model, bool closed, BaseContent content);

  [[nodiscard]] testing::MediumModel model() const noexcept { return model_; }
  [[nodiscard]] const Image& image() const noexcept { return image_; }

  /// Whether `value` was once written under `key`, or `payload` as that entry (of logs: as any).
  [[nodiscard]] bool knows(const std::string& space, const std::string& key, const std::string& value) const;
  [[nodiscard]] bool knows(LogId id, const std::string& payload) const;

  /// How it is opened, as it is and forged.
  [[nodiscard]] Options options(OpenMode mode) const;
  [[nodiscard]] testing::CrashOptions medium_options() const;

 private:
  void write_facades(testing::CrashMedium& medium, bool closed);
  void write_first_session(Store& store);
  void write_second_session(Store& store);
  void put(Kv& space, const std::string& key, const std::string& value);
  void append(Log& stream, const std::string& payload);
  void write_logs(testing::CrashMedium& medium, bool closed);
  void write_streams(Store& store);
  void write_sharded_logs(Store& store);
  void append_keyed(ShardedLog& log, int count);

  testing::MediumModel model_;
  BaseContent content_;
  std::map<std::string, std::map<std::string, std::set<std::string>>> values_;  // by space and key
  std::vector<std::string> payloads_;
  Image image_;
};

/// One of those that every process makes once, by its number: both models, closed and killed; of facades, and from
/// kLogStoresFirst on of logs.
[[nodiscard]] const BaseStore& base_store(std::size_t number);
inline constexpr std::size_t kFacadeStoreCount = 4;
inline constexpr std::size_t kLogStoresFirst = 4;
inline constexpr std::size_t kBaseStoreCount = 8;

/// A base store that cannot be made is a defect of this program, whatever the input.
template <class T>
T made(Result<T> result) {
  HOLDFAST_CHECK(result.has_value());
  return std::move(result).value();
}
inline void made(const Result<void>& result) { HOLDFAST_CHECK(result.has_value()); }

/// Bytes that follow from `seed`.
[[nodiscard]] std::string noise(std::uint64_t seed, std::size_t size);

}  // namespace holdfast::fuzz
