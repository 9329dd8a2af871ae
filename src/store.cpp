#include <holdfast/store.hpp>

#include <algorithm>
#include <unordered_map>

#include "store_core.hpp"

namespace holdfast {

Store::Store(std::shared_ptr<StoreCore> core) noexcept : core_(std::move(core)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Kv> Store::kv(std::string_view name, KvOptions options) {
  auto space = core_->kv(name, options);
  if (!space) return Unexpected(space.error());
  return Kv(std::move(*space), options);
}

Result<Region> Store::region(std::string_view name, RegionOptions options) {
  auto space = core_->region(name, options.mode);
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options);
}

Result<Region> Store::region(RegionId id, RegionOptions options) {
  auto space = core_->region(id);
  if (!space) return Unexpected(space.error());
  return Region(std::move(*space), options);
}

Result<void> Store::commit(const Batch& batch, WriteOptions options) {
  const auto engine = core_->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  Durability durability = Durability::buffered;
  for (const Batch::Operation& operation : batch.operations_) {
    if (auto checked = kv::KvSpace::check_key(operation.key); !checked) return checked;
    if (auto checked = kv::KvSpace::check_value(operation.value); !checked) return checked;
    if (operation.space.space_->gate() != core_->gate())
      return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "the batch holds a space of another store"});
    durability = std::min(durability, operation.space.options_.durability);  // the enum rises from strict to lax
  }
  if (batch.operations_.empty()) return {};
  durability = options.durability.value_or(durability);

  // Of several operations on one key the last one counts.
  std::vector<const Batch::Operation*> operations;
  std::unordered_map<std::string_view, std::vector<const kv::KvSpace*>> taken;
  for (auto operation = batch.operations_.rbegin(); operation != batch.operations_.rend(); ++operation) {
    auto& spaces = taken[operation->key];
    const kv::KvSpace* const space = operation->space.space_.get();
    if (std::find(spaces.begin(), spaces.end(), space) != spaces.end()) continue;
    spaces.push_back(space);
    operations.push_back(&*operation);
  }
  std::reverse(operations.begin(), operations.end());

  std::vector<kv::PendingWrite> pending;
  std::vector<WriteEntry> entries;
  for (const Batch::Operation* const operation : operations) {
    kv::KvSpace& space = *operation->space.space_;
    pending.push_back(space.begin(*engine, operation->key));
    entries.push_back(space.entry(pending.back(), operation->value, operation->erases));
  }
  const auto written = engine->write(entries, durability);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    kv::KvSpace& space = *operations[i]->space.space_;
    written ? space.publish(*engine, pending[i], entries[i], durability) : space.abandon(pending[i]);
  }
  return written;
}

Result<void> Store::sync() {
  const auto engine = core_->gate()->enter();
  return engine ? engine->sync() : Unexpected(EngineGate::closed_error());
}

Result<std::vector<SpaceInfo>> Store::spaces() const {
  const auto engine = core_->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return engine->space_infos();
}

Result<StoreInfo> Store::info() const {
  const auto engine = core_->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  StoreInfo info = engine->info();
  info.backend = core_->backend();
  return info;
}

const RecoveryReport& Store::recovery() const noexcept { return core_->report(); }

Result<VerifyReport> Store::verify(const Progress& progress) const {
  const auto engine = core_->gate()->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return engine->verify(progress);
}

Result<void> Store::close() { return core_->gate()->close(); }

}  // namespace holdfast
