#pragma once

#include <memory>

#include <holdfast/holdfast.hpp>

#include "forgery.hpp"

namespace holdfast::fuzz {

/// Bytes that a store can be opened on, one time after the other.
class ForgedMedium {
 public:
  virtual ~ForgedMedium() = default;
  [[nodiscard]] virtual Result<Store> open(OpenMode mode) = 0;
};

/// The crash lab's medium or, by `forgery.on_file`, a file in memory (tmpfs).
[[nodiscard]] std::unique_ptr<ForgedMedium> medium_of(const Forgery& forgery);

}  // namespace holdfast::fuzz
