#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/kv.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "common/index/hash_index.hpp"
#include "kv/key_order.hpp"
#include "kv/scan_registry.hpp"

namespace holdfast::kv {

/// A key-value space at work: the index over its records, and the order of writes to each key.
///
/// A write: (1) begin: a stripe's lock fixes the version and registers the write as pending; (2) the
/// engine makes the record durable; (3) publish: under the lock again, the index takes the record if
/// its version is the highest. Keys are compared on the medium outside every lock.
/// Threads: any number of callers.
class KvSpace {
 public:
  KvSpace(std::shared_ptr<EngineGate> gate, Space& space) : gate_(std::move(gate)), space_(space), name_(space.name()) {}

  /// Fills the index from what recovery has found; before anybody else uses the space. Adds the extents
  /// of large values that are still present to `referenced`.
  void recover(Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced);

  /// Makes room in the index for `count` keys; before anybody else uses the space.
  void expect_keys(std::uint64_t count) { index_.reserve(count); }

  [[nodiscard]] Result<void> put(std::string_view key, std::string_view value, Durability durability);
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key, bool verify) const;
  [[nodiscard]] Result<bool> erase(std::string_view key, Durability durability);
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                             std::string_view desired, Durability durability);
  [[nodiscard]] Result<bool> contains(std::string_view key) const;
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Kv::Visitor& visitor) const;

  // The parts of a batch that Store::commit puts together: begin each operation, write all, end each.
  [[nodiscard]] PendingWrite begin(Engine& engine, std::uint64_t hash, std::string_view key);
  [[nodiscard]] WriteEntry entry(const PendingWrite& pending, std::string_view value, bool erases) const noexcept {
    return {.space = &space_,
            .draft = {.type = erases ? RecordType::erase : RecordType::put,
                      .version = pending.version,
                      .key = pending.key,
                      .payload = value}};
  }
  /// Hints, some time before begin() and before publish(): several writes' waits for memory then overlap.
  void expect_change(std::uint64_t hash) const noexcept { index_.prefetch(hash); }
  void expect_publish(const PendingWrite& pending) const noexcept { index_.prefetch_entries(pending.hash); }
  void publish(Engine& engine, const PendingWrite& pending, const WriteEntry& entry, Durability durability);
  void abandon(const PendingWrite& pending);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }

  /// Where the present record of `key` and its value's parts lie in the store; for tests of durability.
  [[nodiscard]] std::vector<ByteRange> placements(std::string_view key) const;

  [[nodiscard]] static bool fits(std::string_view key, std::string_view value) noexcept {
    return !key.empty() && key.size() <= kKeySizeBytesMax && value.size() <= kValueSizeBytesMax;
  }
  /// What does not fit: invalid_argument or too_large.
  [[nodiscard]] static Result<void> check_key(std::string_view key);
  [[nodiscard]] static Result<void> check_value(std::string_view value);

 private:
  /// A slot of the index that is the key's, among those of its hash.
  struct Match {
    IndexSlots slots;
    std::optional<std::size_t> index;

    [[nodiscard]] bool is_live() const noexcept { return index && !slots[*index].erased; }
    [[nodiscard]] const IndexSlot& slot() const noexcept { return slots[*index]; }
  };

  [[nodiscard]] Result<Match> match(const Engine& engine, std::uint64_t hash, std::string_view key) const;
  [[nodiscard]] std::optional<std::size_t> match_among(const Engine& engine, const IndexSlots& slots,
                                                       std::string_view key) const;
  [[nodiscard]] Result<void> write(Engine& engine, const PendingWrite& pending, std::string_view value, bool erases,
                                   Durability durability);
  [[nodiscard]] static IndexSlot slot_of(const RecoveredRecord& record) noexcept;
  [[nodiscard]] bool holds(const RecoveredRecord& record) const;
  void insert_recovered(const Engine& engine, const RecoveredRecord& record);
  void reference_parts(const Engine& engine, Location location, std::set<SegmentId>& referenced) const;
  void retire(Engine& engine, const Replacement& replacement) const;

  std::shared_ptr<EngineGate> gate_;
  Space& space_;  // the engine's: touched only inside the gate
  std::string name_;
  HashIndex index_;
  mutable KeyOrder order_;
  mutable ScanRegistry scans_;
};

}  // namespace holdfast::kv
