#include <holdfast/region.hpp>

#include "region/region_space.hpp"

namespace holdfast {

Region::Region(std::shared_ptr<region::RegionSpace> space, RegionOptions options) noexcept
    : space_(std::move(space)), options_(options) {}

Result<void> Region::write_at(std::uint64_t offset, std::span<const std::byte> bytes, WriteOptions options) {
  return space_->gate()->answer([&] {
    return space_->write_at(offset, bytes, options.durability.value_or(options_.durability),
                            options_.size_bytes_max);
  });
}

Result<std::uint64_t> Region::append(std::span<const std::byte> bytes, WriteOptions options) {
  return space_->gate()->answer([&] {
    return space_->append(bytes, options.durability.value_or(options_.durability), options_.size_bytes_max);
  });
}

Result<void> Region::write_each(std::span<const RegionWrite> writes, WriteOptions options) {
  return space_->gate()->answer([&] {
    return space_->write_each(writes, options.durability.value_or(options_.durability), options_.size_bytes_max);
  });
}

Result<void> Region::update(std::span<const RegionWrite> writes) {
  return space_->gate()->answer([&] { return space_->update(writes, options_.size_bytes_max); });
}

Result<void> Region::truncate_write(std::uint64_t offset, std::span<const std::byte> bytes) {
  return space_->gate()->answer([&] { return space_->truncate_write(offset, bytes, options_.size_bytes_max); });
}

Result<void> Region::read_at(std::uint64_t offset, std::span<std::byte> bytes) const {
  return space_->gate()->answer([&] { return space_->read_at(offset, bytes); });
}

Result<void> Region::read_each(std::span<const RegionRead> reads) const {
  return space_->gate()->answer([&] { return space_->read_each(reads); });
}

Result<RegionView> Region::view(std::uint64_t offset, std::uint64_t size_bytes) const {
  return space_->gate()->answer([&] { return space_->view(offset, size_bytes); });
}

Result<MutableRegionView> Region::mutable_view(std::uint64_t offset, std::uint64_t size_bytes) {
  return space_->gate()->answer([&] { return space_->mutable_view(offset, size_bytes); });
}

Result<std::uint64_t> Region::size() const {
  return space_->gate()->answer([&] { return space_->size(); });
}

Result<void> Region::reserve(std::uint64_t size_bytes) {
  return space_->gate()->answer([&] { return space_->reserve(size_bytes, options_.size_bytes_max); });
}

Result<void> Region::truncate(std::uint64_t size_bytes) {
  return space_->gate()->answer([&] { return space_->truncate(size_bytes, options_.size_bytes_max); });
}

Result<void> Region::shrink() {
  return space_->gate()->answer([&] { return space_->shrink(); });
}

Result<void> Region::punch(std::uint64_t offset, std::uint64_t size_bytes) {
  return space_->gate()->answer([&] { return space_->punch(offset, size_bytes); });
}

Result<void> Region::seal() {
  return space_->gate()->answer([&] { return space_->seal(); });
}

Result<RegionVersion> Region::replace(std::span<const std::byte> bytes) {
  return space_->gate()->answer([&] { return space_->replace(bytes, options_.size_bytes_max); });
}

Result<RegionVersion> Region::keep_version() {
  return space_->gate()->answer([&] { return space_->keep_version(); });
}

Result<std::vector<RegionVersion>> Region::versions() const {
  return space_->gate()->answer([&] { return space_->versions(); });
}

Result<Region> Region::version(std::uint64_t number) const {
  auto space = space_->gate()->answer([&] { return space_->version(number); });
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options_);
}

Result<void> Region::set_versions_kept(std::uint32_t count, bool compressed) {
  return space_->gate()->answer([&] { return space_->set_versions_kept(count, compressed); });
}

Result<RegionStatistics> Region::statistics() const {
  return space_->gate()->answer([&] { return space_->statistics(); });
}

Result<bool> Region::flush() {
  return space_->gate()->answer([&] { return space_->flush(); });
}

Result<void> Region::rename(std::string_view name) {
  return space_->gate()->answer([&] { return space_->rename(name); });
}

Result<void> Region::remove() {
  return space_->gate()->answer([&] { return space_->remove(); });
}

Result<void> Region::set_metadata(const RegionMetadata& metadata) {
  return space_->gate()->answer([&] { return space_->set_metadata(metadata); });
}

Result<RegionInfo> Region::info() const {
  return space_->gate()->answer([&] { return space_->info(); });
}

region::RegionSpace& region::space_of(const Region& handle) noexcept { return *handle.space_; }

RegionId Region::id() const noexcept { return space_->id(); }

std::string Region::name() const { return space_->name(); }

}  // namespace holdfast
