#include "testing/image_choices.hpp"

#include <algorithm>
#include <random>

namespace holdfast::testing {
namespace {

constexpr std::size_t kExhaustiveUnitsMax = 10;
constexpr int kRandomChoices = 64;
constexpr int kRandomChoicesSmall = 2;
constexpr std::uint64_t kPageSizeBytes = 4096;

/// Pending units, named by their position in the state's map.
class ChoiceMaker {
 public:
  ChoiceMaker(const MediumState& state, std::uint64_t seed) : random_(seed) {
    const std::uint64_t units_a_page = kPageSizeBytes / state.unit_size_bytes();
    for (const auto& [index, unit] : state.pending()) {
      const auto position = static_cast<std::uint32_t>(offsets_.size());
      if (pages_.empty() || page_ != index / units_a_page) pages_.emplace_back();
      page_ = index / units_a_page;
      pages_.back().push_back(position);
      offsets_.push_back(index * state.unit_size_bytes());
      versions_.push_back(static_cast<std::uint32_t>(unit.versions.size()));
    }
  }

  void add_none_and_all() {
    choices_.push_back({false, {}, "none"});
    if (!offsets_.empty()) choices_.push_back({true, {}, "all"});
  }

  /// Each unit alone and all but it, with the units of `groups` moving together.
  void add_each(const std::vector<std::vector<std::uint32_t>>& groups, const char* word) {
    if (groups.size() < 2) return;
    for (const auto& group : groups) {
      const std::string label = word + std::to_string(offsets_[group.front()]);
      choices_.push_back({false, newest(group), label + " alone"});
      ImageChoice without{true, {}, "all but " + label};
      for (const std::uint32_t position : group) without.exceptions.emplace_back(position, 0);
      choices_.push_back(std::move(without));
    }
  }

  /// A unit as it was between two of its changes: written back, or evicted, early.
  void add_intermediate() {
    for (std::uint32_t position = 0; position < versions_.size(); ++position) {
      for (std::uint32_t version = 1; version < versions_[position]; ++version) {
        const std::string label =
            "unit " + std::to_string(offsets_[position]) + " at version " + std::to_string(version);
        choices_.push_back({false, {{position, version}}, label + " alone"});
        choices_.push_back({true, {{position, version}}, label + ", all others"});
      }
    }
  }

  /// Every subset but none and all, which are there already.
  void add_subsets(const std::vector<std::vector<std::uint32_t>>& groups, const char* word) {
    for (std::uint32_t bits = 1; bits + 1 < (1u << groups.size()); ++bits) {
      ImageChoice choice{false, {}, word + std::to_string(bits)};
      for (std::size_t group = 0; group < groups.size(); ++group) {
        if ((bits >> group & 1) == 0) continue;
        const auto members = newest(groups[group]);
        choice.exceptions.insert(choice.exceptions.end(), members.begin(), members.end());
      }
      choices_.push_back(std::move(choice));
    }
  }

  void add_random(int count) {
    if (offsets_.size() < 2) return;
    for (int i = 0; i < count; ++i) {
      ImageChoice choice{false, {}, "random " + std::to_string(i)};
      for (std::uint32_t position = 0; position < versions_.size(); ++position) {
        const auto version = static_cast<std::uint32_t>(random_() % (versions_[position] + 1));
        if (version > 0) choice.exceptions.emplace_back(position, version);
      }
      choices_.push_back(std::move(choice));
    }
  }

  /// Keeps the first two and a sample of the rest, in their order.
  void keep_at_most(std::uint64_t images_max) {
    if (images_max == 0 || choices_.size() <= images_max) return;
    const std::uint64_t kept = std::min<std::uint64_t>(2, images_max);
    std::vector<ImageChoice> sample;
    std::sample(std::make_move_iterator(choices_.begin() + kept), std::make_move_iterator(choices_.end()),
                std::back_inserter(sample), images_max - kept, random_);
    choices_.resize(kept);
    std::move(sample.begin(), sample.end(), std::back_inserter(choices_));
  }

  [[nodiscard]] std::vector<std::vector<std::uint32_t>> units() const {
    std::vector<std::vector<std::uint32_t>> groups;
    for (std::uint32_t position = 0; position < offsets_.size(); ++position) groups.push_back({position});
    return groups;
  }
  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& pages() const { return pages_; }
  [[nodiscard]] std::vector<ImageChoice> take() { return std::move(choices_); }

 private:
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> newest(
      const std::vector<std::uint32_t>& group) const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> exceptions;
    for (const std::uint32_t position : group) exceptions.emplace_back(position, versions_[position]);
    return exceptions;
  }

  std::mt19937_64 random_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint32_t> versions_;
  std::vector<std::vector<std::uint32_t>> pages_;
  std::uint64_t page_ = 0;
  std::vector<ImageChoice> choices_;
};

}  // namespace

std::vector<ImageChoice> image_choices(const MediumState& state, const CrashImagesOptions& options,
                                       std::uint64_t event_count) {
  // The point's own seed, so that a single point can be replayed without those before it.
  ChoiceMaker maker(state, options.seed * 0x9E37'79B9'7F4A'7C15ull + event_count);
  maker.add_none_and_all();
  if (options.set == ImageSet::small) {
    maker.add_random(kRandomChoicesSmall);
  } else {
    const auto units = maker.units();
    maker.add_each(units, "unit ");
    if (state.model() == MediumModel::pages) maker.add_each(maker.pages(), "page of ");
    maker.add_intermediate();
    if (units.size() <= kExhaustiveUnitsMax) {
      maker.add_subsets(units, "subset of units ");
    } else {
      if (state.model() == MediumModel::pages && maker.pages().size() <= kExhaustiveUnitsMax)
        maker.add_subsets(maker.pages(), "subset of pages ");
      maker.add_random(kRandomChoices);
    }
  }
  maker.keep_at_most(options.images_max);
  return maker.take();
}

CrashImage make_image(const MediumState& state, const ImageChoice& choice) {
  CrashImage image{.base = state.durable(),
                   .patches = {},
                   .size_bytes = state.durable().size(),
                   .fill = kUnspecifiedByte,
                   .hash = state.durable_hash()};
  std::uint32_t position = 0;
  auto exception = choice.exceptions.begin();
  for (const auto& [index, unit] : state.pending()) {
    auto version = static_cast<std::uint32_t>(choice.all ? unit.versions.size() : 0);
    if (exception != choice.exceptions.end() && exception->first == position) version = (exception++)->second;
    ++position;
    if (version == 0) continue;
    const PendingUnit::Version& chosen = unit.versions[version - 1];
    image.patches.push_back({index * state.unit_size_bytes(), chosen.bytes});
    image.hash += chosen.hash - unit.durable_hash;
  }
  return image;
}

}  // namespace holdfast::testing
