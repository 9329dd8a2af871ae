#include "store_core.hpp"

#include <chrono>
#include <set>
#include <type_traits>

namespace holdfast {
namespace {

Result<void> check_expected_keys(std::uint64_t count) {
  if (count <= kExpectedKeysMax) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "more expected keys than an index can hold"};
  error.expected = "at most " + std::to_string(kExpectedKeysMax);
  error.found = std::to_string(count);
  return Unexpected(error);
}

}  // namespace

Result<void> StoreCore::recover() {
  const auto engine = gate_->enter();
  const auto begin = std::chrono::steady_clock::now();
  const auto recovered = engine->take_recovered();
  std::set<SegmentId> referenced;
  const auto add = [&](auto& spaces, Space& space) {
    auto added = std::make_shared<typename std::decay_t<decltype(spaces)>::mapped_type::element_type>(gate_, space);
    if (const auto found = recovered.find(space.id()); found != recovered.end())
      added->recover(*engine, found->second, referenced);
    spaces.emplace(space.name(), std::move(added));
  };
  for (Space* const space : engine->spaces()) {
    if (space->kind() == SpaceKind::kv) add(kv_spaces_, *space);
    if (space->kind() == SpaceKind::log) add(log_streams_, *space);
    if (space->kind() == SpaceKind::region)
      if (auto taken = regions_.recover(*engine, *space); !taken) return Unexpected(taken.error());
  }
  engine->set_sync_follower(regions_);
  report_.duration_us += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  return engine->finish_recovery(referenced);
}

// What every facade asks before it makes a space: `found` is the facade's own of that name, or null.
template <class SpacePointer, class Create>
Result<SpacePointer> StoreCore::open_space(Engine& engine, SpaceKind kind, std::string_view name, OpenMode mode,
                                           SpacePointer found, Create&& create) {
  const auto refuse = [&](ErrorCode code, std::string message) {
    return Unexpected(Error{.code = code, .message = std::move(message), .path = std::string(engine.storage().path())});
  };
  const std::string kind_name(holdfast::name(kind));
  if (found) {
    if (mode != OpenMode::create) return found;
    return refuse(ErrorCode::exists, "a space of kind " + kind_name + " and of that name exists");
  }
  if (Space* const other = engine.find_space(name)) {
    if (other->kind() == kind) return create(other);  // memory ran out when its facade was to be made
    return refuse(ErrorCode::exists,
                  "the name belongs to a space of kind " + std::string(holdfast::name(other->kind())));
  }
  const bool must_be_there = mode == OpenMode::existing || mode == OpenMode::read_only;
  if (must_be_there || engine.read_only())
    return refuse(ErrorCode::not_found, "no space of kind " + kind_name + " and of that name");
  return create(nullptr);
}

template <class FacadeSpace, class Prepare>
Result<std::shared_ptr<FacadeSpace>> StoreCore::open_indexed(Spaces<FacadeSpace>& spaces, SpaceKind kind,
                                                             std::string_view name, OpenMode mode,
                                                             const Prepare& prepare) {
  if (auto checked = Engine::check_space_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  const auto found = spaces.find(name);
  const auto create = [&](Space* there) -> Result<std::shared_ptr<FacadeSpace>> {
    auto space = there != nullptr ? Result<Space*>(there) : engine->create_space(kind, name);
    if (!space) return Unexpected(space.error());
    auto added = std::make_shared<FacadeSpace>(gate_, **space);
    prepare(*added);
    spaces.emplace(name, added);
    return added;
  };
  return open_space(*engine, kind, name, mode, found == spaces.end() ? nullptr : found->second, create);
}

Result<std::shared_ptr<kv::KvSpace>> StoreCore::kv(std::string_view name, const KvOptions& options) {
  if (auto checked = check_expected_keys(options.expected_keys); !checked) return Unexpected(checked.error());
  return open_indexed(kv_spaces_, SpaceKind::kv, name, options.mode,
                      [&](kv::KvSpace& space) { space.expect_keys(options.expected_keys); });
}

Result<std::shared_ptr<log::LogStream>> StoreCore::log(std::string_view name, const LogOptions& options) {
  return open_indexed(log_streams_, SpaceKind::log, name, options.mode, [](log::LogStream&) {});
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(std::string_view name, OpenMode mode) {
  if (auto checked = Engine::check_space_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  auto opened = open_space(*engine, SpaceKind::region, name, mode, regions_.find(name), [&](Space* there) {
    return there != nullptr ? regions_.recover(*engine, *there) : regions_.create(*engine, {.name = name}, 0);
  });
  if (opened || opened.error().code != ErrorCode::exists || mode == OpenMode::create) return opened;
  // create_region() may have come between.
  if (auto found = regions_.find(name)) return found;
  return opened;
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::create_region(const NewRegion& region,
                                                                      std::uint64_t size_bytes_max) {
  if (!region.name.empty())
    if (auto checked = Engine::check_space_name(region.name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.create(*engine, region, size_bytes_max);
}

Result<std::vector<RegionInfo>> StoreCore::regions(std::string_view prefix) const {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.infos(prefix);
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(RegionId id) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.find(id);
}

}  // namespace holdfast
