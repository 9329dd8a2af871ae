#include "common/engine/recovery.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "common/base/mutant.hpp"
#include "common/engine/batch_verdict.hpp"
#include "common/engine/found_slice.hpp"
#include "common/engine/parallel.hpp"
#include "common/engine/segment_reader.hpp"
#include "common/engine/slice_chain.hpp"

namespace holdfast {
namespace {

// The highest number stays what it is: check_numbers() refuses it, whereas a zero would pass.
std::uint64_t number_behind(std::uint64_t number) noexcept {
  return number == std::numeric_limits<std::uint64_t>::max() ? number : number + 1;
}

class Recovery {
 public:
  explicit Recovery(const RecoveryInput& input) : input_(input) {}

  RecoveredSpaces run() {
    read_segments();
    admit_slices();
    report_lost_slices();
    if (!mutated(Mutant::trailer_not_checked)) cut_at_unfinished_batches(admitted_, input_.catalog);
    for (FoundSlice& slice : admitted_) admit_records(slice);
    leave_wiped_ends();
    count_closed_numbers();
    add_free_ranges();
    list_segments();
    return std::move(result_);
  }

 private:
  void read_segments() {
    for (const auto& [id, segment] : input_.catalog.segments())
      if (segment.content == SegmentContent::records) segments_.push_back(&segment);
    found_.resize(segments_.size());
    for_each_index(input_.threads, segments_.size(), [this](std::size_t i) {
      found_[i] = SegmentReader(input_, *segments_[i]).read();
      if (input_.progress) input_.progress(segments_[i]->extent.size_bytes);
    });
    result_.report.segments = segments_.size();
    for (const CatalogSegment* const segment : segments_) check_header(*segment);
  }

  // It was durable before the catalog named the segment, so here nothing can be torn.
  void check_header(const CatalogSegment& segment) {
    SegmentHeaderDisk header;
    std::memcpy(&header, input_.storage.at(segment.extent.offset), sizeof header);
    if (validate(header, input_.secret) && header.segment_id == segment.id && header.space_id == segment.space_id &&
        header.size_bytes == segment.extent.size_bytes)
      return;
    result_.report.damage.push_back({.space = input_.catalog.spaces().at(segment.space_id).name,
                                     .segment_id = segment.id,
                                     .range = {segment.extent.offset, sizeof header},
                                     .message = "segment header fails its checksum; its records are found all the same"});
  }

  // Rule 2, and what later slices know of earlier ones.
  void admit_slices() {
    std::vector<const ScannedSlice*> chain;
    for (const auto& slices : found_)
      for (const FoundSlice& slice : slices) chain.push_back(&slice.scan);
    const ChainVerdict verdict = judge_chains(chain, input_.catalog);
    for (const auto& [place, known_count] : verdict.known_counts) reread(place, known_count);
    for (auto& slices : found_)
      for (FoundSlice& slice : slices) {
        // Dropped ones too: a batch's number must never be given out again.
        result_.version_max = std::max({result_.version_max, slice.version_max, slice.scan.header.cleaned_at});
        result_.batch_max = std::max(result_.batch_max, slice.batch_max);
        note_undecided(slice);
        if (slice.scan.end_sequence == 0) continue;
        report_orphans(slice);
        if (verdict.is_admitted(slice.scan) || mutated(Mutant::chain_not_judged)) {
          admitted_.push_back(std::move(slice));
        } else {
          result_.report.dropped_records += slice.records.size();
          note_dropped(slice);
        }
      }
    for (const auto& [place, count] : verdict.lost) lost_.emplace(std::pair(place.segment_id, place.start), count);
    for (const auto& [space, link] : verdict.chain_ends) result_.spaces[space].chain_end = link;
    for (const auto& [id, space] : input_.catalog.spaces()) result_.spaces.try_emplace(id);
  }

  void note_dropped(const FoundSlice& slice) {
    result_.dropped_slices.push_back(slice.segment.offset + slice.scan.header.start);
    wiped_.emplace(SlicePlace(slice.scan.header), slice.scan.header.previous);
  }

  // A slice that an unfinished batch has cut at its begin loses its header, and nobody must follow it.
  void leave_wiped_ends() {
    for (auto& [id, space] : result_.spaces)
      for (auto wiped = wiped_.find(SlicePlace(space.chain_end)); wiped != wiped_.end();
           wiped = wiped_.find(SlicePlace(space.chain_end))) {
        space.chain_end = wiped->second;
        wiped_.erase(wiped);  // once each: a ring of links is no chain
      }
  }

  // Where a slice is cut it is cut again by the same batch, as long as that one does not come to count. One that is cut at
  // its begin does not count itself.
  void note_cut(const FoundSlice& slice) {
    if (slice.kept_end <= slice.scan.header.start) return note_dropped(slice);
    const auto cut = std::find_if(slice.members.begin(), slice.members.end(),
                                  [&](const BatchMember& member) { return member.offset >= slice.kept_end; });
    if (cut != slice.members.end()) result_.dropped_batches.emplace_back(slice.segment.segment_id, cut->batch);
  }

