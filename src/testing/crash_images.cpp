#include <holdfast/testing/crash_images.hpp>

#include <algorithm>

#include "common/base/check.hpp"
#include "testing/image_choices.hpp"
#include "testing/medium_state.hpp"

namespace holdfast::testing {
namespace {

/// Images of one crash point, in one order: the same options always give the same numbers.
class PointVisit {
 public:
  PointVisit(const MediumState& state, const CrashImagesOptions& options, const CrashImageVisitor& visitor,
             CrashPoint point)
      : state_(state), options_(options), visitor_(visitor), point_(point) {
    point_.state = &state_;
  }

  [[nodiscard]] bool run() {
    const auto choices = image_choices(state_, options_, point_.event_count);
    for (const ImageChoice& choice : choices)
      if (!show(make_image(state_, choice), choice.subset)) return false;
    // Growth is its own unit: here it got to the medium before the call returned.
    if (state_.growing_to()) {
      for (std::size_t i = 0; i < std::min<std::size_t>(2, choices.size()); ++i)
        if (!show_grown(make_image(state_, choices[i]), choices[i].subset)) return false;
    }
    return true;
  }

 private:
  [[nodiscard]] bool show(const CrashImage& image, const std::string& subset) {
    point_.subset = subset;
    const bool goes_on = visitor_(point_, image);
    ++point_.image_index;
    return goes_on;
  }

  [[nodiscard]] bool show_grown(CrashImage image, const std::string& subset) {
    image.size_bytes = *state_.growing_to();
    image.hash += image.size_bytes;  // as grow_end will
    if (!show(image, subset + ", grown")) return false;
    image.fill = {};
    image.hash += 1;
    return show(image, subset + ", grown by zeros");
  }

  const MediumState& state_;
  const CrashImagesOptions& options_;
  const CrashImageVisitor& visitor_;
  CrashPoint point_;
};

}  // namespace

std::string CrashPoint::to_string() const {
  std::string text = "event ";
  text.append(std::to_string(event_count)).append(" (").append(name(event.kind)).append("), image ");
  text.append(std::to_string(image_index)).append(" (").append(subset).append(")");
  return text;
}

void for_each_crash_image(const CrashMedium& medium, const CrashImagesOptions& options,
                          const CrashImageVisitor& visitor) {
  HOLDFAST_CHECK(medium.options().keeps_log);
  MediumState state = medium.initial_state();
  const auto events = medium.events();
  for (std::uint64_t count = 0; count <= std::min<std::uint64_t>(events.size(), options.last_point);
       ++count) {
    CrashPoint point;
    point.event_count = count;
    if (count > 0) {
      point.event = events[count - 1];
      state.apply(point.event, medium.bytes(point.event));
    }
    if (count >= options.first_point && !PointVisit(state, options, visitor, point).run()) return;
  }
}

}  // namespace holdfast::testing
