#include "store_core.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/out_of_memory.hpp"
#include "kv/kv_settings.hpp"
#include "log/log_settings.hpp"

#include "common/base/success.hpp"

namespace holdfast {
namespace {

Result<void> check_expected_keys(std::uint64_t count) {
  if (count <= kExpectedKeysMax) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "more expected keys than an index can hold"};
  error.expected = "at most " + std::to_string(kExpectedKeysMax);
  error.found = std::to_string(count);
  return Unexpected(error);
}

// What the catalog is to keep with a new space; empty: nothing.
Engine::Entries keep_metadata(std::string metadata) {
  if (metadata.empty()) return {};
  return [metadata = std::move(metadata)](Space& space) -> std::vector<CatalogEntry> {
    return {{.type = CatalogEntryType::space_metadata, .space_id = space.id(), .name = metadata}};
  };
}

// Of key-value spaces segments are cleaned. Logs compact by themselves, if they do, and need room for that.
void own(Engine& engine, Space& space, const std::shared_ptr<kv::KvSpace>& kv) { engine.add_owner(space, kv); }
void own(Engine& engine, Space& /*space*/, const std::shared_ptr<log::LogStream>& log) {
  if (log->compacts()) engine.keep_room_for_cleaning();
}

}  // namespace

Result<void> StoreCore::recover() {
  const auto engine = gate_->enter();
  const auto begin = std::chrono::steady_clock::now();
  auto recovered = engine->take_recovered();
  std::set<SegmentId> referenced;
  const auto add = [&](auto& spaces, Space& space) {
    auto added = std::make_shared<typename std::decay_t<decltype(spaces)>::mapped_type::element_type>(gate_, space);
    own(*engine, space, added);
    if (const auto found = recovered.find(space.id()); found != recovered.end()) {
      added->recover(*engine, found->second, referenced);
      report_unreadable(*engine, space, found->second);
    }
    return spaces.emplace(space.name(), std::move(added)).first->second;
  };
  IndexBudget& budget = engine->index_budget();
  for (Space* const space : engine->spaces()) {
    if (space->kind() == SpaceKind::kv) budget.add(add(kv_spaces_, *space)->index_bytes());
    if (space->kind() == SpaceKind::log) add(log_streams_, *space);
    if (auto fits = budget.check(); !fits) return fits;
  }
  if (const auto own_space = kv_spaces_.find(""); own_space != kv_spaces_.end()) {
    ledger_->set_space(own_space->second);
    kv_spaces_.erase(own_space);
  }
  for (const auto& [name, stream] : log_streams_) {
    stream->keep_cursors_in(ledger_);
    if (stream->compacts()) engine->keep_room_for_cleaning();
  }
  if (auto regions = regions_.recover_all(*engine); !regions) return regions;
  engine->set_sync_follower(regions_);
  engine->set_sweeper([this] {
    static_cast<void>(without_bad_alloc([this]() -> Result<void> {
      sweep();
      return {};
    }));
  });
  engine->set_room_maker([this] { return retain_all() || compact_all(true); });
  report_.duration_us += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  if (auto finished = engine->finish_recovery(referenced); !finished) return finished;
  if (auto cursors = recover_cursors(*engine); !cursors) return cursors;
  if (auto checkpoints = recover_checkpoints(*engine); !checkpoints) return checkpoints;
  for (const auto& [name, space] : kv_spaces_) {
    space->want_sweep(*engine);
    space->want_eviction(*engine);
  }
  if (has_upkeep()) engine->want_sweep_now();
  return {};
}

// What footers tell of is read when it has to be compared, or put in order, and else by who asks for it.
void StoreCore::report_unreadable(const Engine& engine, const Space& space, RecoveredSpace& recovered) {
  std::vector<Location>& places = recovered.unreadable;
  const auto packed = [](Location location) { return location.packed(); };
  std::ranges::sort(places, {}, packed);
  places.erase(std::ranges::unique(places, {}, packed).begin(), places.end());
  for (const Location location : places)
    report_.damage.push_back({.space = space.name(),
                              .segment_id = engine.segment_of(location),
                              .range = {engine.store_offset(location), sizeof(RecordHeaderDisk)},
                              .message = "a record that its slice's footer tells of cannot be read"});
}

