#include "common/engine/engine.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <mutex>

#include "common/base/checksum.hpp"
#include "common/base/mutant.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/random.hpp"
#include "common/base/success.hpp"
#include "common/engine/cleaner.hpp"
#include "common/engine/direct_route.hpp"
#include "common/engine/group_route.hpp"
#include "common/engine/number_limits.hpp"
#include "common/engine/superblock_slots.hpp"

namespace holdfast {
namespace {

Result<void> check_options(const Options& options) {
  if (std::has_single_bit(options.segment_size_bytes) && options.segment_size_bytes >= kSegmentSizeBytesMin &&
      options.segment_size_bytes <= kSegmentSizeBytesMax)
    return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "segment size is not possible"};
  error.expected = "a power of two from 65536 to 67108864";
  error.found = std::to_string(options.segment_size_bytes);
  return Unexpected(error);
}

Result<void> check_cleaning(const Options& options) {
  if (options.garbage_ratio_max >= 0 && options.garbage_ratio_max <= 1) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "ratio of garbage is not possible"};
  error.expected = "0 to 1";
  error.found = std::to_string(options.garbage_ratio_max);
  return Unexpected(error);
}

// A log goes on behind its last slice, or in segments that hold nothing yet.
bool is_behind_log(const Space& log, const SliceLinkDisk& chain_end, const SliceRange& range) {
  const SegmentId segment = range.segment.segment_id;
  if (segment == chain_end.segment_id) return range.start >= chain_end.start;
  const auto use = log.segments().use_of(segment);
  return use && use->entries == 0 && segment > chain_end.segment_id;
}

}  // namespace

Engine::Engine(std::unique_ptr<Storage> storage, bool read_only)
    : storage_(std::move(storage)), read_only_(read_only) {}

Engine::~Engine() = default;

Result<void> Engine::format(Storage& storage, const Options& options) {
  if (auto checked = check_options(options); !checked) return checked;
  if (auto checked = check_cleaning(options); !checked) return checked;
  const auto uuid = random_uuid();
  const auto secret = random_u64();
  if (!uuid) return Unexpected(uuid.error());
  if (!secret) return Unexpected(secret.error());
  SuperblockDisk superblock{};
  superblock.format_version = kFormatVersion;
  superblock.uuid = *uuid;
  superblock.secret = *secret;
  superblock.clean = 1;
  superblock.segment_size_bytes = options.segment_size_bytes;
  return Catalog::format(storage, superblock);
}

Result<std::unique_ptr<Engine>> Engine::open(std::unique_ptr<Storage> storage, const Options& options) {
  if (auto checked = check_cleaning(options); !checked) return Unexpected(checked.error());
  const bool read_only = options.mode == OpenMode::read_only;
  std::unique_ptr<Engine> engine(new Engine(std::move(storage), read_only));
  const auto begin = std::chrono::steady_clock::now();
  if (auto loaded = engine->load(options); !loaded) return Unexpected(loaded.error());
  if (!read_only)
    if (auto started = engine->start_writing(options); !started) return Unexpected(started.error());
  engine->make_spaces();
  engine->report_.duration_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  return engine;
}

