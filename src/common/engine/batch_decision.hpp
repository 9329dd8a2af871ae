#pragma once

#include <holdfast/error.hpp>

#include "common/base/success.hpp"

namespace holdfast {

/// What has the last word on a batch: its records count if decide() has succeeded, and not by themselves.
///
/// Crash order, as in docs/durability.md "batch": (1) the records, then their trailer, are durable; (2) decide() is;
/// (3) the records are shown, and others are written behind them. A record behind them before (2) would say by its
/// watermark that they count, or be lost with them.
/// Threads: one, that of who writes the records; it makes all calls.
class BatchDecision {
 public:
  /// Room and memory for decide(): from here on the medium alone can refuse it. Behind the last step that may need the
  /// catalog for others' sake, and before anything of the batch is placed. Errors: no_space, io; nothing changed.
  [[nodiscard]] virtual Result<void> prepare() = 0;

  /// Behind prepare(), once. Durability: immediate. Errors: io.
  [[nodiscard]] virtual Result<void> decide() = 0;

  /// Instead of decide().
  virtual void give_up() noexcept = 0;

 protected:
  ~BatchDecision() = default;
};

/// A decision that is under way, if there is any; given up unless it is made.
/// Threads: one.
class Deciding {
 public:
  Deciding() = default;
  Deciding(const Deciding&) = delete;
  Deciding& operator=(const Deciding&) = delete;
  ~Deciding() {
    if (pending_ != nullptr) pending_->give_up();
  }

  /// Null: there is nothing to decide. Errors: as BatchDecision::prepare().
  [[nodiscard]] Result<void> prepare(BatchDecision* decision) {
    if (decision == nullptr) return success();
    if (auto prepared = decision->prepare(); !prepared) return prepared;
    pending_ = decision;
    return success();
  }

  [[nodiscard]] bool is_pending() const noexcept { return pending_ != nullptr; }

  [[nodiscard]] Result<void> decide() {
    if (pending_ == nullptr) return success();
    auto decided = pending_->decide();
    if (decided) pending_ = nullptr;
    return decided;
  }

 private:
  BatchDecision* pending_ = nullptr;
};

}  // namespace holdfast
