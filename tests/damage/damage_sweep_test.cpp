// Every used byte of a small store flipped, every sector zeroed, every length cut to, segments exchanged for others and for
// what they were: a typed error, a loss that is reported, or nothing. Never wrong data, a death or a hang.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "subject.hpp"

namespace holdfast::damage {
namespace {

using testing::MediumModel;

constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kNearBytes = 64;          // zeros this near to other bytes are in use, too
constexpr std::uint64_t kUnusedEvery = 211;       // of the rest
constexpr std::uint64_t kThoroughEvery = 7;       // opened again and written on
constexpr std::uint64_t kSegmentBytes = std::uint64_t{64} << 10;

/// HOLDFAST_DAMAGE_EVERY: only one in that many, for slow builds; a prime, so that it meets all kinds of bytes.
std::uint64_t every() {
  const char* const text = std::getenv("HOLDFAST_DAMAGE_EVERY");
  return text == nullptr ? 1 : std::max<std::uint64_t>(1, std::strtoull(text, nullptr, 10));
}

/// Bytes in use, and some of the others.
std::vector<std::uint64_t> offsets_worth_flipping(const Image& image) {
  std::vector<std::uint64_t> offsets;
  std::uint64_t last_used = 0;
  for (std::uint64_t offset = 0; offset < image.size(); ++offset) {
    if (image[offset] != std::byte{0}) last_used = offset;
    const bool is_used = offset - last_used < kNearBytes;
    if (is_used || offset % kUnusedEvery == 0) offsets.push_back(offset);
  }
  std::vector<std::uint64_t> chosen;
  for (std::size_t i = 0; i < offsets.size(); i += every()) chosen.push_back(offsets[i]);
  return chosen;
}

struct Case {
  MediumModel model;
  Ending ending;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << testing::name(one.model) << (one.ending == Ending::closed ? ", closed" : ", killed");
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return std::string(testing::name(info.param.model)) + (info.param.ending == Ending::closed ? "_closed" : "_killed");
}

class Damage : public ::testing::TestWithParam<Case> {
 protected:
  Damage() : subject_(GetParam().model, GetParam().ending) {}

  void SetUp() override {
    ASSERT_FALSE(HasFailure());
    const Verdict whole = subject_.judge(subject_.image(), Extent::byte, true);
    ASSERT_EQ(whole.outcome, Outcome::unharmed) << whole.wrong;
  }

  void expect_no_harm(const char* what, const SweepReport& report) {
    for (const std::string& wrong : report.wrong) ADD_FAILURE() << what << ", " << wrong;
    for (const std::uint64_t trial : report.deaths) ADD_FAILURE() << what << ", trial " << trial << " ended the process";
    for (const std::uint64_t trial : report.hangs) ADD_FAILURE() << what << ", trial " << trial << " hangs";
    if (GetParam().ending == Ending::closed) {
      EXPECT_EQ(report.outcomes[static_cast<std::size_t>(Outcome::dropped)], 0u) << "nothing is torn in a closed store";
    }
    std::cout << "damage: " << what << ", " << report.to_string() << '\n';
  }

  Subject subject_;
};

INSTANTIATE_TEST_SUITE_P(, Damage,
                         ::testing::Values(Case{MediumModel::pages, Ending::closed},
                                           Case{MediumModel::pages, Ending::killed},
                                           Case{MediumModel::cache_lines, Ending::closed},
                                           Case{MediumModel::cache_lines, Ending::killed}),
                         name_of);

TEST_P(Damage, OfAnyUsedByteIsNeverWrongData) {
  const std::vector<std::uint64_t> offsets = offsets_worth_flipping(subject_.image());
  ASSERT_GT(offsets.size() * every(), 20'000u);
  const SweepReport report = forked_sweep(offsets.size(), [&](std::uint64_t i) {
    Image image = subject_.image();
    image[offsets[i]] ^= std::byte{1} << (offsets[i] % 8);
    Verdict verdict = subject_.judge(image, Extent::byte, i % kThoroughEvery == 0);
    if (!verdict.wrong.empty()) verdict.wrong = "byte " + std::to_string(offsets[i]) + ": " + verdict.wrong;
    return verdict;
  });
  expect_no_harm("a flipped bit", report);
  EXPECT_EQ(report.trials, offsets.size());
  for (const Outcome outcome : {Outcome::unharmed, Outcome::refused, Outcome::reported})
    EXPECT_GT(report.outcomes[static_cast<std::size_t>(outcome)], 0u) << name(outcome);
}

TEST_P(Damage, OfAWholeSectorIsNeverWrongData) {
  const std::uint64_t count = subject_.image().size() / kSectorBytes;
  const SweepReport report = forked_sweep(3 * count, [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto sector = image.begin() + static_cast<std::ptrdiff_t>(i / 3 * kSectorBytes);
    constexpr std::byte kFills[] = {std::byte{0}, std::byte{0xFF}, std::byte{0xDB}};
    std::fill(sector, sector + kSectorBytes, kFills[i % 3]);
    return subject_.judge(image, Extent::run, true);
  });
  expect_no_harm("an overwritten sector", report);
}

TEST_P(Damage, OfACutStoreIsNeverWrongData) {
  const std::uint64_t count = subject_.image().size() / kPageBytes;
  const SweepReport report = forked_sweep(count, [&](std::uint64_t i) {
    Image image = subject_.image();
    image.resize(i * kPageBytes);
    return subject_.judge(image, Extent::run, false);
  });
  expect_no_harm("a cut store", report);
}

TEST_P(Damage, OfTwoPagesInEachOthersPlaceIsNeverWrongData) {
  const std::uint64_t count = subject_.image().size() / kPageBytes;
  const SweepReport report = forked_sweep(count * (count - 1) / 2, [&](std::uint64_t i) {
    std::uint64_t first = 0;
    while (i >= count - 1 - first) i -= count - 1 - first++;
    const std::uint64_t second = first + 1 + i;
    Image image = subject_.image();
    const auto page = [&](std::uint64_t number) { return image.begin() + static_cast<std::ptrdiff_t>(number * kPageBytes); };
    std::swap_ranges(page(first), page(first + 1), page(second));
    return subject_.judge(image, Extent::run, false);
  });
  expect_no_harm("two exchanged pages", report);
}

TEST_P(Damage, OfASegmentThatIsAnotherOneIsNeverWrongData) {
  const std::uint64_t unit = kSegmentBytes / 4;
  const std::uint64_t count = subject_.image().size() / unit;
  const SweepReport report = forked_sweep(count * count, [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto from = subject_.image().begin() + static_cast<std::ptrdiff_t>(i / count * unit);
    std::copy(from, from + static_cast<std::ptrdiff_t>(unit), image.begin() + static_cast<std::ptrdiff_t>(i % count * unit));
    return subject_.judge(image, Extent::run, true);
  });
  expect_no_harm("a segment in another's place", report);
}

// Of a store that was not closed nobody can tell an older tail from a torn one.
TEST_P(Damage, OfASegmentThatIsAnOlderOneIsNeverWrongData) {
  if (GetParam().ending == Ending::killed) return;
  const SweepReport report = forked_sweep(subject_.image().size() / kPageBytes, [&](std::uint64_t i) {
    Image image = subject_.image();
    const auto from = subject_.earlier_image().begin() + static_cast<std::ptrdiff_t>(i * kPageBytes);
    std::copy(from, from + kPageBytes, image.begin() + static_cast<std::ptrdiff_t>(i * kPageBytes));
    return subject_.judge(image, Extent::run, true);
  });
  expect_no_harm("a page as it was", report);
}

}  // namespace
}  // namespace holdfast::damage