Result<void> Engine::load(const Options& options) {
  recovery_threads_ = options.recovery_threads;
  snapshot_bytes_max_ = options.snapshot_bytes_max;
  index_budget_.limit(options.index_bytes_max);
  sweep_interval_ = std::chrono::milliseconds(options.sweep_interval_ms);
  auto search = load_superblock(*storage_, read_only_);
  if (!search) return Unexpected(search.error());
  superblock_ = search->superblock;
  auto catalog = Catalog::load(*storage_, superblock_);
  if (!catalog) return Unexpected(catalog.error());
  catalog_ = std::move(*catalog);
  expiry_clock_ = std::make_unique<ExpiryClock>(*catalog_, options.clock, read_only_);
  extents_ = std::make_unique<Extents>(*storage_);
  const CatalogState state = catalog_->state();
  Result<void> taken = extents_->take({0, kSuperblockAreaSizeBytes});
  if (taken) taken = extents_->take(catalog_->extent());
  for (const auto& [id, segment] : state.segments())
    if (taken && segment.content != SegmentContent::region_hole) taken = extents_->take(segment.extent);
  if (!taken) return taken;

  RecoveredSpaces recovered = recover({.storage = *storage_,
                                       .catalog = state,
                                       .secret = superblock_.secret,
                                       .epoch = superblock_.epoch,
                                       .slices = slices_,
                                       .threads = options.recovery_threads,
                                       .finds_orphans = superblock_.clean == 0});
  if (auto possible = check_numbers(recovered, state, *storage_); !possible) return possible;
  header_repairs_ = std::move(recovered.repairs);
  dropped_slices_ = std::move(recovered.dropped_slices);
  dropped_batches_ = std::move(recovered.dropped_batches);
  undecided_epochs_ = std::move(recovered.undecided_epochs);
  report_ = std::move(recovered.report);
  report_.clean_close = superblock_.clean == 1;
  report_.superblock_slots_bad = search->bad_slots;
  recovered_ = std::move(recovered.spaces);
  next_version_ = mutated(Mutant::versions_start_over) ? 1 : recovered.version_max + 1;
  next_batch_ = mutated(Mutant::batches_start_over) ? 1 : recovered.batch_max + 1;
  return {};
}

// What a killed process has written may be visible and yet not durable. Before anything is built on it,
// it is made durable; else a power cut after this recovery would leave another state than the one shown.
Result<void> Engine::make_recovered_durable() {
  std::vector<ByteRange> ranges{{0, kSuperblockAreaSizeBytes}};
  // A clean superblock may be pending itself, if its writer was killed in close(); what it names is durable.
  if (superblock_.clean == 0) {
    ranges.push_back(catalog_->used());
    for (const auto& [id, space] : recovered_)
      ranges.insert(ranges.end(), space.unproved.begin(), space.unproved.end());
  }
  for (const ByteRange& range : ranges)
    if (auto flushed = storage_->flush(range); !flushed) return flushed;
  return storage_->drain();
}

// A slice that does not count must not come to count when the slices are gone that keep it out.
Result<void> Engine::wipe_dropped_slices() {
  constexpr SliceHeaderDisk kNone{};
  std::vector<WriteRange> ranges;
  for (const std::uint64_t offset : dropped_slices_) ranges.push_back({offset, bytes_of(kNone)});
  return ranges.empty() ? success() : storage_->commit(ranges);
}

// Crash order, as in docs/durability.md "open": (1) what recovery has admitted is durable, (1a) headers that it had to
// make anew, too; (2) the superblock has the next epoch and is not clean; (2a) slices that do not count have lost their
// headers; (3) the catalog says which batches of earlier epochs count; (4) the first write of this process, or extents
// freed.
Result<void> Engine::start_writing(const Options& options) {
  const std::uint32_t last_epoch = superblock_.epoch;
  if (superblock_.epoch == std::numeric_limits<std::uint32_t>::max())
    return Unexpected(Error{.code = ErrorCode::too_large,
                            .message = "the store has been opened for writing as often as it can be; open it read-only",
                            .path = std::string(storage_->path())});
  if (!mutated(Mutant::recovered_not_durable))
    if (auto durable = make_recovered_durable(); !durable) return durable;  // (1)
  for (const HeaderRepair& repair : header_repairs_) {
    const WriteRange range{repair.offset, bytes_of(repair.header)};
    if (auto repaired = storage_->commit({&range, 1}); !repaired) return repaired;  // (1a)
  }
  ++superblock_.epoch;
  if (!mutated(Mutant::clean_mark_kept)) superblock_.clean = 0;
  superblock_.catalog_slice_start = 0;
  superblock_.catalog_slice_count = 0;
  if (auto committed = commit_superblock(*storage_, superblock_); !committed) return committed;  // (2)
  if (auto wiped = wipe_dropped_slices(); !wiped) return wiped;                                   // (2a)
  if (options.low_space_bytes != 0 && options.on_low_space) {
    low_space_ = std::make_shared<LowSpace>(options.low_space_bytes, options.on_low_space);
    extents_->set_low_space(low_space_);
  }
  catalog_->start_writing(superblock_, *extents_, slices_);
  const StoreIdentity identity{superblock_.secret, superblock_.epoch};
  segments_ = std::make_unique<Segments>(*storage_, *catalog_, *extents_, guards_, pins_, identity,
                                         superblock_.segment_size_bytes, slices_);
  async_room_.limit(options.async_bytes_max, std::chrono::milliseconds(options.async_wait_ms));
  if (storage_->capabilities().shares_syncs) {
    // A sync that fails latches the storage: the next write reports it. One for which there was no memory comes again.
    route_ = std::make_unique<GroupRoute>(
        *storage_, *segments_,
        GroupRoute::Limits{std::chrono::milliseconds(options.interval_ms), options.interval_bytes},
        [this] {
          const auto synced = without_bad_alloc([this] { return sync(); });
          if (!synced && synced.error().code == ErrorCode::no_memory) static_cast<void>(route_->note_interval(0));
        });
  } else {
    route_ = std::make_unique<DirectRoute>(*storage_);
  }
  raw_bytes_ = std::make_unique<RawBytes>(*storage_, *catalog_, *extents_, *segments_, *route_, superblock_.secret);
  if (auto settled = settle_batches(last_epoch); !settled) return settled;
  start_cleaning(options);
  return success();
}