// Those that stand behind their streams' ends are taken back for good before an id is given out again.
Result<void> StoreCore::recover_cursors(Engine& engine) {
  std::map<SpaceId, log::LogStream*> streams;
  for (const auto& [name, stream] : log_streams_) streams.emplace(stream->space_id(), stream.get());
  return ledger_->for_each_cursor([&](SpaceId id, std::string_view name, const log::CursorState& kept) -> Result<void> {
    const auto stream = streams.find(id);
    if (stream == streams.end()) return success();  // it was dropped
    log::CursorState cursor = kept;
    if (!stream->second->recover_cursor(name, cursor) || engine.read_only()) return success();
    return ledger_->keep(id, name, cursor, Durability::immediate);
  });
}

Result<std::shared_ptr<kv::KvSpace>> StoreCore::make_ledger_space() {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  auto space = engine->create_space(SpaceKind::kv, "");
  if (!space) return Unexpected(space.error());
  auto made = std::make_shared<kv::KvSpace>(gate_, **space);
  own(*engine, **space, made);
  return made;
}

// In a thread of the engine's, which goes before this.
void StoreCore::sweep() {
  std::vector<std::shared_ptr<kv::KvSpace>> spaces;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, space] : kv_spaces_) spaces.push_back(space);
  }
  for (const auto& space : spaces) space->sweep();
  static_cast<void>(retain_all());
  static_cast<void>(compact_all(false));
  // Records grow old by themselves.
  if (const auto engine = gate_->enter(); engine && has_upkeep()) engine->want_sweep();
}

template <class Has>
std::vector<std::shared_ptr<log::LogStream>> StoreCore::streams_that(const Has& has) {
  std::vector<std::shared_ptr<log::LogStream>> streams;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, stream] : log_streams_)
    if (has(*stream)) streams.push_back(stream);
  return streams;
}

bool StoreCore::has_upkeep() {
  return !streams_that([](const log::LogStream& stream) { return stream.has_retention() || stream.compacts(); }).empty();
}

// Whether anything went. What fails is tried again, by whoever needs the room.
bool StoreCore::retain_all() {
  bool any = false;
  for (const auto& stream : streams_that([](const log::LogStream& one) { return one.has_retention(); })) {
    const auto truncation = stream->retain();
    any = any || (truncation && truncation->segments != 0);
  }
  return any;
}

bool StoreCore::compact_all(bool needs_room) {
  bool any = false;
  for (const auto& stream : streams_that([](const log::LogStream& one) { return one.compacts(); }))
    any = stream->compact_if_due(needs_room) || any;
  return any;
}

// What every facade asks before it makes a space: `found` is the facade's own of that name, or null.
template <class SpacePointer, class Create>
Result<SpacePointer> StoreCore::open_space(Engine& engine, SpaceKind kind, std::string_view name, OpenMode mode,
                                           SpacePointer found, Create&& create) {
  const auto refuse = [&](ErrorCode code, std::string message) {
    return Unexpected(Error{.code = code, .message = std::move(message), .path = std::string(engine.storage().path())});
  };
  const std::string kind_name(holdfast::name(kind));
  if (found) {
    if (mode != OpenMode::create) return found;
    return refuse(ErrorCode::exists, "a space of kind " + kind_name + " and of that name exists");
  }
  if (Space* const other = engine.find_space(name)) {
    if (other->kind() == kind) return create(other);  // memory ran out when its facade was to be made
    return refuse(ErrorCode::exists,
                  "the name belongs to a space of kind " + std::string(holdfast::name(other->kind())));
  }
  const bool must_be_there = mode == OpenMode::existing || mode == OpenMode::read_only;
  if (must_be_there || engine.read_only())
    return refuse(ErrorCode::not_found, "no space of kind " + kind_name + " and of that name");
  return create(nullptr);
}

