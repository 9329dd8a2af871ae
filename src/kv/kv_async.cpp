// Writes that nobody waits for.

#include <utility>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "kv/kv_space.hpp"

namespace holdfast::kv {
namespace {

/// Keeps the write registered as pending until its outcome is known, and shows it before anybody is told. Its version is
/// drawn where it is queued, so one thread's writes of a key have rising ones in the order of its calls.
class PendingAsync final : public AsyncFollower {
 public:
  PendingAsync(std::shared_ptr<KvSpace> space, Engine& engine, std::uint64_t hash, Durability durability)
      : space_(std::move(space)), engine_(engine), hash_(hash), durability_(durability) {}
  PendingAsync(const PendingAsync&) = delete;
  PendingAsync& operator=(const PendingAsync&) = delete;
  ~PendingAsync() override {
    if (is_pending_) space_->abandon(pending_);
  }

  [[nodiscard]] Result<void> begin(WriteEntry& entry) override {
    const auto begun =
        space_->begin(engine_, hash_, entry.draft.key, leaves(entry.draft.type, entry.draft.flags));
    if (!begun) return Unexpected(begun.error());
    pending_ = *begun;
    is_pending_ = true;
    entry.draft.version = pending_.version;
    return success();
  }

  void end(const WriteEntry& entry, Result<void>& outcome) noexcept override {
    if (!outcome) return give_up();
    outcome = without_bad_alloc([&] {
      space_->publish(engine_, pending_, entry, durability_);
      return success();
    });
    if (!outcome) return give_up();  // the next open shows it
    is_pending_ = false;
  }

 private:
  void give_up() noexcept {
    space_->abandon(pending_);
    is_pending_ = false;
  }

  std::shared_ptr<KvSpace> space_;  // whose handles may all be gone before the outcome
  Engine& engine_;
  std::uint64_t hash_;
  Durability durability_;
  PendingWrite pending_{};
  bool is_pending_ = false;
};

}  // namespace

Result<std::shared_ptr<TicketState>> KvSpace::write_async(Engine& engine, std::string_view key,
                                                          const StoredValue& value, Durability durability) {
  const std::uint64_t hash = key_hash(key);
  expect_change(hash);
  auto follower = std::make_unique<PendingAsync>(shared_from_this(), engine, hash, durability);
  return engine.write_async(entry({.hash = hash, .key = key}, value), durability, std::move(follower));
}

Result<std::shared_ptr<TicketState>> KvSpace::put_async(std::string_view key, std::string_view value,
                                                        const WriteTerms& terms) {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  if (auto checked = check_value(value); !checked) return Unexpected(checked.error());
  if (auto checked = terms.lifespan.check(); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  make_way(*engine);
  return write_async(*engine, key, stored_value(value, value_terms(*engine, terms.lifespan)), terms.durability);
}

Result<std::shared_ptr<TicketState>> KvSpace::erase_async(std::string_view key, Durability durability) {
  if (auto checked = check_key(key); !checked) return Unexpected(checked.error());
  const auto engine = gate_->enter();
  if (!engine) return Unexpected(EngineGate::closed_error());
  return write_async(*engine, key, StoredValue::erase(), durability);
}

}  // namespace holdfast::kv
