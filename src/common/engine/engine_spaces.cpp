#include <algorithm>
#include <mutex>

#include "common/base/checksum.hpp"
#include "common/engine/engine.hpp"

namespace holdfast {

Result<void> Engine::check_space_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameSizeBytesMax) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "space name is not possible"};
  error.expected = "1 to " + std::to_string(kNameSizeBytesMax) + " bytes";
  error.found = std::to_string(name.size());
  return Unexpected(error);
}

Result<void> Engine::rename_space(Space& space, std::string_view name) {
  if (auto checked = check_space_name(name); !checked) return checked;
  if (auto writable = check_writable(); !writable) return writable;
  const std::unique_lock lock(spaces_mutex_);
  if (spaces_by_name_.contains(name))
    return Unexpected(Error{.code = ErrorCode::exists,
                            .message = "a space of that name exists",
                            .path = std::string(storage_->path())});
  std::string kept_name(name);  // behind the commit nothing may fail
  auto renamed = catalog_->commit(
      {{.type = CatalogEntryType::rename_space, .space_id = space.id(), .name = std::string(name)}});
  if (!renamed) return renamed;
  const auto is_it = [&space](const auto& named) { return named.second == &space; };
  auto node = spaces_by_name_.extract(std::find_if(spaces_by_name_.begin(), spaces_by_name_.end(), is_it));
  node.key() = std::move(kept_name);
  spaces_by_name_.insert(std::move(node));
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
  const auto is_it = [&space](const auto& named) { return named.second == &space; };
  spaces_by_name_.erase(std::find_if(spaces_by_name_.begin(), spaces_by_name_.end(), is_it));
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

std::uint32_t Engine::space_tag(SpaceId space) const noexcept {
  return static_cast<std::uint32_t>(checksum(bytes_of(space), superblock_.secret));
}

}  // namespace holdfast
