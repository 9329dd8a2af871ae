#include "region/version_keeper.hpp"

#include <algorithm>
#include <utility>

#include "common/base/success.hpp"
#include "region/compressed.hpp"
#include "region/limits.hpp"

namespace holdfast::region {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

}  // namespace

Result<void> VersionKeeper::read(std::uint64_t offset, std::span<std::byte> bytes) const {
  return change_.region().read_from(engine_, change_.before(), offset, bytes);
}

Result<void> VersionKeeper::allocate(std::uint64_t size_bytes) {
  extents_.clear();
  stored_size_bytes_ = size_bytes;
  const std::uint64_t end = round_up(size_bytes, kBlockSizeBytes);
  for (std::uint64_t begin = 0; begin < end; begin += kSealedExtentBytesMax) {
    auto extents = raw_.allocate(begin, std::min(end - begin, kSealedExtentBytesMax));
    if (!extents) return Unexpected(extents.error());
    extents_.insert(extents_.end(), extents->begin(), extents->end());
  }
  return success();
}

Result<void> VersionKeeper::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  Result<void> written;
  const ExtentTable table(extents_);
  table.for_each_piece(offset, bytes.size(), [&](const RawExtent&, ByteRange piece) {
    const WriteRange range{piece.offset, bytes.first(piece.size_bytes)};
    if (written) written = raw_.write({&range, 1}, Durability::buffered);
    bytes = bytes.subspan(piece.size_bytes);
  });
  return written;
}

// What was written, with zeros up to the end of its last block, gets its checks.
Result<void> VersionKeeper::make_durable() {
  const std::vector<std::byte> zeros(round_up(stored_size_bytes_, kBlockSizeBytes) - stored_size_bytes_);
  if (auto written = write(stored_size_bytes_, zeros); !written) return written;
  std::vector<ByteRange> ranges;
  for (const RawExtent& extent : extents_) ranges.push_back(extent.held->range());
  if (raw_.shares_syncs() && !ranges.empty())
    if (auto synced = raw_.sync(ranges); !synced) return synced;
  for (const RawExtent& extent : extents_) {
    const ByteRange range = extent.held->range();
    const std::span<const std::byte> bytes(raw_.storage().at(range.offset), range.size_bytes);
    extent.held->set_check(raw_.check_of(*extent.held, {&bytes, 1}));
  }
  return success();
}

Result<void> VersionKeeper::copy_plain() {
  const std::uint64_t size_bytes = change_.size_bytes();
  if (auto allocated = allocate(size_bytes); !allocated) return allocated;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(kCopyBytes, size_bytes));
  for (std::uint64_t at = 0; at < size_bytes; at += buffer.size()) {
    const std::span bytes(buffer.data(), std::min<std::uint64_t>(buffer.size(), size_bytes - at));
    if (auto copied = read(at, bytes); !copied) return copied;
    if (auto written = write(at, bytes); !written) return written;
  }
  return make_durable();
}

Result<bool> VersionKeeper::copy_compressed() {
  const std::uint64_t size_bytes = change_.size_bytes();
  Compressor compressor(size_bytes, [this](std::uint64_t at, std::span<std::byte> bytes) { return read(at, bytes); });
  const auto measured = compressor.measure();
  if (!measured) return Unexpected(measured.error());
  if (round_up(*measured, kBlockSizeBytes) >= round_up(size_bytes, kBlockSizeBytes)) return false;
  if (auto allocated = allocate(*measured); !allocated) return Unexpected(allocated.error());
  std::vector<std::byte> buffer;
  std::uint64_t buffer_at = 0;
  const auto write_buffer = [&]() -> Result<void> {
    auto written = write(buffer_at, buffer);
    buffer_at += buffer.size();
    buffer.clear();
    return written;
  };
  auto written = compressor.write([&](std::uint64_t, std::span<const std::byte> bytes) -> Result<void> {
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    return buffer.size() < kCopyBytes ? success() : write_buffer();
  });
  if (written) written = write_buffer();
  if (written) written = make_durable();
  if (!written) return Unexpected(written.error());
  return true;
}

Result<void> VersionKeeper::copy_bytes() {
  if (kept_.form.compresses_versions && change_.size_bytes() > 0) {
    const auto compressed = copy_compressed();
    if (!compressed) return Unexpected(compressed.error());
    is_compressed_ = *compressed;
    if (is_compressed_) return success();
  }
  return copy_plain();
}

Result<void> VersionKeeper::take_bytes() {
  stored_size_bytes_ = change_.size_bytes();
  auto taken = ExtentSwap::make(raw_, change_.before(), {}, round_up(stored_size_bytes_, kBlockSizeBytes),
                                ExtentSwap::Kept::moved);
  if (!taken) return Unexpected(taken.error());
  taken_.emplace(std::move(*taken));
  extents_ = taken_->table()->extents();
  return success();
}

