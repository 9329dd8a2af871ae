// Every used byte of a small store flipped, every sector overwritten, every length cut to, segments exchanged for others and
// for what they were: a typed error, a loss that is reported, or nothing. Never wrong data, a death or a hang. For each medium.

#include "damage_fixture.hpp"

#include <algorithm>

namespace holdfast::damage {
namespace {

constexpr std::uint64_t kNearBytes = 64;     // zeros this near to other bytes are in use, too
constexpr std::uint64_t kUnusedEvery = 211;  // of the rest
constexpr std::uint64_t kThoroughEvery = 7;  // opened again and written on
constexpr std::uint64_t kTrialsForEachOutcome = 200;  // fewer may miss one

/// Bytes in use, and some of the others.
std::vector<std::uint64_t> offsets_worth_flipping(const Image& image, Span span) {
  std::vector<std::uint64_t> offsets;
  std::uint64_t last_used = span.begin;
  for (std::uint64_t offset = span.begin; offset < span.end; ++offset) {
    if (image[offset] != std::byte{0}) last_used = offset;
    const bool is_used = offset - last_used < kNearBytes;
    if (is_used || offset % kUnusedEvery == 0) offsets.push_back(offset);
  }
  return offsets;
}

auto at(Image& image, std::uint64_t offset) { return image.begin() + static_cast<std::ptrdiff_t>(offset); }
auto at(const Image& image, std::uint64_t offset) { return image.begin() + static_cast<std::ptrdiff_t>(offset); }

}  // namespace

TEST_P(Damage, OfAnyUsedByteIsNeverWrongData) {
  const std::vector<std::uint64_t> offsets = offsets_worth_flipping(subject_.image(), subject_.used());
  ASSERT_GT(offsets.size(), 20'000u);
  const Sample sample = GetParam().bytes;
  const SweepReport report = sweep("a flipped bit", sample, offsets.size(), [&](std::uint64_t i) {
    Image image = subject_.image();
    image[offsets[i]] ^= std::byte{1} << (offsets[i] % 8);
    Verdict verdict = subject_.judge(image, Extent::byte, i / sample.every % kThoroughEvery == 0);
    if (!verdict.wrong.empty()) verdict.wrong = "byte " + std::to_string(offsets[i]) + ": " + verdict.wrong;
    return verdict;
  });
  if (report.trials < kTrialsForEachOutcome) return;
  for (const Outcome outcome : {Outcome::unharmed, Outcome::refused, Outcome::reported})
    EXPECT_GT(report.outcomes[static_cast<std::size_t>(outcome)], 0u) << name(outcome);
}

TEST_P(Damage, OfAWholeSectorIsNeverWrongData) {
  const Span used = subject_.used();
  sweep("an overwritten sector", GetParam().runs, 3 * (used.size_bytes() / kSectorBytes), [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto sector = at(image, used.begin + i / 3 * kSectorBytes);
    constexpr std::byte kFills[] = {std::byte{0}, std::byte{0xFF}, std::byte{0xDB}};
    std::fill(sector, sector + kSectorBytes, kFills[i % 3]);
    return subject_.judge(image, Extent::run, true);
  });
}

TEST_P(Damage, OfACutStoreIsNeverWrongData) {
  sweep("a cut store", GetParam().runs, subject_.image().size() / kPageBytes, [&](std::uint64_t i) {
    Image image = subject_.image();
    image.resize(i * kPageBytes);
    return subject_.judge(image, Extent::run, false);
  });
}

TEST_P(Damage, OfTwoPagesInEachOthersPlaceIsNeverWrongData) {
  const Span used = subject_.used();
  const std::uint64_t count = used.size_bytes() / kPageBytes;
  sweep("two exchanged pages", GetParam().runs, count * (count - 1) / 2, [&](std::uint64_t i) {
    std::uint64_t first = 0;
    while (i >= count - 1 - first) i -= count - 1 - first++;
    const std::uint64_t second = first + 1 + i;
    Image image = subject_.image();
    const auto page = [&](std::uint64_t number) { return at(image, used.begin + number * kPageBytes); };
    std::swap_ranges(page(first), page(first + 1), page(second));
    return subject_.judge(image, Extent::run, false);
  });
}

TEST_P(Damage, OfASegmentThatIsAnotherOneIsNeverWrongData) {
  const Span used = subject_.used();
  const std::uint64_t unit = kSegmentBytes / 4;
  const std::uint64_t count = used.size_bytes() / unit;
  sweep("a segment in another's place", GetParam().runs, count * count, [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto from = at(subject_.image(), used.begin + i / count * unit);
    std::copy(from, from + static_cast<std::ptrdiff_t>(unit), at(image, used.begin + i % count * unit));
    return subject_.judge(image, Extent::run, true);
  });
}

// Of a store that was not closed nobody can tell an older tail from a torn one.
TEST_P(Damage, OfASegmentThatIsAnOlderOneIsNeverWrongData) {
  if (GetParam().ending == Ending::killed) return;
  const Span used = subject_.used();
  sweep("a page as it was", GetParam().runs, used.size_bytes() / kPageBytes, [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto from = at(subject_.earlier_image(), used.begin + i * kPageBytes);
    std::copy(from, from + kPageBytes, at(image, used.begin + i * kPageBytes));
    return subject_.judge(image, Extent::run, true);
  });
}

}  // namespace holdfast::damage
