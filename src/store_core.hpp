#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <holdfast/report.hpp>

#include "common/engine/engine_gate.hpp"
#include "kv/kv_space.hpp"
#include "log/log_stream.hpp"
#include "region/region_directory.hpp"

namespace holdfast {

/// What a Store is made of: the engine behind its gate, and the facades' spaces.
class StoreCore {
 public:
  StoreCore(std::unique_ptr<Engine> engine, Backend backend)
      : backend_(backend), report_(engine->report()), gate_(std::make_shared<EngineGate>(std::move(engine))), regions_(gate_) {}
  ~StoreCore() { gate_->release(); }
  StoreCore(const StoreCore&) = delete;
  StoreCore& operator=(const StoreCore&) = delete;

  /// Builds the spaces' indexes from what recovery found. Before anybody else uses the store.
  [[nodiscard]] Result<void> recover();

  [[nodiscard]] Result<std::shared_ptr<kv::KvSpace>> kv(std::string_view name, const KvOptions& options);
  [[nodiscard]] Result<std::shared_ptr<log::LogStream>> log(std::string_view name, const LogOptions& options);

  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> region(std::string_view name, OpenMode mode);
  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> region(RegionId id);
  [[nodiscard]] Result<std::shared_ptr<region::RegionSpace>> create_region(const NewRegion& region,
                                                                           std::uint64_t size_bytes_max);
  [[nodiscard]] Result<std::vector<RegionInfo>> regions(std::string_view prefix) const;

  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }
  [[nodiscard]] const RecoveryReport& report() const noexcept { return report_; }
  [[nodiscard]] Backend backend() const noexcept { return backend_; }

 private:
  template <class FacadeSpace>
  using Spaces = std::map<std::string, std::shared_ptr<FacadeSpace>, std::less<>>;

  template <class SpacePointer, class Create>
  [[nodiscard]] static Result<SpacePointer> open_space(Engine& engine, SpaceKind kind, std::string_view name,
                                                       OpenMode mode, SpacePointer found, Create&& create);

  /// The space of that name, opened or created as `mode` says; `prepare` gets a new one before anybody else.
  template <class FacadeSpace, class Prepare>
  [[nodiscard]] Result<std::shared_ptr<FacadeSpace>> open_indexed(Spaces<FacadeSpace>& spaces, SpaceKind kind,
                                                                  std::string_view name, OpenMode mode,
                                                                  const Prepare& prepare);

  Backend backend_;
  RecoveryReport report_;
  std::shared_ptr<EngineGate> gate_;
  std::mutex mutex_;  // guards the maps
  Spaces<kv::KvSpace> kv_spaces_;
  Spaces<log::LogStream> log_streams_;
  region::RegionDirectory regions_;
};

}  // namespace holdfast