KeptMetadata VersionKeeper::version_metadata() const {
  KeptMetadata version{.created_ns = now_ns(),
                       .metadata = kept_.metadata,
                       .is_sealed = true,
                       .is_compressed = is_compressed_,
                       .version_of = change_.region().space_.id(),
                       .version_number = kept_.version_number + 1};
  if (taken_) {
    version.form.checked_block_bytes = kept_.form.checked_block_bytes;
    version.form.is_mirrored = kept_.form.is_mirrored;
  }
  if (is_compressed_) version.content_size_bytes = change_.size_bytes();
  return version;
}

// The oldest ones, so that with the new one there are as many as are kept.
void VersionKeeper::find_victims() {
  std::vector<std::shared_ptr<RegionSpace>> versions;
  {
    const std::lock_guard lock(change_.region().versions_mutex_);
    for (const auto& [number, version] : change_.region().versions_) versions.push_back(version);
  }
  const std::size_t count = versions.size() + 1;
  for (std::size_t i = 0; i + kept_.form.versions_kept < count && i < versions.size(); ++i)
    if (auto victim = RegionChange::begin_removal(*versions[i]))  // else somebody removes it just now
      victims_.push_back(std::move(*victim));
}

Result<RegionVersion> VersionKeeper::publish(bool is_changed) {
  find_victims();
  RegionSpace& region = change_.region();
  const KeptMetadata version = version_metadata();
  const auto metadata = encode_metadata(version);
  ++kept_.version_number;
  const auto region_metadata = encode_metadata(kept_);
  if (!metadata) return Unexpected(metadata.error());
  if (!region_metadata) return Unexpected(region_metadata.error());
  auto region_kept = std::make_shared<const KeptMetadata>(kept_);
  const std::vector<Space*> removed = victim_spaces();
  std::map<std::uint64_t, std::shared_ptr<RegionSpace>> numbered;
  const auto record = [&](Space& space) {
    added_.emplace(RegionDirectory::id_of(engine_, space.id()),
                   directory_.make(engine_, space, {}, ExtentTable(extents_), stored_size_bytes_, false, version));
    numbered.emplace(version.version_number, added_.begin()->second);
    std::vector<CatalogEntry> entries;
    if (is_changed) change_.add_entries(entries);
    ExtentChange named{.forgotten = {}, .named = extents_, .size_bytes = stored_size_bytes_};
    if (taken_) named.forgotten = taken_->change().forgotten;
    for (CatalogEntry& entry : entries_of(space.id(), named)) entries.push_back(std::move(entry));
    entries.push_back({.type = CatalogEntryType::space_metadata, .space_id = space.id(), .name = *metadata});
    entries.push_back({.type = CatalogEntryType::space_metadata, .space_id = region.space_.id(), .name = *region_metadata});
    for (const auto& victim : victims_) victim->add_removal(entries);
    return entries;
  };
  const auto space = engine_.create_space(SpaceKind::region, {}, record, removed);  // (2)
  if (space || space.error().code == ErrorCode::io) {  // io: the medium may know of them
    ExtentChange{.forgotten = {}, .named = std::move(extents_)}.set_named();
    if (is_changed) change_.set_named();
  }
  if (!space) return Unexpected(space.error());
  region.set_kept(std::move(region_kept));
  if (taken_) taken_->complete();
  if (is_changed) change_.complete();
  complete_removals();
  const std::lock_guard lock(region.versions_mutex_);
  region.versions_.insert(numbered.extract(numbered.begin()));
  return RegionDirectory::version_of(*added_.begin()->second);
}

Result<void> VersionKeeper::publish_without() {
  find_victims();
  std::vector<CatalogEntry> entries;
  change_.add_entries(entries);
  for (const auto& victim : victims_) victim->add_removal(entries);
  const std::vector<Space*> removed = victim_spaces();
  if (entries.empty()) {  // an empty region stays one
    change_.complete();
    return success();
  }
  auto published = engine_.remove_spaces(removed, std::move(entries));  // (2)
  if (published || published.error().code == ErrorCode::io) change_.set_named();  // io: the medium may know of them
  if (!published) return published;
  change_.complete();
  complete_removals();
  return published;
}

std::vector<Space*> VersionKeeper::victim_spaces() {
  std::vector<Space*> spaces;
  for (const auto& victim : victims_) {
    spaces.push_back(&victim->region().space_);
    gone_.push_back(victim->region().id());
  }
  return spaces;
}

void VersionKeeper::complete_removals() {
  for (const auto& victim : victims_) victim->complete_removal();
  const std::lock_guard lock(change_.region().versions_mutex_);
  for (const auto& victim : victims_) change_.region().versions_.erase(victim->region().version_number_);
}

void VersionKeeper::complete() noexcept {
  victims_.clear();
  directory_.exchange(std::move(added_), gone_);
}

}  // namespace holdfast::region
