#include <holdfast/store.hpp>

#include "store_core.hpp"

namespace holdfast {

Store::Store(std::shared_ptr<StoreCore> core) noexcept : core_(std::move(core)) {}
Store::Store(Store&&) noexcept = default;

Store& Store::operator=(Store&& other) noexcept {
  if (this != &other) {
    const Store before(std::move(*this));
    core_ = std::move(other.core_);
  }
  return *this;
}

// Not by the core's end alone: a call of a sharded log may hold the core for a moment.
Store::~Store() {
  if (core_ != nullptr) core_->gate()->release();
}

Result<Kv> Store::kv(std::string_view name, KvOptions options) {
  auto space = core_->gate()->answer([&] { return core_->kv(name, options); });
  if (!space) return Unexpected(space.error());
  return Kv(std::move(*space), options);
}

Result<void> Store::drop_kv(std::string_view name) {
  return core_->gate()->answer([&] { return core_->drop_kv(name); });
}

Result<Log> Store::log(std::string_view name, LogOptions options) {
  auto stream = core_->gate()->answer([&] { return core_->log(name, options); });
  if (!stream) return Unexpected(stream.error());
  return Log(std::move(*stream), options);
}

Result<void> Store::drop_log(std::string_view name) {
  return core_->gate()->answer([&] { return core_->drop_log(name); });
}

Result<Region> Store::region(std::string_view name, RegionOptions options) {
  auto space = core_->gate()->answer([&] { return core_->region(name, options.mode); });
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options);
}

Result<Region> Store::region(RegionId id, RegionOptions options) {
  auto space = core_->gate()->answer([&] { return core_->region(id); });
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options);
}

Result<Region> Store::create_region(const NewRegion& region, RegionOptions options) {
  auto space = core_->gate()->answer([&] { return core_->create_region(region, options.size_bytes_max); });
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options);
}

Result<std::vector<RegionInfo>> Store::regions(std::string_view prefix) const {
  return core_->gate()->answer([&] { return core_->regions(prefix); });
}

Result<void> Store::sync() {
  return core_->gate()->answer([&]() -> Result<void> {
    const auto engine = core_->gate()->enter();
    return engine ? engine->sync() : Unexpected(EngineGate::closed_error());
  });
}

Result<std::vector<SpaceInfo>> Store::spaces() const {
  return core_->gate()->answer([&]() -> Result<std::vector<SpaceInfo>> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    return engine->space_infos();
  });
}

Result<StoreInfo> Store::info() const {
  return core_->gate()->answer([&]() -> Result<StoreInfo> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    StoreInfo info = engine->info();
    info.backend = core_->backend();
    return info;
  });
}

const RecoveryReport& Store::recovery() const noexcept { return core_->report(); }

Result<VerifyReport> Store::verify(const Progress& progress) const {
  return core_->gate()->answer([&]() -> Result<VerifyReport> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    return engine->verify(progress);
  });
}

Result<void> Store::close() { return core_->gate()->close(); }

}  // namespace holdfast
