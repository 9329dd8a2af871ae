// The sweeps over a pool file: those of every medium in its arena, and of its own all that lies around the arena: PMDK's
// metadata, our header page, PMDK's unused end. libpmemobj follows what it finds there, so most of it must be refused before
// libpmemobj sees it. A trial opens pools and reads megabytes: HOLDFAST_POOL_DAMAGE_EVERY=1 runs all of them.

#include <algorithm>

#include "damage_fixture.hpp"
#include "pmem/arena_header.hpp"
#include "pool_medium.hpp"

namespace holdfast::damage {
namespace {

constexpr std::uint64_t kEvery = 127;
constexpr std::uint64_t kZerosEvery = 2003;  // of the bytes that are zero

Case pool_case(Ending ending) {
  const Sample sample = sample_of("HOLDFAST_POOL_DAMAGE_EVERY", "HOLDFAST_POOL_DAMAGE_FIRST", kEvery);
  return {.medium = "pool", .make = pool_medium, .ending = ending, .bytes = sample, .runs = sample};
}

/// What libpmemobj rewrites at each open, and nobody judges: the run's number and its state in memory.
bool is_scratch(std::uint64_t offset) {
  return (offset >= 0x1808 && offset < 0x1810) || (offset >= 0x1A20 && offset < 0x2000);
}

class PoolDamage : public Damage {
 protected:
  /// Offsets around the arena, a multiple of `step` each, of which `chosen` holds.
  template <class Chosen>
  [[nodiscard]] std::vector<std::uint64_t> around_the_arena(std::uint64_t step, Chosen chosen) const {
    std::vector<std::uint64_t> offsets;
    for (std::uint64_t offset = 0; offset < subject_.image().size(); offset += step)
      if ((offset < subject_.store().begin || offset >= subject_.store().end) && chosen(offset)) offsets.push_back(offset);
    return offsets;
  }

  /// Judges `image`, in which `damaged` is not as it was. Damage of PMDK's metadata must be refused before libpmemobj sees
  /// it, and takes nothing from a reader, who never calls libpmemobj.
  Verdict judge(const Image& image, Span damaged, bool thorough) {
    Verdict verdict = subject_.judge(image, Extent::byte, thorough);
    if (!is_in_header_page(damaged)) {
      if (verdict.outcome == Outcome::unharmed && must_be_refused(image, damaged))
        verdict = {Outcome::wrong, "libpmemobj has opened it"};
      if (verdict.outcome != Outcome::wrong) verdict = with_reader(verdict, subject_.judge_reader(image, Extent::byte));
    }
    if (verdict.outcome != Outcome::refused && verdict.outcome != Outcome::unharmed)
      verdict = {Outcome::wrong, std::string(name(verdict.outcome)) + ", " + verdict.wrong};
    if (!verdict.wrong.empty()) verdict.wrong = "offset " + std::to_string(damaged.begin) + ": " + verdict.wrong;
    return verdict;
  }

 private:
  [[nodiscard]] bool is_in_header_page(Span damaged) const {
    const std::uint64_t arena = subject_.store().begin;
    return damaged.begin >= arena - pmem::kHeaderPageBytes && damaged.end <= arena;
  }

  [[nodiscard]] bool must_be_refused(const Image& image, Span damaged) const {
    for (std::uint64_t offset = damaged.begin; offset < damaged.end; ++offset)
      if (image[offset] != subject_.image()[offset] && !is_scratch(offset)) return true;
    return false;
  }

  static Verdict with_reader(const Verdict& writer, const Verdict& reader) {
    if (reader.outcome == Outcome::unharmed) return writer;
    return {Outcome::wrong, "for a reader " + std::string(name(reader.outcome)) + ", " + reader.wrong};
  }
};

const auto kPools = ::testing::Values(pool_case(Ending::closed), pool_case(Ending::killed));
INSTANTIATE_TEST_SUITE_P(Pools, Damage, kPools, name_of);
INSTANTIATE_TEST_SUITE_P(Pools, PoolDamage, kPools, name_of);

TEST_P(PoolDamage, OfAnyByteAroundTheArenaIsNeverWrongData) {
  const Image& whole = subject_.image();
  const std::vector<std::uint64_t> offsets = around_the_arena(1, [&](std::uint64_t offset) {
    return whole[offset] != std::byte{0} || is_scratch(offset) || offset % kZerosEvery == 0;
  });
  ASSERT_GT(offsets.size(), 5'000u);
  sweep("a byte around the arena", GetParam().bytes, 2 * offsets.size(), [&](std::uint64_t i) {
    const std::uint64_t offset = offsets[i / 2];
    Image image = whole;
    std::byte& byte = image[offset];
    const std::byte fill = offset % 2 == 0 ? std::byte{0} : std::byte{0xFF};
    if (i % 2 == 0) byte ^= std::byte{1} << (offset % 8);
    else byte = byte != fill ? fill : ~fill;
    return judge(image, {offset, offset + 1}, i % 3 == 0);
  });
}

TEST_P(PoolDamage, OfASectorAroundTheArenaIsNeverWrongData) {
  const Image& whole = subject_.image();
  const auto sector_of = [](auto& image, std::uint64_t offset) {
    return std::span(image).subspan(static_cast<std::size_t>(offset), kSectorBytes);
  };
  const std::vector<std::uint64_t> sectors = around_the_arena(kSectorBytes, [&](std::uint64_t offset) {
    return std::ranges::any_of(sector_of(whole, offset), [](std::byte byte) { return byte != std::byte{0}; });
  });
  ASSERT_GT(sectors.size(), 1'000u);
  sweep("a sector around the arena", GetParam().runs, 2 * sectors.size(), [&](std::uint64_t i) {
    const std::uint64_t offset = sectors[i / 2];
    Image image = whole;
    std::ranges::fill(sector_of(image, offset), i % 2 == 0 ? std::byte{0} : std::byte{0xFF});
    return judge(image, {offset, offset + kSectorBytes}, true);
  });
}

// What lies behind a pool's end is nobody's room: neither libpmemobj's nor ours.
TEST_P(PoolDamage, OfALongerFileIsNeverWrongData) {
  constexpr std::uint64_t kMore[] = {1, kSectorBytes, kPageBytes, 64 * kPageBytes, std::uint64_t{8} << 20};
  constexpr std::byte kFills[] = {std::byte{0}, std::byte{0xFF}, std::byte{0xDB}};
  sweep("a longer file", {}, std::size(kMore) * std::size(kFills), [&](std::uint64_t i) {
    Image image = subject_.image();
    image.resize(image.size() + kMore[i / std::size(kFills)], kFills[i % std::size(kFills)]);
    return subject_.judge(image, Extent::run, true);
  });
}

}  // namespace
}  // namespace holdfast::damage