template <class FacadeSpace, class Prepare>
Result<std::shared_ptr<FacadeSpace>> StoreCore::open_indexed(Spaces<FacadeSpace>& spaces, SpaceKind kind,
                                                             std::string_view name, OpenMode mode,
                                                             const Engine::Entries& also, const Prepare& prepare) {
  if (auto checked = Engine::check_space_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  const auto found = spaces.find(name);
  const auto create = [&](Space* there) -> Result<std::shared_ptr<FacadeSpace>> {
    auto space = there != nullptr ? Result<Space*>(there) : engine->create_space(kind, name, also);
    if (!space) return Unexpected(space.error());
    auto added = std::make_shared<FacadeSpace>(gate_, **space);
    prepare(*added);
    own(*engine, **space, added);
    spaces.emplace(name, added);
    return added;
  };
  return open_space(*engine, kind, name, mode, found == spaces.end() ? nullptr : found->second, create);
}

Result<std::shared_ptr<kv::KvSpace>> StoreCore::kv(std::string_view name, const KvOptions& options) {
  if (auto checked = check_expected_keys(options.expected_keys); !checked) return Unexpected(checked.error());
  if (auto checked = kv::check_settings(options.settings); !checked) return Unexpected(checked.error());
  auto space = open_indexed(kv_spaces_, SpaceKind::kv, name, options.mode,
                            keep_metadata(kv::encode_settings(options.settings)),
                            [&](kv::KvSpace& added) { added.expect_keys(options.expected_keys); });
  if (space && !(*space)->settings_read()) return Unexpected((*space)->settings_read().error());
  if (space && options.settings.ordered && (*space)->ordered() == nullptr)
    return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "the space exists, and is not ordered"});
  return space;
}

template <class FacadeSpace>
Result<void> StoreCore::drop(Spaces<FacadeSpace>& spaces, SpaceKind kind, std::string_view name) {
  if (auto checked = Engine::check_space_name(name); !checked) return checked;
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  const auto found = spaces.find(name);
  if (found == spaces.end())
    return Unexpected(Error{.code = ErrorCode::not_found,
                            .message = "no space of kind " + std::string(holdfast::name(kind)) + " and of that name",
                            .path = std::string(engine->storage().path())});
  if (auto dropped = found->second->drop(); !dropped) return dropped;
  spaces.erase(found);
  return success();
}

Result<void> StoreCore::drop_kv(std::string_view name) { return drop(kv_spaces_, SpaceKind::kv, name); }

Result<std::shared_ptr<log::LogStream>> StoreCore::log(std::string_view name, const LogOptions& options) {
  if (auto checked = log::check_settings(options.settings); !checked) return Unexpected(checked.error());
  auto stream = open_indexed(log_streams_, SpaceKind::log, name, options.mode,
                             keep_metadata(log::encode_settings(options.settings)),
                             [&](log::LogStream& added) {
                               added.apply(options.settings);
                               added.keep_cursors_in(ledger_);
                             });
  if (!stream) return stream;
  if (auto kept = (*stream)->settings(); !kept) return Unexpected(kept.error());
  if (options.on_damage == OnDamage::truncate)
    if (auto cut = (*stream)->cut_at_damage(); !cut) return Unexpected(cut.error());
  return stream;
}

// Its cursors go outside of the lock: erasing them may find no room, and let retention go over all streams.
Result<void> StoreCore::drop_log(std::string_view name) {
  std::optional<SpaceId> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = log_streams_.find(name); found != log_streams_.end()) dropped = found->second->space_id();
  }
  if (auto result = drop(log_streams_, SpaceKind::log, name); !result) return result;
  if (dropped) ledger_->forget_stream(*dropped);
  return success();
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(std::string_view name, OpenMode mode) {
  if (auto checked = Engine::check_space_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  auto opened = open_space(*engine, SpaceKind::region, name, mode, regions_.find(name), [&](Space* there) {
    return there != nullptr ? regions_.recover(*engine, *there) : regions_.create(*engine, {.name = name}, 0);
  });
  if (opened || opened.error().code != ErrorCode::exists || mode == OpenMode::create) return opened;
  // create_region() may have come between.
  if (auto found = regions_.find(name)) return found;
  return opened;
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::create_region(const NewRegion& region,
                                                                      std::uint64_t size_bytes_max) {
  if (!region.name.empty())
    if (auto checked = Engine::check_space_name(region.name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.create(*engine, region, size_bytes_max);
}

Result<std::vector<RegionInfo>> StoreCore::regions(std::string_view prefix) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.infos(prefix);
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(RegionId id) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.find(id);
}

}  // namespace holdfast
