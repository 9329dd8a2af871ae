#include "common/engine/batch_verdict.hpp"

#include <map>
#include <unordered_map>

#include "common/base/mutant.hpp"
#include "common/engine/slice_chain.hpp"

namespace holdfast {
namespace {

// What one batch left behind.
struct BatchTally {
  std::uint64_t count = 0;
  std::uint64_t check_sum = 0;
  bool proved = false;  // part of it lies below a watermark, or the catalog says so: the batch had been committed
  bool dropped = false;  // it was not whole at an earlier open
  bool trailer_seen = false;
  BatchTrailerDisk trailer{};

  [[nodiscard]] bool whole() const noexcept {
    return !dropped && (proved || (trailer_seen && trailer.count == count && trailer.check_sum == check_sum));
  }
};

using BatchTallies = std::unordered_map<std::uint64_t, BatchTally>;

bool is_decided(const BatchTrailer& trailer, const FoundSlice& slice, const CatalogState& catalog) {
  return !trailer.catalog_decides || mutated(Mutant::undecided_admitted) ||
         catalog.is_decided(slice.scan.header.epoch, trailer.batch);
}

BatchTallies tally(const std::vector<FoundSlice>& slices, const CatalogState& catalog) {
  BatchTallies batches;
  for (const FoundSlice& slice : slices) {
    for (const std::uint64_t batch : slice.proved_batches) batches[batch].proved = true;
    for (const BatchMember& member : slice.members) {
      if (member.offset >= slice.kept_end) continue;
      BatchTally& batch = batches[member.batch];
      ++batch.count;
      batch.check_sum += member.check;
      batch.proved = batch.proved || member.offset < slice.scan.watermark;
    }
    for (const BatchTrailer& trailer : slice.trailers) {
      if (trailer.offset >= slice.kept_end) continue;
      BatchTally& batch = batches[trailer.batch];
      batch.trailer_seen = is_decided(trailer, slice, catalog);
      batch.trailer = trailer.content;
      batch.proved = batch.proved || trailer.offset < slice.scan.watermark;
    }
  }
  for (auto& [number, batch] : batches) batch.proved = batch.proved || number <= catalog.proved_batch();
  for (const auto& [segment, number] : catalog.dropped_batches())
    if (const auto batch = batches.find(number); batch != batches.end()) batch->second.dropped = true;
  return batches;
}

bool cut_at_members(std::vector<FoundSlice>& slices, const BatchTallies& batches) {
  bool cut = false;
  for (FoundSlice& slice : slices) {
    for (const BatchMember& member : slice.members) {
      if (member.offset >= slice.kept_end) break;
      if (batches.at(member.batch).whole()) continue;
      slice.kept_end = member.offset;
      cut = true;
    }
  }
  return cut;
}

bool cut_followers(std::vector<FoundSlice>& slices) {
  std::map<SlicePlace, const FoundSlice*> by_place;
  for (const FoundSlice& slice : slices) by_place.emplace(SlicePlace(slice.scan.header), &slice);
  bool cut = false;
  for (FoundSlice& slice : slices) {
    const SliceHeaderDisk& header = slice.scan.header;
    const auto before = by_place.find(SlicePlace(header.previous));
    if (before == by_place.end() || before->second->scan.header.epoch != header.epoch) continue;
    const bool is_cut = before->second->kept_end < before->second->scan.end_offset;
    if (!is_cut || slice.scan.proved_durable() || slice.kept_end <= header.start) continue;
    slice.kept_end = header.start;
    cut = true;
  }
  return cut;
}

}  // namespace

void cut_at_unfinished_batches(std::vector<FoundSlice>& slices, const CatalogState& catalog) {
  for (bool cut = true; cut;) {
    cut = cut_at_members(slices, tally(slices, catalog));
    while (cut && cut_followers(slices)) {
    }
  }
}

}  // namespace holdfast
