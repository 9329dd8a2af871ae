#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <holdfast/testing/crash_images.hpp>

#include "testing/medium_state.hpp"

namespace holdfast::testing {

/// One answer to "what of the pending units got to the medium": all or none, but for the exceptions.
struct ImageChoice {
  bool all = false;
  /// (position among the pending units, versions of it that got there: 0 is none, 1 the oldest).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> exceptions;
  std::string subset;  ///< For people.
};

/// The choices for a state's pending units. Both members of `options` that count images are the caller's
/// to apply but images_max: it keeps the first two, none and all, and a seeded sample of the rest.
[[nodiscard]] std::vector<ImageChoice> image_choices(const MediumState& state,
                                                     const CrashImagesOptions& options,
                                                     std::uint64_t event_count);

/// The image that `choice` leaves. Lifetime: the state's bytes.
[[nodiscard]] CrashImage make_image(const MediumState& state, const ImageChoice& choice);

}  // namespace holdfast::testing
