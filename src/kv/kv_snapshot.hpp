#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "kv/kv_space.hpp"

namespace holdfast::kv {

/// What a KvSnapshot, and every cursor made of it, hold on to.
/// Threads: any, once it has begun.
class Snapshot {
 public:
  Snapshot(std::shared_ptr<KvSpace> space, bool verify) noexcept : space_(std::move(space)), verify_(verify) {}
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    if (moment_) space_->end_snapshot(*moment_);
  }

  /// Errors: closed, not_found (the space was dropped).
  [[nodiscard]] Result<void> begin(ScanRegistry::Kind kind = ScanRegistry::Kind::snapshot) {
    const auto engine = space_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    if (space_->is_dropped()) return Unexpected(KvSpace::dropped_error());
    moment_ = space_->begin_snapshot(*engine, kind);
    return {};
  }

  /// Requires: it has begun.
  [[nodiscard]] const Moment& moment() const noexcept { return *moment_; }
  [[nodiscard]] KvSpace& space() const noexcept { return *space_; }
  [[nodiscard]] bool verify() const noexcept { return verify_; }

 private:
  std::shared_ptr<KvSpace> space_;
  bool verify_;
  std::optional<Moment> moment_;
};

}  // namespace holdfast::kv
