#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/engine/engine_gate.hpp"
#include "common/engine/held_extent.hpp"

namespace holdfast::region {

/// What a view keeps: the store's addresses, and the extents it looks at.
class ViewPin {
 public:
  explicit ViewPin(std::shared_ptr<EngineGate> gate) noexcept : gate_(std::move(gate)) {}

  [[nodiscard]] bool is_faulted() const noexcept { return gate_.is_faulted(); }

 private:
  EngineGate::Pin gate_;  // before the extents: they go back to the engine's free ones

 public:
  std::vector<std::shared_ptr<HeldExtent>> extents;
};

}  // namespace holdfast::region
