#include "region_actor.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace holdfast::lab {
namespace {

using Regions = RegionHistory::Regions;

}  // namespace

void update_model(RegionHistory::Region& model, const std::vector<RegionHistory::Written>& writes) {
  bool grows = contents_of(model).size() > model.durable.size();
  for (const auto& written : writes) grows |= written.offset + written.bytes.size() > model.durable.size();
  if (grows) flush_model(model);  // a new size takes along what is buffered
  for (const auto& written : writes) put_durably(model, written);
}

void truncate_write_model(RegionHistory::Region& model, const RegionHistory::Written& end) {
  const auto& [offset, bytes] = end;
  if (offset + bytes.size() != model.durable.size()) flush_model(model);
  model.durable.resize(offset, '\0');
  std::erase_if(model.since, [&, at = offset](const auto& written) { return written.offset >= at; });
  for (auto& written : model.since) written.bytes.resize(std::min<std::size_t>(written.bytes.size(), offset - written.offset));
  put_durably(model, end);
}

RegionActor::RegionActor(std::shared_ptr<testing::CrashMedium> medium, const Options& options)
    : medium_(std::move(medium)) {
  auto storage = medium_->open();
  if (!storage) throw std::runtime_error(storage.error().to_string());
  auto opened = Store::open(std::move(*storage), options);
  if (!opened) throw std::runtime_error(opened.error().to_string());
  store_ = std::make_unique<Store>(std::move(*opened));
  std::vector<std::string> complaints;
  Regions present;
  for (const auto& [name, bytes] : read_regions(*store_, complaints)) {
    present[name] = {bytes, {}};
    if (is_region(name)) handles_.emplace(name, std::move(*store_->region(name)));
  }
  find_records();
  history_.begin(std::move(present), 0);
  history_.end(0);
}

void RegionActor::call(Regions after, const std::function<Result<void>()>& call) {
  history_.begin(std::move(after), medium_->event_count());
  if (const auto done = call(); !done) complaints_.push_back(done.error().to_string());
  history_.end(medium_->event_count());
}

void RegionActor::create(const std::string& name) {
  Regions after = history_.now();
  after[name] = {};
  call(std::move(after), [&]() -> Result<void> {
    auto opened = store_->region(name);
    if (!opened) return Unexpected(opened.error());
    handles_.insert_or_assign(name, std::move(*opened));
    return {};
  });
}

// Its owner is its first bytes: read_regions() holds them against each other.
void RegionActor::create_with(const std::string& name, const std::string& bytes) {
  Regions after = history_.now();
  after[name] = {.durable = bytes, .since = {}};
  call(std::move(after), [&]() -> Result<void> {
    auto created = store_->create_region({.name = name,
                                          .bytes = std::as_bytes(std::span(bytes)),
                                          .metadata = {.owner = bytes.substr(0, kOwnerBytes)}});
    if (!created) return Unexpected(created.error());
    handles_.insert_or_assign(name, std::move(*created));
    return {};
  });
}

void RegionActor::write_at(const std::string& name, std::uint64_t offset, const std::string& bytes,
                           Durability durability) {
  Regions after = history_.now();
  RegionHistory::Region& model = after[name];
  const bool grows = offset + bytes.size() > model.durable.size();
  model.since.push_back({offset, bytes});
  if (grows && offset > contents_of(history_.now().at(name)).size())  // the gap is written, too
    model.since.insert(model.since.end() - 1, {contents_of(history_.now().at(name)).size(),
                                               std::string(offset - contents_of(history_.now().at(name)).size(), '\0')});
  if (durability == Durability::immediate) {
    // Under way its bytes may be there in part; returned, all are. What else is buffered goes along if the size grows.
    Regions during = after;
    call(std::move(during), [] { return Result<void>(); });
    if (grows) {
      flush_model(model);
    } else {
      model.since.pop_back();
      put_durably(model, {offset, bytes});
    }
  }
  call(std::move(after), [&] { return region(name).write_at(offset, std::as_bytes(std::span(bytes)), {.durability = durability}); });
}

void RegionActor::append(const std::string& name, const std::string& bytes, Durability durability) {
  write_at(name, contents_of(history_.now().at(name)).size(), bytes, durability);
}

void RegionActor::flush(const std::string& name) {
  Regions after = history_.now();
  flush_model(after[name]);
  call(std::move(after), [&]() -> Result<void> {
    if (auto flushed = region(name).flush(); !flushed) return Unexpected(flushed.error());
    return {};
  });
}

void RegionActor::truncate(const std::string& name, std::uint64_t size_bytes) {
  Regions after = history_.now();
  flush_model(after[name]);
  after[name].durable.resize(size_bytes, '\0');
  call(std::move(after), [&] { return region(name).truncate(size_bytes); });
}

void RegionActor::update(const std::string& name, const std::vector<RegionHistory::Written>& writes) {
  Regions after = history_.now();
  update_model(after[name], writes);
  std::vector<RegionWrite> list;
  for (const auto& written : writes) list.push_back({written.offset, std::as_bytes(std::span(written.bytes))});
  call(std::move(after), [&] { return region(name).update(list); });
}

void RegionActor::truncate_write(const std::string& name, std::uint64_t offset, const std::string& bytes) {
  Regions after = history_.now();
  truncate_write_model(after[name], {offset, bytes});
  call(std::move(after), [&] { return region(name).truncate_write(offset, std::as_bytes(std::span(bytes))); });
}

void RegionActor::shrink(const std::string& name) {
  Regions after = history_.now();
  flush_model(after[name]);
  call(std::move(after), [&] { return region(name).shrink(); });
}

void RegionActor::rename(const std::string& from, const std::string& to) {
  Regions after = history_.now();
  auto node = after.extract(from);
  node.key() = to;
  after.insert(std::move(node));
  call(std::move(after), [&] { return region(from).rename(to); });
  auto handle = handles_.extract(from);
  handle.key() = to;
  handles_.insert(std::move(handle));
}

void RegionActor::remove(const std::string& name) {
  Regions after = history_.now();
  after.erase(name);
  call(std::move(after), [&] { return region(name).remove(); });
}

void RegionActor::sync() {
  Regions after = history_.now();
  for (auto& [name, region] : after) flush_model(region);
  call(std::move(after), [&] { return store_->sync(); });
}

void RegionActor::close() {
  Regions after = history_.now();
  for (auto& [name, region] : after) flush_model(region);
  call(std::move(after), [&] { return store_->close(); });
}

// The reader runs inside the medium: what it may touch is the store's own memory.
void RegionActor::watch(const std::string& name) {
  auto view = region(name).view(0, *region(name).size());
  if (!view) return complaints_.push_back(view.error().to_string());
  watched_.push_back(std::move(*view));
  medium_->set_observer([this, shown = text_of(watched_.back())](std::uint64_t event_count) {
    if (!watched_.empty() && text_of(watched_.back()) != shown)
      complaints_.push_back("a view shows other bytes behind event " + std::to_string(event_count));
  });
}

void RegionActor::let_go() { watched_.clear(); }

}  // namespace holdfast::lab