  // Wherever it lies: what is dropped today must not count tomorrow.
  void note_undecided(const FoundSlice& slice) {
    const std::uint32_t epoch = slice.scan.header.epoch;
    for (const BatchTrailer& trailer : slice.trailers)
      if (trailer.catalog_decides && !input_.catalog.is_decided(epoch, trailer.batch))
        result_.undecided_epochs.insert(epoch);
  }

  void report_orphans(const FoundSlice& slice) {
    if (!slice.is_orphan) return;
    const std::uint64_t offset = slice.segment.offset + slice.scan.header.start;
    result_.repairs.push_back({offset, slice.scan.header});
    result_.report.damage.push_back({.space = input_.catalog.spaces().at(slice.space_id).name,
                                     .segment_id = slice.segment.segment_id,
                                     .range = {offset, sizeof(SliceHeaderDisk)},
                                     .message = "the header of a slice fails its checksum; its records are found all the same"});
  }

  void report_lost_slice(SegmentId segment_id, std::uint32_t start, std::uint32_t count) {
    const CatalogSegment& segment = input_.catalog.segments().at(segment_id);
    result_.spaces[segment.space_id].damaged_segments.push_back(segment.id);
    result_.report.damage.push_back({.space = input_.catalog.spaces().at(segment.space_id).name,
                                     .segment_id = segment.id,
                                     .range = {segment.extent.offset + start, sizeof(SliceHeaderDisk)},
                                     .message = "the header of a slice of " + std::to_string(count) +
                                                " records fails its checksum; they are lost"});
  }

  // A later slice names more records than were found: what lies between was durable, so it is damage.
  void reread(const SlicePlace& place, std::uint32_t known_count) {
    for (std::size_t i = 0; i < found_.size(); ++i)
      for (FoundSlice& slice : found_[i])
        if (SlicePlace{slice.scan.header} == place)
          slice = SegmentReader(input_, *segments_[i]).read_slice(slice.scan.header, known_count, false);
  }

  // A slice that a later one names, or that the last clean close has counted, is durable; where nobody finds
  // it, it has lost its header.
  void report_lost_slices() {
    std::set<std::pair<SegmentId, std::uint32_t>> found;
    for (const FoundSlice& slice : admitted_) found.emplace(slice.segment.segment_id, slice.scan.header.start);
    for (const auto& [place, count] : input_.catalog.slice_counts())
      if (!found.contains(place) && input_.catalog.segments().contains(place.first)) lost_.emplace(place, count.records);
    for (const auto& [place, count] : lost_) report_lost_slice(place.first, place.second, count);
  }

  // Rule 3; then the slice gets its place in the table.
  void admit_records(FoundSlice& slice) {
    RecoveredSpace& space = result_.spaces[slice.space_id];
    RecoveryReport& report = result_.report;
    drop_behind(slice);
    const std::uint32_t index =
        input_.slices.add({.segment_offset = slice.segment.offset,
                           .seed = slice.scan.seed,
                           .segment_id = slice.segment.segment_id,
                           .space_id = slice.space_id,
                           .start = slice.scan.header.start,
                           .end = slice.kept_end,
                           .epoch = slice.scan.header.epoch,
                           .complete = true});
    const RecordTally& tally = slice.tally;
    const std::uint64_t cleaned_at = slice.scan.header.cleaned_at;
    SliceUsage& usage = input_.slices.usage(index);
    usage.tombstone_bytes.store(tally.erase_bytes);
    usage.written_bytes.store(tally.put_bytes + tally.erase_bytes + tally.entry_bytes);
    usage.floor.store(cleaned_at != 0 ? cleaned_at : tally.version_min);
    usage.is_of_copies.store(cleaned_at != 0);
    usage.entries.store(tally.entries);
    usage.id_min.store(tally.id_min);
    usage.id_max.store(tally.id_max);
    usage.time_min_us.store(tally.time_min_us);
    usage.time_max_us.store(tally.time_max_us);
    usage.entries_in_parts.store(tally.entries_in_parts);
    if (tally.entries != 0) space.next_number = std::max(space.next_number, number_behind(tally.id_max));
    const bool is_cut = slice.kept_end < slice.scan.end_offset;
    if (is_cut) note_cut(slice);
    if (!is_cut) space.next_number = std::max(space.next_number, slice.next_number);
    report.records += slice.records.size();
    report.bytes += slice.bytes;
    report.torn_tails += !slice.scan.ended && slice.scan.header.epoch == input_.epoch ? 1 : 0;
    if (!slice.scan.damage.empty()) space.damaged_segments.push_back(slice.segment.segment_id);
    for (const ByteRange& damage : slice.scan.damage) {
      space.known_damage.emplace_back(index, static_cast<std::uint32_t>(damage.offset));
      report.damage.push_back({.space = input_.catalog.spaces().at(slice.space_id).name,
                               .segment_id = slice.segment.segment_id,
                               .range = {slice.segment.offset + damage.offset, damage.size_bytes},
                               .message = "records that had been durable fail their checksum"});
    }
    if (slice.scan.watermark < slice.scan.end_offset)
      space.unproved.push_back({slice.segment.offset + slice.scan.watermark, slice.scan.end_offset - slice.scan.watermark});
    space.slices.push_back({.index = index, .tally = tally, .records = std::move(slice.records)});
  }

