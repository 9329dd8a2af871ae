#include <algorithm>
#include <mutex>
#include <utility>

#include "common/base/checksum.hpp"
#include "common/base/rollback.hpp"
#include "common/engine/cleaner.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {
namespace {

/// By place; each mirror is taken to what it mirrors.
void put_in_order(std::vector<RawExtent>& extents) {
  const auto is_mirror = [](const RawExtent& extent) {
    return extent.held->content() == SegmentContent::region_mirror;
  };
  std::sort(extents.begin(), extents.end(), [&](const RawExtent& a, const RawExtent& b) {
    return std::pair(a.start, is_mirror(a)) < std::pair(b.start, is_mirror(b));
  });
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (is_mirror(extents[i]) && extents[i - 1].held != nullptr && !is_mirror(extents[i - 1]) &&
        extents[i].start == extents[i - 1].start && extents[i].size_bytes() == extents[i - 1].size_bytes())
      extents[i - 1].mirror = std::move(extents[i].held);
  std::erase_if(extents, [](const RawExtent& extent) { return extent.held == nullptr; });
}

}  // namespace

Result<void> Engine::check_space_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameSizeBytesMax) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "space name is not possible"};
  error.expected = "1 to " + std::to_string(kNameSizeBytesMax) + " bytes";
  error.found = std::to_string(name.size());
  return Unexpected(error);
}

Error Engine::name_taken() const {
  return {.code = ErrorCode::exists, .message = "a space of that name exists", .path = std::string(storage_->path())};
}

Result<Space*> Engine::create_space(SpaceKind kind, std::string_view name, const Entries& also,
                                    std::span<Space* const> removed) {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  const std::unique_lock lock(spaces_mutex_);
  if (spaces_by_name_.contains(name)) return Unexpected(name_taken());
  const SpaceId id = catalog_->reserve_space_id();
  // In the maps first: once the catalog has the name, nothing may fail any more, or nobody would find its space.
  const auto by_id = spaces_.emplace(id, std::make_unique<Space>(space_context(), id, kind, std::string(name))).first;
  Rollback forgotten([&] { spaces_.erase(by_id); });
  const auto by_name =
      name.empty() ? spaces_by_name_.end() : spaces_by_name_.emplace(name, by_id->second.get()).first;
  Rollback unnamed([&] {
    if (by_name != spaces_by_name_.end()) spaces_by_name_.erase(by_name);
  });
  std::vector<CatalogEntry> entries{
      {.type = CatalogEntryType::add_space, .kind = kind, .space_id = id, .name = std::string(name)}};
  if (also)
    for (CatalogEntry& entry : also(*by_id->second)) entries.push_back(std::move(entry));
  for (const Space* const space : removed)
    entries.push_back({.type = CatalogEntryType::remove_space, .space_id = space->id()});
  removed_spaces_.reserve(removed_spaces_.size() + removed.size());
  auto added = catalog_->commit(entries);
  if (!added) return Unexpected(added.error());
  forgotten.keep();
  unnamed.keep();
  Space* const created = by_id->second.get();
  forget_spaces(removed);
  return created;
}

Space* Engine::find_space(std::string_view name) const {
  const std::shared_lock lock(spaces_mutex_);
  const auto space = spaces_by_name_.find(name);
  return space == spaces_by_name_.end() ? nullptr : space->second;
}

std::vector<Space*> Engine::spaces() const {
  const std::shared_lock lock(spaces_mutex_);
  std::vector<Space*> spaces;
  for (const auto& [id, space] : spaces_) spaces.push_back(space.get());
  return spaces;
}

Result<void> Engine::rename_space(Space& space, std::string_view name) {
  if (auto checked = check_space_name(name); !checked) return checked;
  if (auto writable = check_writable(); !writable) return writable;
  const std::unique_lock lock(spaces_mutex_);
  const auto [named, is_free] = spaces_by_name_.emplace(name, &space);
  if (!is_free) return Unexpected(name_taken());
  Rollback unnamed([this, &named = named] { spaces_by_name_.erase(named); });
  auto renamed = catalog_->commit(
      {{.type = CatalogEntryType::rename_space, .space_id = space.id(), .name = std::string(name)}});
  if (!renamed) return renamed;
  unnamed.keep();
  const auto is_old = [&space, name](const auto& other) { return other.second == &space && other.first != name; };
  const auto old = std::find_if(spaces_by_name_.begin(), spaces_by_name_.end(), is_old);
  if (old != spaces_by_name_.end()) spaces_by_name_.erase(old);
  return success();
}

