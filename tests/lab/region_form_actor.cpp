// What the region actor does with regions of other forms than the plain one, and how all regions are read.

#include <algorithm>
#include <span>
#include <utility>

#include "region_actor.hpp"

namespace holdfast::lab {
namespace {

using Regions = RegionHistory::Regions;

/// A model whose size is durable, as a call that changes it makes it.
void flush_if_longer(RegionHistory::Region& region, std::uint64_t end) {
  if (std::max<std::uint64_t>(contents_of(region).size(), end) > region.durable.size()) flush_model(region);
}

std::string bytes_of(const Region& region, std::vector<std::string>& complaints) {
  std::string bytes(region.size().value_or(0), '\0');
  if (auto read = region.read_at(0, std::as_writable_bytes(std::span(bytes))); !read)
    complaints.push_back(read.error().to_string());
  const auto view = region.view(0, bytes.size());
  if (!view || text_of(*view) != bytes) complaints.push_back("a view differs from read_at");
  return bytes;
}

/// Adds the region's versions to `contents`; how many there are.
std::uint64_t read_versions(const std::string& name, const Region& region, RegionContents& contents,
                            std::vector<std::string>& complaints) {
  const auto versions = region.versions();
  if (!versions) {
    complaints.push_back(versions.error().to_string());
    return 0;
  }
  for (const RegionVersion& one : *versions) {
    const auto version = region.version(one.number);
    if (!version) {
      complaints.push_back(version.error().to_string());
      continue;
    }
    contents.emplace(version_name(name, one.number), bytes_of(*version, complaints));
    if (version->id() != one.id || version->size() != one.size_bytes)
      complaints.push_back("a version is not what the list says");
  }
  return versions->size();
}

}  // namespace

void RegionActor::create_formed(const std::string& name, const std::string& bytes, const RegionForm& form) {
  Regions after = history_.now();
  after[name] = {.durable = bytes, .since = {}};
  versions_[name] = {.last = 0, .kept_max = form.versions_kept};
  call(std::move(after), [&]() -> Result<void> {
    auto created = store_->create_region({.name = name, .bytes = std::as_bytes(std::span(bytes)), .form = form});
    if (!created) return Unexpected(created.error());
    handles_.insert_or_assign(name, std::move(*created));
    return {};
  });
}

void RegionActor::write_whole(const std::string& name, std::uint64_t offset, const std::string& bytes) {
  Regions after = history_.now();
  flush_if_longer(after[name], offset + bytes.size());
  put_durably(after[name], {offset, bytes});
  call(std::move(after), [&] { return region(name).write_at(offset, std::as_bytes(std::span(bytes))); });
}

void RegionActor::append_whole(const std::string& name, const std::string& bytes) {
  Regions after = history_.now();
  flush_model(after[name]);
  after[name].durable += bytes;
  call(std::move(after), [&]() -> Result<void> {
    if (auto done = region(name).append(std::as_bytes(std::span(bytes))); !done) return Unexpected(done.error());
    return {};
  });
}

void RegionActor::store(const std::string& name, std::uint64_t offset, const std::string& bytes) {
  Regions after = history_.now();
  after[name].since.push_back({offset, bytes});
  call(std::move(after), [&]() -> Result<void> {
    auto view = region(name).mutable_view(offset, bytes.size());
    if (!view) return Unexpected(view.error());
    std::string_view left = bytes;
    for (const auto& span : view->spans()) {
      std::copy_n(std::as_bytes(std::span(left)).data(), span.size(), span.data());
      left.remove_prefix(span.size());
    }
    return view->mark_dirty(0, bytes.size());
  });
}

void RegionActor::punch(const std::string& name, std::uint64_t offset, std::uint64_t size_bytes) {
  Regions after = history_.now();
  flush_if_longer(after[name], 0);
  put_durably(after[name], {offset, std::string(size_bytes, '\0')});
  call(std::move(after), [&] { return region(name).punch(offset, size_bytes); });
}

void RegionActor::add_version(RegionHistory::Regions& after, const std::string& name) {
  Versions& versions = versions_[name];
  if (versions.kept_max == 0) return;
  after[version_name(name, ++versions.last)] = {.durable = contents_of(after[name]), .since = {}};
  if (versions.last > versions.kept_max) after.erase(version_name(name, versions.last - versions.kept_max));
}

void RegionActor::replace(const std::string& name, const std::string& bytes) {
  Regions after = history_.now();
  add_version(after, name);
  after[name] = {.durable = bytes, .since = {}};
  call(std::move(after), [&]() -> Result<void> {
    auto kept = region(name).replace(std::as_bytes(std::span(bytes)));
    if (!kept) return Unexpected(kept.error());
    if (kept->number != versions_[name].last) complaints_.push_back("a version has another number");
    return {};
  });
}

void RegionActor::keep_version(const std::string& name) {
  Regions after = history_.now();
  add_version(after, name);
  call(std::move(after), [&]() -> Result<void> {
    auto kept = region(name).keep_version();
    if (!kept) return Unexpected(kept.error());
    return {};
  });
}

void RegionActor::remove_version(const std::string& name, std::uint64_t number) {
  Regions after = history_.now();
  after.erase(version_name(name, number));
  call(std::move(after), [&]() -> Result<void> {
    auto version = region(name).version(number);
    if (!version) return Unexpected(version.error());
    return version->remove();
  });
}

void RegionActor::seal(const std::string& name) {
  Regions after = history_.now();
  flush_model(after[name]);
  after[sealed_name(name)] = {};
  call(std::move(after), [&] { return region(name).seal(); });
}

RegionContents read_regions(Store& store, std::vector<std::string>& complaints) {
  for (const Damage& damage : store.recovery().damage) complaints.push_back("damage: " + damage.message);
  RegionContents contents;
  const auto spaces = store.spaces();
  if (!spaces) {
    complaints.push_back(spaces.error().to_string());
    return contents;
  }
  std::uint64_t nameless = 0;
  std::uint64_t versions = 0;
  bool has_checks = false;
  for (const SpaceInfo& info : *spaces) {
    if (info.kind != SpaceKind::region) continue;
    if (info.name.empty()) {
      ++nameless;
      continue;
    }
    auto region = store.region(info.name);
    const auto described = region ? region->info() : Result<RegionInfo>(Unexpected(region.error()));
    if (!described) {
      complaints.push_back(described.error().to_string());
      continue;
    }
    std::string bytes = bytes_of(*region, complaints);
    if (!described->metadata.owner.empty() && described->metadata.owner != bytes.substr(0, kOwnerBytes))
      complaints.push_back("a region's metadata is another's");
    if (described->is_sealed) contents.emplace(sealed_name(info.name), "");
    versions += read_versions(info.name, *region, contents, complaints);
    has_checks |= described->is_sealed || described->form.checked_block_bytes != 0;
    contents.emplace(info.name, std::move(bytes));
  }
  read_records(store, contents, complaints);
  if (nameless != versions) complaints.push_back("a version belongs to no region");
  if (!has_checks && versions == 0) return contents;
  const auto verified = store.verify();
  if (!verified) complaints.push_back(verified.error().to_string());
  if (verified && !verified->damage.empty()) complaints.push_back("verify: " + verified->damage.front().message);
  return contents;
}

}  // namespace holdfast::lab
