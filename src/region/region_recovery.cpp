// Regions as the catalog says they are, which is not believed unseen.

#include <string>
#include <utility>

#include "region/metadata.hpp"
#include "region/region_directory.hpp"

namespace holdfast::region {
namespace {

Unexpected damaged(const Engine& engine, std::string message, std::string expected, std::string found) {
  return Unexpected(Error{.code = ErrorCode::corruption,
                          .message = std::move(message),
                          .path = std::string(engine.storage().path()),
                          .expected = std::move(expected),
                          .found = std::move(found)});
}

/// What contradicts the form that the region is said to have; empty if nothing does.
std::string contradiction(const ExtentTable& table, std::uint64_t size_bytes, const KeptMetadata& kept) {
  const std::uint64_t block = kept.form.checked_block_bytes;
  for (const RawExtent& extent : table.extents()) {
    const HeldExtent& held = *extent.held;
    if (held.content() == SegmentContent::region_mirror) return "a mirror of nothing";
    if (held.is_hole()) {
      if (extent.end() > size_bytes) return "a hole behind the end";
      continue;
    }
    if (held.check().has_value() != (block != 0 || kept.is_sealed)) return "an extent with or without a checksum";
    if (block != 0 && extent.start / block != (extent.end() - 1) / block) return "an extent in two blocks";
    if ((extent.mirror != nullptr) != kept.form.is_mirrored) return "an extent with or without a mirror";
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<RegionSpace>> RegionDirectory::recover(Engine& engine, Space& space) {
  const std::lock_guard lock(mutex_);
  // Who creates it holds the lock from before the engine knows of it.
  if (const auto there = by_id_.find(id_of(engine, space.id())); there != by_id_.end()) return there->second;
  return recover(engine, space, std::move(engine.region_bytes(space.id())[space.id()]));
}

Result<void> RegionDirectory::recover_all(Engine& engine) {
  const std::lock_guard lock(mutex_);
  auto bytes = engine.region_bytes();
  for (Space* const space : engine.spaces()) {
    if (space->kind() != SpaceKind::region) continue;
    if (auto recovered = recover(engine, *space, std::move(bytes[space->id()])); !recovered)
      return Unexpected(recovered.error());
  }
  return link_versions(engine);
}

// Requires: mutex_.
Result<std::shared_ptr<RegionSpace>> RegionDirectory::recover(Engine& engine, Space& space, RegionBytes bytes) {
  const std::uint64_t size_bytes = bytes.size_bytes;
  ExtentTable table(std::move(bytes.extents));
  if (!table.is_whole() || table.capacity() < size_bytes)
    return damaged(engine, "the catalog does not say where all bytes of a region lie",
                   std::to_string(size_bytes) + " bytes without a gap", std::to_string(table.capacity()));
  const auto kept = decode_metadata(bytes.metadata);
  if (!kept)
    return damaged(engine, "the catalog's metadata of a region contradicts itself", "lengths that add up",
                   std::to_string(bytes.metadata.size()) + " bytes");
  if (auto found = contradiction(table, size_bytes, *kept); !found.empty())
    return damaged(engine, "the catalog's extents of a region are not of its form", "extents of its form",
                   std::move(found));
  // A killed process may have left bytes that can be seen and are not durable: the first flush takes them along.
  const bool may_be_dirty = !engine.report().clean_close && !kept->is_sealed && kept->form.checked_block_bytes == 0;
  return add(make(engine, space, space.name(), std::move(table), size_bytes, may_be_dirty, *kept));
}

// Requires: mutex_.
Result<void> RegionDirectory::link_versions(const Engine& engine) {
  for (const auto& [id, version] : by_id_) {
    if (!version->is_version()) continue;
    const auto region = by_id_.find(id_of(engine, version->version_of_));
    if (region == by_id_.end() || region->second->is_version() ||
        !region->second->versions_.emplace(version->version_number_, version).second)
      return damaged(engine, "the catalog names a version of no region", "its region, and no other of its number",
                     "space " + std::to_string(version->version_of_));
  }
  return {};
}

}  // namespace holdfast::region
