#include "common/engine/slice_chain.hpp"

#include <algorithm>

namespace holdfast {
namespace {

class Judge {
 public:
  Judge(const std::vector<const ScannedSlice*>& slices, const CatalogState& catalog) : catalog_(catalog) {
    for (const ScannedSlice* const slice : slices)
      if (slice->end_sequence > 0) slices_.emplace(SlicePlace(slice->header), slice);
  }

  ChainVerdict run() {
    prove_backwards();
    for (const auto& [place, slice] : slices_)
      if (!admitted(place, 0)) verdict_.dropped.insert(place);
    for (const auto& [place, slice] : slices_)
      if (!verdict_.dropped.contains(place)) note_count(*slice);
    find_ends();
    return std::move(verdict_);
  }

 private:
  [[nodiscard]] const ScannedSlice* find(const SlicePlace& place) const {
    const auto found = slices_.find(place);
    return found == slices_.end() ? nullptr : found->second;
  }

  [[nodiscard]] bool stands_alone(const ScannedSlice& slice) const {
    const SegmentId before = slice.header.previous.segment_id;
    return before == 0 || !catalog_.segments().contains(before);
  }

  // A recovery lay between it and the slice it names, and had made that one durable.
  [[nodiscard]] static bool is_behind_recovery(const ScannedSlice& slice) noexcept {
    return slice.header.previous.epoch < slice.header.epoch;
  }

  // What is durable proves everything before it in its chain durable.
  void prove_backwards() {
    for (const auto& [place, slice] : slices_) {
      const ScannedSlice* later = slice;
      if (later->proved_durable() || catalog_.slice_count(place.segment_id, place.start) != 0) proved_.insert(place);
      while (later != nullptr && !stands_alone(*later)) {
        const SlicePlace before(later->header.previous);
        const ScannedSlice* const earlier = find(before);
        const bool proves = proved_.contains(SlicePlace(later->header)) || is_behind_recovery(*later);
        if (!proves || !proved_.insert(before).second) break;
        later = earlier;
      }
    }
  }

  [[nodiscard]] bool admitted(const SlicePlace& place, std::size_t depth) {
    const ScannedSlice* const slice = find(place);
    if (slice == nullptr || depth > slices_.size()) return false;  // a ring of links is no chain
    if (proved_.contains(place) || stands_alone(*slice)) return true;
    const SlicePlace before(slice->header.previous);
    const ScannedSlice* const earlier = find(before);
    if (is_behind_recovery(*slice)) return true;
    return earlier != nullptr && earlier->end_sequence >= slice->header.previous.count && admitted(before, depth + 1);
  }

  void note_count(const ScannedSlice& slice) {
    if (stands_alone(slice)) return;
    const SlicePlace before(slice.header.previous);
    named_.insert(before);
    const ScannedSlice* const earlier = find(before);
    if (earlier == nullptr) {
      verdict_.lost[before] = slice.header.previous.count;
    } else if (earlier->end_sequence < slice.header.previous.count) {
      verdict_.known_counts[before] = std::max(verdict_.known_counts[before], slice.header.previous.count);
    }
  }

  // Of a slice that others of its log follow, or followed when it was counted, the catalog knows the count and no next id.
  [[nodiscard]] bool is_inside_log(const SlicePlace& place, SpaceId space) const {
    const auto count = catalog_.slice_counts().find({place.segment_id, place.start});
    return count != catalog_.slice_counts().end() && count->second.next_number == 0 &&
           catalog_.spaces().at(space).kind == SpaceKind::log;
  }

  void find_ends() {
    std::map<SpaceId, std::uint32_t> epochs;
    for (const auto& [place, slice] : slices_) {
      // What cleaning fills has a chain of its own.
      if (verdict_.dropped.contains(place) || named_.contains(place) || slice->header.cleaned_at != 0) continue;
      const SpaceId space = catalog_.segments().at(place.segment_id).space_id;
      if (is_inside_log(place, space)) continue;
      if (slice->header.epoch < epochs[space]) continue;
      epochs[space] = slice->header.epoch;
      verdict_.chain_ends[space] = {place.segment_id, place.start, slice->end_sequence, place.epoch, 0};
    }
  }

  const CatalogState& catalog_;
  std::map<SlicePlace, const ScannedSlice*> slices_;
  std::set<SlicePlace> proved_;
  std::set<SlicePlace> named_;
  ChainVerdict verdict_;
};

}  // namespace

ChainVerdict judge_chains(const std::vector<const ScannedSlice*>& slices, const CatalogState& catalog) {
  return Judge(slices, catalog).run();
}

}  // namespace holdfast
