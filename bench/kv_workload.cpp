#include "kv_workload.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "measure.hpp"

namespace holdfast::bench {

Result<void> KvWorkload::make(const std::filesystem::path& path) {
  auto fixture = StoreFixture::make(config_, path, 2 * config_.keys + 2 * kSingleWrites);
  if (!fixture) return Unexpected(std::move(fixture.error()));
  store_.emplace(std::move(fixture->store));
  space_.emplace(std::move(fixture->space));
  return filled() ? fill(*store_, *space_, config_, values_, 0, config_.keys) : Result<void>{};
}

Result<std::unique_ptr<RawLimit>> KvWorkload::make_raw(const std::filesystem::path& dir) {
  if (auto reader = raw_reader()) return reader;
  Config written = config_;
  written.value_size_bytes = written_value_size_bytes();
  return make_raw_writer(written, dir, values_, config_.batch);
}

Result<void> KvWorkload::compare(std::uint64_t id, std::uint64_t version, std::string& key) {
  make_key(id, key);
  auto value = space_->get(key);
  if (!value) return Unexpected(std::move(value.error()));
  if (!*value) return wrong(fmt::format("key {} is missing", id));
  if (**value != values_.of(id, version)) return wrong(fmt::format("key {} has another value", id));
  return {};
}

Result<void> KvWorkload::check_values(std::uint64_t version) {
  std::string key = new_key();
  const std::uint64_t step = std::max<std::uint64_t>(1, config_.keys / 1000);
  for (std::uint64_t id = 0; id < config_.keys; id += step) {
    if (auto same = compare(id, version, key); !same) return same;
  }
  return {};
}

Result<void> KvWorkload::check_size(std::uint64_t expected) {
  auto size = space_->size();
  if (!size) return Unexpected(std::move(size.error()));
  if (*size != expected) return wrong(fmt::format("{} keys in the space, not {}", *size, expected));
  return {};
}

}  // namespace holdfast::bench
