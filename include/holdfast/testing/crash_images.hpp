#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <holdfast/testing/crash_image.hpp>
#include <holdfast/testing/crash_storage.hpp>

namespace holdfast::testing {

/// Which images a crash point gets.
enum class ImageSet : std::uint8_t {
  /// No pending unit, all, each alone, all but each one, each intermediate version alone and among all
  /// others, every subset where there are at most ten units (sectors, else pages), else 64 random ones.
  whole,
  /// None, all, two random ones.
  small,
};

struct CrashImagesOptions {
  ImageSet set = ImageSet::whole;
  std::uint64_t seed = 1;                 ///< Of random choices; the same seed makes the same images.
  std::uint64_t images_max = 0;           ///< Images a crash point gets at most; 0: no limit.
  std::uint64_t first_point = 0;          ///< Crash points before it are passed over.
  std::uint64_t last_point = UINT64_MAX;  ///< Crash points behind it are passed over.
};

/// A moment: right behind `event_count` events of a log.
struct CrashPoint {
  std::uint64_t event_count = 0;
  Event event;                    ///< The last of them.
  std::uint64_t image_index = 0;  ///< From 0, among the point's images.
  std::string_view subset;        ///< Which pending units are in the image. Lifetime: the visitor's call.
  const MediumState* state = nullptr;  ///< For CrashMedium::from_killed. Lifetime: the visitor's call.

  /// "event 12 (drain_begin), image 3 (unit 4096 alone)".
  [[nodiscard]] std::string to_string() const;
};

/// Called with each image; returns false to stop.
using CrashImageVisitor = std::function<bool(const CrashPoint& point, const CrashImage& image)>;

/// Visits, for every crash point of the medium's log, the images that a power cut there could leave. An image
/// may come more than once, at several points; CrashImage::hash tells. The state is carried from event to
/// event, never replayed from the start.
/// Requires: the medium keeps its log, and nobody writes to it meanwhile.
void for_each_crash_image(const CrashMedium& medium, const CrashImagesOptions& options,
                          const CrashImageVisitor& visitor);

}  // namespace holdfast::testing
