#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <holdfast/holdfast.hpp>
#include <holdfast/testing/crash_storage.hpp>

namespace holdfast::fuzz {

using Image = std::vector<std::byte>;

/// Of a value that gets extents of its own: more than a quarter of a segment.
inline constexpr std::size_t kOwnExtentBytes = 17'000;

/// A small store of all facades as bytes, and all that was ever written into it: two sessions, values in extents of
/// their own, slices with footers, batches, a region of several extents.
class BaseStore {
 public:
  /// `closed`: cleanly; else its process was killed.
  BaseStore(testing::MediumModel model, bool closed);

  [[nodiscard]] testing::MediumModel model() const noexcept { return model_; }
  [[nodiscard]] const Image& image() const noexcept { return image_; }

  /// Whether `value` was once written under `key`, or `payload` as that entry.
  [[nodiscard]] bool knows(const std::string& space, const std::string& key, const std::string& value) const;
  [[nodiscard]] bool knows(LogId id, const std::string& payload) const;

  /// How every store of this room is opened.
  [[nodiscard]] static Options options(OpenMode mode);
  [[nodiscard]] static testing::CrashOptions medium_options(testing::MediumModel model);

 private:
  void write_first_session(Store& store);
  void write_second_session(Store& store);
  void put(Kv& space, const std::string& key, const std::string& value);
  void append(Log& stream, const std::string& payload);

  testing::MediumModel model_;
  std::map<std::string, std::map<std::string, std::set<std::string>>> values_;  // by space and key
  std::vector<std::string> payloads_;
  Image image_;
};

/// One of the four that every process makes once, by number modulo 4: both models, closed and killed.
[[nodiscard]] const BaseStore& base_store(std::size_t number);
inline constexpr std::size_t kBaseStoreCount = 4;

}  // namespace holdfast::fuzz