Result<void> Engine::remove_spaces(std::span<Space* const> spaces, std::vector<CatalogEntry> entries) {
  if (auto writable = check_writable(); !writable) return writable;
  const std::unique_lock lock(spaces_mutex_);
  for (const Space* const space : spaces)
    entries.push_back({.type = CatalogEntryType::remove_space, .space_id = space->id()});
  removed_spaces_.reserve(removed_spaces_.size() + spaces.size());  // behind the commit nothing may fail
  if (auto removed = catalog_->commit(entries); !removed) return removed;
  forget_spaces(spaces);
  return success();
}

// What is in it is of record segments and values alone. Their room waits for readers and pins, as that of cleaned ones does.
Result<void> Engine::drop_space(Space& space) {
  if (auto writable = check_writable(); !writable) return writable;
  const auto no_pass = cleaner_->pause();
  auto proved = cleaner_->prove_batches();
  if (!proved) return Unexpected(proved.error());
  std::vector<CatalogEntry> entries = std::move(*proved);
  std::vector<Segments::LetGo> let_go;
  catalog_->with_state([&](const CatalogState& state) {
    for (const auto& [id, segment] : state.segments()) {
      if (segment.space_id != space.id()) continue;
      entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = id});
      let_go.push_back({.space = &space, .place = {id, space.id(), segment.extent.offset, segment.extent.size_bytes}});
    }
  });
  Space* const dropped = &space;
  if (auto removed = remove_spaces({&dropped, 1}, std::move(entries)); !removed) return removed;
  cleaner_->forget(space);
  cleaner_->batches_told();
  segments_->let_go(std::move(let_go));
  return segments_->reclaim();
}

void Engine::add_owner(Space& space, const std::shared_ptr<RecordOwner>& owner) {
  if (cleaner_ == nullptr) return;
  extents_->keep_reserve(superblock_.segment_size_bytes);
  cleaner_->add(space, owner);
}

Result<void> Engine::compact(Space& space, const CleaningProgress& progress) {
  if (auto writable = check_writable(); !writable) return writable;
  return cleaner_->compact(space, progress);
}

CleaningCounters Engine::cleaning_counters(const Space& space) const {
  return cleaner_ == nullptr ? CleaningCounters{} : cleaner_->counters(space);
}

// Requires: spaces_mutex_, and room in removed_spaces_.
void Engine::forget_spaces(std::span<Space* const> spaces) noexcept {
  for (Space* const space : spaces) {
    const auto is_it = [space](const auto& other) { return other.second == space; };
    const auto named = std::find_if(spaces_by_name_.begin(), spaces_by_name_.end(), is_it);
    if (named != spaces_by_name_.end()) spaces_by_name_.erase(named);
    const auto owner = spaces_.find(space->id());
    removed_spaces_.push_back(std::move(owner->second));
    spaces_.erase(owner);
  }
}

Result<RawBytes*> Engine::raw_bytes() {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  return raw_bytes_.get();
}

std::map<SpaceId, RegionBytes> Engine::region_bytes(std::optional<SpaceId> region) {
  std::map<SpaceId, RegionBytes> all;
  catalog_->with_state([&](const CatalogState& state) {
    for (const auto& [id, space] : state.spaces())
      if (space.kind == SpaceKind::region && region.value_or(id) == id)
        all[id] = {.extents = {}, .size_bytes = space.region_size_bytes, .metadata = space.metadata};
    for (const auto& [id, segment] : state.segments())
      if (const auto owner = all.find(segment.space_id); owner != all.end())
        owner->second.extents.push_back(
            {segment.start_block * kBlockSizeBytes,
             std::make_shared<HeldExtent>(*extents_, id, segment.extent,
                                          HeldExtent::Terms{.content = segment.content, .check = segment.check})});
  });
  for (auto& [id, bytes] : all) put_in_order(bytes.extents);
  return all;
}

std::string Engine::space_metadata(SpaceId space) const {
  return catalog_->with_state([space](const CatalogState& state) {
    const auto found = state.spaces().find(space);
    return found == state.spaces().end() ? std::string() : found->second.metadata;
  });
}

Result<void> Engine::set_space_metadata(SpaceId space, std::string metadata) {
  if (auto writable = check_writable(); !writable) return writable;
  return catalog_->commit(
      {{.type = CatalogEntryType::space_metadata, .space_id = space, .name = std::move(metadata)}});
}

std::uint32_t Engine::space_tag(SpaceId space) const noexcept {
  return static_cast<std::uint32_t>(checksum(bytes_of(space), superblock_.secret));
}

}  // namespace holdfast
