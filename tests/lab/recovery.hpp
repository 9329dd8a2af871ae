#pragma once

#include <memory>
#include <string>
#include <vector>

#include <holdfast/options.hpp>
#include <holdfast/testing/crash_image.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "contents.hpp"

namespace holdfast::lab {

/// What opening an image gave.
struct Recovered {
  Contents contents;
  std::vector<std::string> complaints;  ///< It did not open, or contradicts itself, or reports damage.
  bool was_absent = false;              ///< No store was there; a new one was created.
  /// It was refused as no store: what a torn creation may leave on a medium that has no rename. Files and
  /// pools are created under a temporary name and never look like that.
  std::string refused_as_no_store;
  std::shared_ptr<testing::CrashMedium> medium;  ///< With the log of the recovery, if it was asked for.
};

/// Opens the store in `image`, reads everything and drops it like a killed process.
[[nodiscard]] Recovered recover(const testing::CrashImage& image, testing::CrashOptions medium_options,
                                const Options& options, bool keeps_log);

/// The same in read-only mode; complains if the medium saw a single event.
[[nodiscard]] Recovered open_read_only(const testing::CrashImage& image, testing::CrashOptions medium_options,
                                       const Options& options);

}  // namespace holdfast::lab
