#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <holdfast/report.hpp>

#include "common/base/active_writes.hpp"
#include "common/engine/engine_gate.hpp"
#include "kv/kv_space.hpp"
#include "log/log_stream.hpp"
#include "region/region_directory.hpp"
#include "store_ledger.hpp"
#include "store_sharded_logs.hpp"

namespace holdfast {

/// What a Store is made of: the engine behind its gate, and the facades' spaces.
class StoreCore {
 public:
  StoreCore(std::unique_ptr<Engine> engine, Backend backend, const Options& options)
      : backend_(backend),
        report_(engine->report()),
        gate_(std::make_shared<EngineGate>(std::move(engine))),
        ledger_(std::make_shared<StoreLedger>([this] { return make_ledger_space(); })),
        regions_(gate_, options.region_statistics) {}
  ~StoreCore() { gate_->release(); }
  StoreCore(const StoreCore&) = delete;
  StoreCore& operator=(const StoreCore&) = delete;

  /// Builds the spaces' indexes from what recovery found. Before anybody else uses the store.
  [[nodiscard]] Result<void> recover();

  [[nodiscard]] Result<std::shared_ptr<kv::KvSpace>> kv(std::string_view name, const KvOptions& options);
  [[nodiscard]] Result<void> drop_kv(std::string_view name);
  [[nodiscard]] Result<std::shared_ptr<log::LogStream>> log(std::string_view name, const LogOptions& options);
  [[nodiscard]] Result<void> drop_log(std::string_view name);

  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> region(std::string_view name, OpenMode mode);
  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> region(RegionId id);
  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> create_region(const NewRegion& region,
                                                                           std::uint64_t size_bytes_max);
  [[nodiscard]] Result<std::vector<RegionInfo>> regions(std::string_view prefix) const;

  [[nodiscard]] ActiveWrites& data_set_writes() noexcept { return data_set_writes_; }
  [[nodiscard]] ShardedLogs& sharded_logs() noexcept { return sharded_logs_; }
  [[nodiscard]] const std::shared_ptr<StoreLedger>& ledger() const noexcept { return ledger_; }
  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }
  [[nodiscard]] const RecoveryReport& report() const noexcept { return report_; }
  [[nodiscard]] Backend backend() const noexcept { return backend_; }

 private:
  template <class FacadeSpace>
  using Spaces = std::map<std::string, std::shared_ptr<FacadeSpace>, std::less<>>;

  void sweep();
  [[nodiscard]] Result<std::shared_ptr<kv::KvSpace>> make_ledger_space();
  void report_unreadable(const Engine& engine, const Space& space, RecoveredSpace& recovered);
  [[nodiscard]] Result<void> recover_cursors(Engine& engine);
  /// store_checkpoints.cpp
  [[nodiscard]] Result<void> recover_checkpoints(const Engine& engine);
  [[nodiscard]] bool retain_all();
  [[nodiscard]] bool compact_all(bool needs_room);
  template <class Has>
  [[nodiscard]] std::vector<std::shared_ptr<log::LogStream>> streams_that(const Has& has);
  [[nodiscard]] bool has_upkeep();

  template <class FacadeSpace>
  [[nodiscard]] Result<void> drop(Spaces<FacadeSpace>& spaces, SpaceKind kind, std::string_view name);

  template <class SpacePointer, class Create>
  [[nodiscard]] static Result<SpacePointer> open_space(Engine& engine, SpaceKind kind, std::string_view name,
                                                       OpenMode mode, SpacePointer found, Create&& create);

  /// The space of that name, opened or created as `mode` says, with what the catalog shall also say of it; `prepare` gets
  /// a new one before anybody else.
  template <class FacadeSpace, class Prepare>
  [[nodiscard]] Result<std::shared_ptr<FacadeSpace>> open_indexed(Spaces<FacadeSpace>& spaces, SpaceKind kind,
                                                                  std::string_view name, OpenMode mode,
                                                                  const Engine::Entries& also, const Prepare& prepare);

  Backend backend_;
  RecoveryReport report_;
  std::shared_ptr<EngineGate> gate_;
  std::mutex mutex_;  // guards the maps
  Spaces<kv::KvSpace> kv_spaces_;
  Spaces<log::LogStream> log_streams_;
  std::shared_ptr<StoreLedger> ledger_;  // shared with streams whose handles outlive the store
  region::RegionDirectory regions_;
  ActiveWrites data_set_writes_;
  ShardedLogs sharded_logs_;
};

}  // namespace holdfast
