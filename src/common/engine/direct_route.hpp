#pragma once

#include "common/engine/write_route.hpp"

namespace holdfast {

/// Each writer places its records in a tail that it leases for the operation, and fences for itself.
/// For media where a fence drains the calling core only: there is nothing to share.
///
/// Crash order, as in docs/durability.md "put, direct": (1) record flushed; (2) one fence; (3) index.
/// Every durability level fences before it returns, since nobody could do it later for this core. So
/// an asynchronous write is done when it is accepted, and an interval has nothing to wait for.
///
/// A log's tail is leased by one writer at a time, from before its ids are drawn until they are shown.
class DirectRoute final : public WriteRoute {
 public:
  explicit DirectRoute(Storage& storage) : storage_(storage) {}

  using WriteRoute::write;
  [[nodiscard]] Result<void> write(std::span<WriteEntry> entries, Durability durability,
                                   BatchDecision* decision) override;
  [[nodiscard]] Result<void> sync() override;
  [[nodiscard]] Result<void> stand_still(std::span<Space* const> spaces, const Call& call) override;
  void write_async(std::unique_ptr<AsyncWrite> accepted) override;
  [[nodiscard]] bool note_interval(std::uint64_t /*bytes*/) noexcept override { return true; }
  void stop() noexcept override {}

 private:
  [[nodiscard]] Result<void> write_stage(WriteStage& stage);

  Storage& storage_;
};

}  // namespace holdfast
