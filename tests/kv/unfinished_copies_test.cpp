// A power cut between the copies that cleaning makes and the record that frees what was copied: all records are there twice.
// The originals stay the present ones, and the copies are garbage as a whole, so that a full store has room for copies again.

#include <map>
#include <ostream>
#include <set>

#include <holdfast/testing/crash_images.hpp>
#include <holdfast/testing/crash_storage.hpp>

#include "common/engine/engine_gate.hpp"
#include "kv/kv_space.hpp"
#include "kv_fixture.hpp"

namespace holdfast {
namespace {

using testing::CrashImage;
using testing::CrashMedium;
using testing::CrashPoint;
using testing::MediumModel;

struct PlacedRecord {
  SegmentId segment = 0;
  std::uint64_t offset = 0;  ///< In the store.
  std::uint64_t size_bytes = 0;
  friend bool operator==(const PlacedRecord&, const PlacedRecord&) = default;
};
void PrintTo(const PlacedRecord& placed, std::ostream* out) {
  *out << placed.size_bytes << " bytes at " << placed.offset << " in segment " << placed.segment;
}
using PlacedRecords = std::map<std::string, PlacedRecord>;

class UnfinishedCopies : public ::testing::TestWithParam<MediumModel> {
 protected:
  static constexpr std::uint64_t kStoreSizeBytes = 4 * kMiB;

  static Options options() {
    Options options;
    options.segment_size_bytes = 64 << 10;
    options.recovery_threads = 2;
    options.clean_automatically = false;
    options.sweep_interval_ms = 0;
    return options;
  }
  [[nodiscard]] static testing::CrashOptions medium_options() {
    return {.model = GetParam(), .size_bytes = kStoreSizeBytes, .max_size_bytes = kStoreSizeBytes};
  }

  /// Of every five keys the last one stays as it was, and its segment becomes garbage but for those.
  void write(Kv& space, unsigned begin, unsigned end) {
    for (const bool replaces : {false, true})
      for (unsigned key = begin; key < end; ++key) {
        if (replaces && key % 5 == 4) continue;
        const std::string name = "key " + std::to_string(key);
        ASSERT_TRUE(ok(space.put(name, some_value(300 + key % 100, key + replaces), kBuffered)));
        contents_[name] = some_value(300 + key % 100, key + replaces);
      }
    for (unsigned key = begin; key < end; key += 15) {
      ASSERT_TRUE(says(true, space.erase("key " + std::to_string(key), kBuffered)));
      contents_.erase("key " + std::to_string(key));
    }
  }

  [[nodiscard]] static std::vector<SegmentUse> uses_of(const Kv& space) {
    const auto engine = kv::space_of(space).gate()->enter();
    return engine->spaces().front()->segments().uses();
  }
  [[nodiscard]] static SegmentUse use_of(const std::vector<SegmentUse>& uses, SegmentId segment) {
    for (const SegmentUse& use : uses)
      if (use.place.segment_id == segment) return use;
    return {};
  }
  [[nodiscard]] PlacedRecords places_in(const Kv& space) const {
    PlacedRecords placed;
    const auto uses = uses_of(space);
    for (const auto& [key, value] : contents_) {
      const ByteRange range = kv::space_of(space).placements(key).front();
      for (const SegmentUse& use : uses)
        if (range.offset >= use.place.offset && range.offset < use.place.offset + use.place.size_bytes)
          placed[key] = {use.place.segment_id, range.offset, range.size_bytes};
    }
    EXPECT_EQ(placed.size(), contents_.size());
    return placed;
  }

  /// Opens the image: a record is where it was, as long as that segment is there, and counts nowhere else.
  void judge(const CrashImage& image) {
    auto store = Store::open(CrashMedium::from_image(image, medium_options())->open().value(), options());
    ASSERT_TRUE(ok(store));
    auto space = store->kv("space");
    ASSERT_TRUE(ok(space));
    EXPECT_TRUE(has_size(*space, contents_.size()));
    for (const auto& [key, value] : contents_) ASSERT_TRUE(holds(*space, key, value));
    const auto uses = uses_of(*space);
    const PlacedRecords found = places_in(*space);
    std::map<SegmentId, std::uint64_t> live_bytes;
    for (const auto& [key, placed] : found) {
      const PlacedRecord& original = before_.at(key);
      const bool is_there = use_of(uses, original.segment).place.segment_id != 0;
      EXPECT_EQ(placed, is_there ? original : after_.at(key)) << key;
      live_bytes[placed.segment] += placed.size_bytes;
      // In whose place copies have come that do not count: older segments than its own, and younger ones.
      const PlacedRecord& copy = after_.at(key);
      if (!is_there || copy == original) continue;
      if (use_of(uses, copy.segment).written_bytes <= use_of(uses_before_, copy.segment).written_bytes) continue;
      (copy.segment < original.segment ? copied_to_older_ : copied_to_younger_).insert(key);
    }
    for (const SegmentUse& use : uses) EXPECT_EQ(use.live_bytes, live_bytes[use.place.segment_id]) << use.place.segment_id;
  }

  std::map<std::string, std::string> contents_;
  std::vector<SegmentUse> uses_before_;
  PlacedRecords before_;
  PlacedRecords after_;
  std::set<std::string> copied_to_older_;
  std::set<std::string> copied_to_younger_;
};
INSTANTIATE_TEST_SUITE_P(, UnfinishedCopies, ::testing::Values(MediumModel::cache_lines, MediumModel::pages),
                         [](const auto& row) { return std::string(testing::name(row.param)); });

TEST_P(UnfinishedCopies, AreGarbageBehindAPowerCut) {
  const auto medium = CrashMedium::create(medium_options());
  std::uint64_t begin = 0;
  {
    auto store = Store::open(medium->open().value(), options());
    ASSERT_TRUE(ok(store));
    auto space = store->kv("space");
    ASSERT_TRUE(ok(space));
    ASSERT_NO_FATAL_FAILURE(write(*space, 0, 600));
    ASSERT_TRUE(ok(store->sync()));
    ASSERT_TRUE(ok(space->compact()));  // from here on there is a segment of copies, older than those that come
    ASSERT_NO_FATAL_FAILURE(write(*space, 1'000, 2'000));
    ASSERT_TRUE(ok(store->sync()));
    uses_before_ = uses_of(*space);
    before_ = places_in(*space);
    begin = medium->event_count();
    ASSERT_TRUE(ok(space->compact()));
    after_ = places_in(*space);
  }
  for_each_crash_image(*medium, {.set = testing::ImageSet::small, .images_max = 2, .first_point = begin},
                       [&](const CrashPoint& point, const CrashImage& image) {
                         SCOPED_TRACE(point.to_string());
                         judge(image);
                         return !HasFailure();
                       });
  EXPECT_GT(copied_to_older_.size(), 20u);
  EXPECT_GT(copied_to_younger_.size(), 20u);
}

}  // namespace
}  // namespace holdfast
