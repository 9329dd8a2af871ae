#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <holdfast/region.hpp>

namespace holdfast::lab {

/// What a store's regions hold, by name; of "a" sealed, "a!sealed" is there too, and of its second version "a@2".
using RegionContents = std::map<std::string, std::string>;

/// What was done to regions and what was promised for them, call after call of one thread. A crash image is held
/// against it byte by byte: a byte that a flush has covered is that one or one written since; size, name and being there
/// are those of before or behind the call that was under way; bytes below a size that is there were durable before it.
class RegionHistory {
 public:
  /// One state that the catalog may say a region has.
  struct Written {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct Region {
    std::string durable;          ///< What the last flush has covered, in the size it had.
    std::vector<Written> since;   ///< Writes behind it, those under way included.
  };
  using Regions = std::map<std::string, Region>;

  /// A call begins behind `event_count` events, and would leave `after`.
  void begin(Regions after, std::uint64_t event_count);
  /// It has returned.
  void end(std::uint64_t event_count);

  /// The state behind the calls that have returned.
  [[nodiscard]] const Regions& now() const { return calls_.back().after; }

  /// What is wrong with a store recovered from a crash behind that many events; empty if nothing is.
  [[nodiscard]] std::string check(const RegionContents& found, std::uint64_t event_count) const;

 private:
  struct Call {
    Regions after;
    std::uint64_t began = 0;
    std::optional<std::uint64_t> ended;
  };
  std::vector<Call> calls_;
};

/// The size of a region's metadata.
inline constexpr std::size_t kOwnerBytes = 40;

[[nodiscard]] std::string text_of(const RegionView& view);

/// The region's bytes as a reader sees them now.
[[nodiscard]] std::string contents_of(const RegionHistory::Region& region);

/// All that was written is durable.
void flush_model(RegionHistory::Region& region);

/// Bytes that are there, all of them, once the call has returned: what was written to them before cannot come back.
void put_durably(RegionHistory::Region& region, const RegionHistory::Written& written);

[[nodiscard]] std::string version_name(const std::string& region, std::uint64_t number);
[[nodiscard]] std::string sealed_name(const std::string& region);
/// Whether it is a region's own name, and neither of those above.
[[nodiscard]] bool is_region(const std::string& name);

}  // namespace holdfast::lab