  // Whatever has been lost since: an id that was given out before a clean close is never given out again, nor one of those
  // that were taken away.
  void count_closed_numbers() {
    for (const auto& [id, space] : input_.catalog.spaces()) {
      std::uint64_t& next = result_.spaces[id].next_number;
      next = std::max({next, space.log_thinned, space.log_gaps.last_end(kVersionEnd, space.log_begin)});
    }
    for (const auto& [place, count] : input_.catalog.slice_counts()) {
      const auto segment = input_.catalog.segments().find(place.first);
      if (segment == input_.catalog.segments().end()) continue;
      RecoveredSpace& space = result_.spaces[segment->second.space_id];
      space.next_number = std::max(space.next_number, count.next_number);
    }
  }

  void drop_behind(FoundSlice& slice) {
    if (slice.kept_end >= slice.scan.end_offset) return;
    const std::size_t dropped = std::erase_if(slice.records, [&](const RecoveredRecord& record) {
      return std::uint64_t{record.offset_8} * 8 >= slice.kept_end;
    });
    result_.report.dropped_records += dropped;
    slice.tally = {};
    for (const RecoveredRecord& record : slice.records) slice.tally.add(record);
  }

  void list_segments() {
    for (const CatalogSegment* const segment : segments_)
      result_.spaces[segment->space_id].segments.push_back(
          {segment->id, segment->space_id, segment->extent.offset, segment->extent.size_bytes});
    result_.batch_max = std::max(result_.batch_max, input_.catalog.proved_batch());
  }

  // What no admitted slice's records or footer cover. Ranges of slices overlap: one may lie in what an
  // earlier one has left over.
  void add_free_ranges() {
    std::map<SegmentId, std::map<std::uint64_t, std::uint64_t>> used;  // start -> end, by segment
    const auto use = [&used](SegmentId segment, std::uint64_t start, std::uint64_t end) {
      std::uint64_t& present = used[segment][start];
      present = std::max(present, end);
    };
    for (const FoundSlice& slice : admitted_) {
      const SliceHeaderDisk& header = slice.scan.header;
      use(header.segment_id, header.start, slice.scan.end_offset);
      const std::uint64_t end = std::uint64_t{header.start} + header.size_bytes;
      if (slice.footer_size_bytes != 0) use(header.segment_id, end - slice.footer_size_bytes, end);
    }
    for (const CatalogSegment* const segment : segments_) {
      std::vector<SliceRange>& free = result_.spaces[segment->space_id].free_ranges;
      const SegmentPlace place{segment->id, segment->space_id, segment->extent.offset, segment->extent.size_bytes};
      std::uint64_t cursor = kFirstSliceStart;
      const auto add_until = [&](std::uint64_t end) {
        if (cursor < end)
          free.push_back({place, static_cast<std::uint32_t>(cursor), static_cast<std::uint32_t>(end - cursor)});
      };
      for (const auto& [start, end] : used[segment->id]) {
        add_until(start);
        cursor = std::max(cursor, round_up(end, kSliceAlignment));
      }
      add_until(place.size_bytes);
    }
  }

  const RecoveryInput& input_;
  std::vector<const CatalogSegment*> segments_;
  std::vector<std::vector<FoundSlice>> found_;  // by segment
  std::vector<FoundSlice> admitted_;
  std::map<std::pair<SegmentId, std::uint32_t>, std::uint32_t> lost_;  // counts of slices that are gone
  std::map<SlicePlace, SliceLinkDisk> wiped_;  // slices that do not count, with what they followed
  RecoveredSpaces result_;
};

}  // namespace

void RecordTally::add(const RecoveredRecord& record) noexcept {
  switch (record.type) {
    case RecordType::put:
      put_bytes += record.padded_size_bytes;
      version_min = std::min(version_min, record.version);
      flags |= record.flags;
      break;
    case RecordType::erase:
      erase_bytes += record.padded_size_bytes;
      version_min = std::min(version_min, record.version);
      break;
    case RecordType::log_entry:
      entry_bytes += record.padded_size_bytes;
      version_min = std::min(version_min, record.version);
      ++entries;
      id_min = std::min(id_min, record.version);
      id_max = std::max(id_max, record.version);
      time_min_us = std::min(time_min_us, record.key_hash);
      time_max_us = std::max(time_max_us, record.key_hash);
      entries_in_parts += (record.flags & kRecordFlagValueParts) != 0 ? 1 : 0;
      flags |= record.flags;
      break;
    case RecordType::batch_trailer:
    case RecordType::slice_end:
    case RecordType::catalog:
      break;
  }
}

RecoveredSpaces recover(const RecoveryInput& input) { return Recovery(input).run(); }

}  // namespace holdfast
