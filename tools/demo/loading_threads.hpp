#pragma once

#include <holdfast/holdfast.hpp>

#include "demo/acknowledgement.hpp"
#include "demo/binary.hpp"
#include "demo/load.hpp"
#include "demo/package_index.hpp"

namespace holdfast::demo {

/// Brings everything that is not in `done` into `store`, on 2 * `arguments.threads` + 1 threads, and
/// acknowledges each call that has returned. Returns when all threads have ended; the first error of any.
[[nodiscard]] Result<void> load_on_threads(Store& store, const LoadArguments& arguments,
                                           const PackageIndex& index, const Binary& binary,
                                           const Acknowledged& done);

}  // namespace holdfast::demo
