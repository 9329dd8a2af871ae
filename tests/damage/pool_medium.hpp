#pragma once

#include <memory>

#include "medium.hpp"

namespace holdfast::damage {

/// A pool file of the smallest size, in TMPDIR or else in /dev/shm. Its image is the whole file, PMDK's bytes included.
[[nodiscard]] std::unique_ptr<Medium> pool_medium();

}  // namespace holdfast::damage
