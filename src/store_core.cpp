#include "store_core.hpp"

#include <chrono>
#include <set>

namespace holdfast {
namespace {

Result<void> check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameSizeBytesMax) return {};
  Error error{.code = ErrorCode::invalid_argument, .message = "space name is not possible"};
  error.expected = "1 to " + std::to_string(kNameSizeBytesMax) + " bytes";
  error.found = std::to_string(name.size());
  return Unexpected(error);
}

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
  for (Space* const space : engine->spaces()) {
    if (space->kind() == SpaceKind::region)
      if (auto taken = regions_.recover(*engine, *space); !taken) return taken;
    if (space->kind() != SpaceKind::kv) continue;
    auto kv_space = std::make_shared<kv::KvSpace>(gate_, *space);
    if (const auto found = recovered.find(space->id()); found != recovered.end())
      kv_space->recover(*engine, found->second, referenced);
    kv_spaces_.emplace(space->name(), std::move(kv_space));
  }
  engine->set_sync_follower(regions_);
  report_.duration_us += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count());
  return engine->finish_recovery(referenced);
}

// What every facade asks before it makes a space: `found` is the facade's own of that name, or null.
template <class SpacePointer, class Create>
Result<SpacePointer> StoreCore::open_space(Engine& engine, std::string_view name, OpenMode mode, SpacePointer found,
                                           Create&& create) {
  const auto refuse = [&](ErrorCode code, std::string message) {
    return Unexpected(Error{.code = code, .message = std::move(message), .path = std::string(engine.storage().path())});
  };
  if (found) {
    if (mode == OpenMode::create) return refuse(ErrorCode::exists, "a space of that name exists");
    return found;
  }
  if (const Space* const other = engine.find_space(name))
    return refuse(ErrorCode::exists,
                  "the name belongs to a space of kind " + std::string(holdfast::name(other->kind())));
  const bool must_be_there = mode == OpenMode::existing || mode == OpenMode::read_only;
  if (must_be_there || engine.read_only()) return refuse(ErrorCode::not_found, "no space of that name");
  return create();
}

Result<std::shared_ptr<kv::KvSpace>> StoreCore::kv(std::string_view name, const KvOptions& options) {
  if (auto checked = check_name(name); !checked) return Unexpected(checked.error());
  if (auto checked = check_expected_keys(options.expected_keys); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  const auto found = kv_spaces_.find(name);
  const auto create = [&]() -> Result<std::shared_ptr<kv::KvSpace>> {
    auto space = engine->create_space(SpaceKind::kv, name);
    if (!space) return Unexpected(space.error());
    auto kv_space = std::make_shared<kv::KvSpace>(gate_, **space);
    kv_space->expect_keys(options.expected_keys);
    kv_spaces_.emplace(name, kv_space);
    return kv_space;
  };
  return open_space(*engine, name, options.mode, found == kv_spaces_.end() ? nullptr : found->second, create);
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(std::string_view name, OpenMode mode) {
  if (auto checked = check_name(name); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  const std::lock_guard lock(mutex_);
  return open_space(*engine, name, mode, regions_.find(name), [&] { return regions_.create(*engine, name); });
}

Result<std::shared_ptr<region::RegionSpace>> StoreCore::region(RegionId id) {
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return regions_.find(id);
}

}  // namespace holdfast
