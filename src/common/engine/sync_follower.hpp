#pragma once

#include <functional>

#include <holdfast/error.hpp>

#include "common/engine/raw_bytes.hpp"

namespace holdfast {

/// A facade that has to say something in the catalog which may only be said when bytes written before are durable.
class SyncFollower {
 public:
  /// Calls `drain` once, and then publishes through `raw` what depends on the bytes written before this call.
  /// Errors: drain's, or the catalog's.
  [[nodiscard]] virtual Result<void> sync(RawBytes& raw, const std::function<Result<void>()>& drain) = 0;

 protected:
  ~SyncFollower() = default;
};

}  // namespace holdfast
