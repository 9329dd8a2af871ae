#include "region_workload.hpp"

#include <fmt/format.h>

namespace holdfast::bench {

Result<void> RegionWorkload::make_empty(const std::filesystem::path& path) {
  const std::uint64_t others = other_size_bytes() / config_.value_size_bytes;
  if (auto opened = open(path, blocks() + others); !opened) return opened;
  auto region = store_->region("bench", {.durability = config_.durability});
  if (!region) return Unexpected(std::move(region.error()));
  region_.emplace(std::move(*region));
  return region_->reserve(blocks() * config_.value_size_bytes);
}

Result<void> RegionWorkload::make(const std::filesystem::path& path) {
  if (auto made = make_empty(path); !made) return made;
  for (std::uint64_t id = 0; id < blocks(); ++id) {
    const auto bytes = bytes_of(values_.of(id, 0));
    auto written = region_->write_at(id * bytes.size(), bytes, {.durability = Durability::buffered});
    if (!written) return written;
  }
  return store_->sync();
}

Result<void> RegionWorkload::write(std::uint64_t id, std::uint64_t version) {
  const auto bytes = bytes_of(values_.of(id, version));
  return region_->write_at(id * bytes.size(), bytes);
}

Result<void> RegionWorkload::write_and_flush(std::uint64_t id, std::uint64_t version) {
  if (auto written = write(id, version); !written) return written;
  const auto flushed = region_->flush();
  return flushed ? Result<void>{} : Unexpected(flushed.error());
}

Result<void> RegionWorkload::read(std::uint64_t id, std::string& block) const {
  block.resize(config_.value_size_bytes);
  return region_->read_at(id * block.size(), std::as_writable_bytes(std::span(block)));
}

Result<void> RegionWorkload::check_size() const {
  const auto size = region_->size();
  if (!size) return Unexpected(size.error());
  return *size == blocks() * config_.value_size_bytes ? Result<void>{}
                                                      : wrong(fmt::format("{} bytes", *size));
}

Result<void> RegionWorkload::check_blocks(std::uint64_t first, std::uint64_t count,
                                          std::uint64_t version) const {
  std::string block;
  for (std::uint64_t id = first; id < first + count; ++id) {
    if (auto done = read(id, block); !done) return done;
    if (block != values_.of(id, version)) return wrong(fmt::format("block {} is not as it was written", id));
  }
  return {};
}

Result<void> RegionWorkload::check_all(std::uint64_t version) const {
  if (auto done = check_size(); !done) return done;
  return check_blocks(0, blocks(), version);
}

}  // namespace holdfast::bench
