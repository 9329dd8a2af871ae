#include <algorithm>
#include <mutex>

#include "common/base/checksum.hpp"
#include "common/base/rollback.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {

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

Result<void> Engine::remove_space(Space& space, const std::vector<RawExtent>& extents) {
  if (auto writable = check_writable(); !writable) return writable;
  const std::unique_lock lock(spaces_mutex_);
  std::vector<CatalogEntry> entries;
  for (const RawExtent& extent : extents)
    entries.push_back({.type = CatalogEntryType::free_segment, .segment_id = extent.held->segment()});
  entries.push_back({.type = CatalogEntryType::remove_space, .space_id = space.id()});
  removed_spaces_.reserve(removed_spaces_.size() + 1);  // behind the commit nothing may fail
  if (auto removed = catalog_->commit(entries); !removed) return removed;
  const auto is_it = [&space](const auto& other) { return other.second == &space; };
  const auto named = std::find_if(spaces_by_name_.begin(), spaces_by_name_.end(), is_it);
  if (named != spaces_by_name_.end()) spaces_by_name_.erase(named);
  const auto owner = spaces_.find(space.id());
  removed_spaces_.push_back(std::move(owner->second));
  spaces_.erase(owner);
  return success();
}

Result<RawBytes*> Engine::raw_bytes() {
  if (auto writable = check_writable(); !writable) return Unexpected(writable.error());
  return raw_bytes_.get();
}

std::pair<std::vector<RawExtent>, std::uint64_t> Engine::region_bytes(SpaceId region) {
  return catalog_->with_state([&](const CatalogState& state) {
    std::vector<RawExtent> extents;
    for (const auto& [id, segment] : state.segments())
      if (segment.space_id == region)
        extents.push_back({segment.start_block * kBlockSizeBytes,
                           std::make_shared<HeldExtent>(*extents_, id, segment.extent)});
    std::sort(extents.begin(), extents.end(),
              [](const RawExtent& a, const RawExtent& b) { return a.start < b.start; });
    return std::pair(std::move(extents), state.spaces().at(region).region_size_bytes);
  });
}

std::string Engine::space_metadata(SpaceId space) const {
  return catalog_->with_state([&](const CatalogState& state) {
    const auto found = state.spaces().find(space);
    return found == state.spaces().end() ? std::string() : found->second.metadata;
  });
}

std::uint32_t Engine::space_tag(SpaceId space) const noexcept {
  return static_cast<std::uint32_t>(checksum(bytes_of(space), superblock_.secret));
}

}  // namespace holdfast
