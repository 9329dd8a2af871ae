// Batches that are more than records: the catalog has the last word on them.

#include <memory>
#include <thread>
#include <utility>

#include "common/base/check.hpp"
#include "common/engine/engine.hpp"
#include "common/engine/engine_room.hpp"

namespace holdfast {
namespace {

/// One catalog record decides the batch, and says what else the batch has changed.
class CatalogDecision final : public BatchDecision {
 public:
  CatalogDecision(Catalog& catalog, std::vector<CatalogEntry> entries)
      : catalog_(catalog), entries_(std::move(entries)) {}

  [[nodiscard]] Result<void> prepare() override {
    auto prepared = catalog_.prepare(std::move(entries_));
    if (!prepared) return Unexpected(prepared.error());
    prepared_ = std::move(*prepared);
    return success();
  }

  [[nodiscard]] Result<void> decide() override { return prepared_->commit(); }

  void give_up() noexcept override { prepared_.reset(); }

 private:
  Catalog& catalog_;
  std::vector<CatalogEntry> entries_;
  std::unique_ptr<Catalog::Prepared> prepared_;
};

}  // namespace

// The number is drawn under the lock: "up to this number" must not pass over a batch that is still to be decided.
Result<void> Engine::write_decided(std::span<WriteEntry> entries, std::vector<CatalogEntry> also) {
  HOLDFAST_CHECK(!entries.empty());
  if (auto writable = check_writable(); !writable) return writable;
  const std::lock_guard lock(deciding_);
  also.push_back({.type = CatalogEntryType::batch_decided, .epoch = superblock_.epoch});
  return write_with_room(entries, [&] {
    const auto guard = batch_guards_.enter();
    const std::uint64_t batch = next_batch_.fetch_add(1);
    for (WriteEntry& entry : entries) entry.draft.batch = batch;
    also.back().batch = batch;
    CatalogDecision decision(*catalog_, also);
    return write_placed(entries, Durability::immediate, &decision);
  });
}

// Who draws a number has entered before, and leaves when its batch has had its outcome. Sequentially consistent, as the
// guards are: a number that is seen here was drawn by somebody who is seen inside.
std::uint64_t Engine::whole_batches() noexcept {
  const std::uint64_t last = next_batch_.load() - 1;
  const std::uint64_t phase = batch_guards_.phase();
  for (batch_guards_.advance(); !batch_guards_.out_of_sight(phase); batch_guards_.advance()) std::this_thread::yield();
  return last;
}

// Behind this record the catalog needs no entry for an epoch, but for one that has left a batch undecided: such a one
// keeps its entry for good, as its records stay on the medium. Without room everything stays as it is, and is as true.
Result<void> Engine::settle_batches(std::uint32_t epoch) {
  std::vector<CatalogEntry> entries{{.type = CatalogEntryType::batches_settled, .epoch = epoch}};
  bool has_news = false;
  catalog_->with_state([&](const CatalogState& state) {
    const auto is_settled = [&](std::uint32_t other) { return other <= state.settled_epoch(); };
    for (const auto& [other, decided] : state.decided_batches()) has_news = has_news || !is_settled(other);
    for (const std::uint32_t other : undecided_epochs_) {
      if (is_settled(other)) continue;
      has_news = true;
      const auto decided = state.decided_batches().find(other);
      entries.push_back({.type = CatalogEntryType::batch_decided,
                         .epoch = other,
                         .batch = decided == state.decided_batches().end() ? 0 : decided->second});
    }
  });
  if (!has_news) return success();
  auto settled = catalog_->commit(entries);
  if (!settled && settled.error().code == ErrorCode::no_space) return success();
  return settled;
}

}  // namespace holdfast
