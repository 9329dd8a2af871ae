#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/engine/engine_gate.hpp"
#include "common/engine/held_extent.hpp"
#include "region/extent_table.hpp"
#include "region/in_place_writes.hpp"
#include "region/region_space.hpp"

namespace holdfast::region {

/// What a view keeps: the store's addresses, and the extents it looks at; what it had to copy.
class ViewPin {
 public:
  explicit ViewPin(std::shared_ptr<EngineGate> gate) noexcept : gate_(std::move(gate)) {}

  [[nodiscard]] bool is_faulted() const noexcept { return gate_.is_faulted(); }

 private:
  EngineGate::Pin gate_;  // before the extents: they go back to the engine's free ones

 public:
  std::vector<std::shared_ptr<HeldExtent>> extents;
  std::vector<std::byte> copy;

  /// Of a mutable view.
  struct Stores {
    std::shared_ptr<RegionSpace> region;
    std::uint64_t offset = 0;
    std::shared_ptr<const ExtentTable> table;
    InPlaceWrites::View view;

    Stores(std::shared_ptr<RegionSpace> stored_to, std::uint64_t begin, std::shared_ptr<const ExtentTable> lies_in,
           InPlaceWrites& writes)
        : region(std::move(stored_to)), offset(begin), table(std::move(lies_in)), view(writes) {}
  };
  std::optional<Stores> stores;
};

}  // namespace holdfast::region