void Engine::start_cleaning(const Options& options) {
  cleaner_ = std::make_unique<Cleaner>(
      Cleaner::Parts{.storage = *storage_,
                     .catalog = *catalog_,
                     .extents = *extents_,
                     .segments = *segments_,
                     .slices = slices_,
                     .guards = guards_,
                     .route = *route_,
                     .next_version = [this] { return next_version_.load(); },
                     .whole_batches = [this] { return whole_batches(); }},
      Cleaner::Limits{.is_automatic = options.clean_automatically, .garbage_ratio_max = options.garbage_ratio_max});
  cleaner_->set_dropped_batches(std::move(dropped_batches_));
  segments_->on_added([this](std::uint64_t available_bytes) { cleaner_->note_added(available_bytes); });
  room_ahead_ = std::make_unique<RoomAhead>(RoomAhead::Parts{
      .storage = *storage_, .extents = *extents_, .reclaim = [this] { return segments_->reclaim(); }});
  extents_->set_taken([this](std::uint64_t size_bytes) { room_ahead_->note_taken(size_bytes); });
}

void Engine::make_spaces() {
  for (auto& [id, recovered] : recovered_) {
    const CatalogSpace entry = catalog_->with_state([id = id](const CatalogState& state) { return state.spaces().at(id); });
    auto space = std::make_unique<Space>(space_context(), id, entry.kind, entry.name);
    for (const SegmentPlace& segment : recovered.segments) space->segments().add(segment);
    for (const RecoveredSlice& slice : recovered.slices)
      space->segments().add_slice({slices_[slice.index].segment_id, slice.index});
    for (const SegmentId segment : recovered.damaged_segments) space->segments().set_damaged(segment);
    for (const SliceRange& range : recovered.free_ranges)
      if (entry.kind != SpaceKind::log || is_behind_log(*space, recovered.chain_end, range)) space->add_range(range);
    for (const auto& [slice, offset] : recovered.known_damage) space->add_known_damage(slice, offset);
    space->continue_behind(recovered.chain_end, recovered.next_number);
    if (!entry.name.empty()) spaces_by_name_.emplace(entry.name, space.get());
    spaces_.emplace(id, std::move(space));
  }
}

std::uint64_t Engine::record_alignment() const noexcept {
  const bool is_paged = storage_->capabilities().granularity == Granularity::page;
  return is_paged ? kRecordAlignmentMin : kCacheLineSizeBytes;
}

SpaceContext Engine::space_context() {
  const StorageCapabilities& capabilities = storage_->capabilities();
  return {.segments = segments_.get(),
          .slices = slices_,
          .identity = {superblock_.secret, superblock_.epoch},
          .record_alignment = record_alignment(),
          .shares_syncs = capabilities.shares_syncs};
}

Result<void> Engine::finish_recovery(const std::set<SegmentId>& referenced) {
  if (read_only_) return {};
  std::vector<SegmentId> orphans;
  catalog_->with_state([&](const CatalogState& state) {
    for (const auto& [id, segment] : state.segments())
      if (segment.content == SegmentContent::value && !referenced.contains(id)) orphans.push_back(id);
  });
  if (orphans.empty()) return {};
  segments_->retire(orphans, false);
  auto reclaimed = segments_->reclaim();
  if (!reclaimed && reclaimed.error().code == ErrorCode::no_space) return {};  // they stay retired, and the store opens
  return reclaimed;
}

Result<void> Engine::check_writable() const {
  if (read_only_)
    return Unexpected(Error{.code = ErrorCode::read_only,
                            .message = "the store was opened read-only",
                            .path = std::string(storage_->path())});
  if (fork_guard_.in_child())
    return Unexpected(Error{.code = ErrorCode::locked,
                            .message = "the store belongs to the process that opened it, not to its forked child",
                            .path = std::string(storage_->path())});
  return success();
}

Result<void> Engine::sync() {
  if (auto writable = check_writable(); !writable) return writable;
  return sync_all();
}

Result<void> Engine::sync_all() {
  const auto drain = [this] { return route_->sync(); };
  return sync_follower_ != nullptr ? sync_follower_->sync(*raw_bytes_, drain) : drain();
}

// Crash order, as in docs/durability.md "close": (1) everything written is durable; (2) so are the end records;
// (3) the catalog has the counts of the slices; (4) the superblock is clean and has the catalog's own count.
Result<void> Engine::close() {
  Result<void> closed;
  stop_sweeper();
  if (!read_only_) {
    room_ahead_->stop();
    cleaner_->stop();
    if (!mutated(Mutant::buffered_left_at_close)) closed = sync_all();  // (1)
    route_->stop();
    if (closed) closed = end_slices();       // (2) (3)
    if (closed) closed = catalog_->close();  // (4)
  }
  auto released = storage_->close();
  return closed ? released : closed;
}

void Engine::stop() noexcept {
  if (room_ahead_ != nullptr) room_ahead_->stop();
  if (cleaner_ != nullptr) cleaner_->stop();
  stop_sweeper();
  if (route_ != nullptr) route_->stop();  // first: its timer calls sync()
  sync_follower_ = nullptr;
}

void Engine::set_sweeper(std::function<void()> sweep) {
  if (read_only_ || sweep_interval_.count() == 0) return;
  sweep_timer_ = std::make_unique<IntervalTimer>(sweep_interval_, std::move(sweep));
}

void Engine::stop_sweeper() noexcept {
  if (sweep_timer_ != nullptr) sweep_timer_->stop();
}

// After a clean close every tail's last slice has its count in the catalog, so that nothing that is missing later can
// pass for a torn tail: also one that a killed process has left and nobody has written behind.
Result<void> Engine::end_slices() {
  WriteStage stage;
  std::vector<CatalogEntry> counts;
  const auto known = catalog_->with_state([](const CatalogState& state) { return state.slice_counts(); });
  const auto is_there = [this](SegmentId segment) {
    return catalog_->with_state([segment](const CatalogState& state) { return state.segments().contains(segment); });
  };
  for (Space* const space : spaces()) {
    for (Tail* const tail : space->tails()) {
      tail->end(stage);
      const auto last = tail->last_slice();
      if (!last || !is_there(last->segment_id)) continue;  // else it was cleaned since
      const SliceCount count{last->count, tail->next_number()};
      const auto found = known.find({last->segment_id, last->start});
      if (found != known.end() && found->second == count) continue;
      counts.push_back({.type = CatalogEntryType::slice_count,
                        .segment_id = last->segment_id,
                        .start = last->start,
                        .count = count.records,
                        .next_number = count.next_number});
    }
  }
  if (counts.empty()) return {};
  if (!stage.empty())
    if (auto written = storage_->commit(stage.ranges()); !written) return written;  // (2)
  return catalog_->commit(counts);                                                 // (3)
}

}  // namespace holdfast
