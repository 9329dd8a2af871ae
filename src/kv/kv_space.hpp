#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <holdfast/kv.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "common/engine/record_owner.hpp"
#include "common/index/hash_index.hpp"
#include "kv/eviction.hpp"
#include "kv/index_account.hpp"
#include "kv/key_order.hpp"
#include "kv/ordered_index.hpp"
#include "kv/scan_registry.hpp"
#include "kv/write_terms.hpp"

namespace holdfast::kv {

struct RecoveredEntry;

/// What a snapshot shows: every write below the version, but for keys that had expired by then.
struct Moment {
  std::uint64_t version = 0;
  std::uint64_t time_us = 0;  ///< 0: no key of the space could expire.
};

/// A key-value space at work: the index over its records, and the order of writes to each key.
///
/// A write: (1) begin: a stripe's lock fixes the version and registers the write as pending; (2) the
/// engine makes the record durable; (3) publish: under the lock again, the index takes the record if
/// its version is the highest. Keys are compared on the medium outside every lock.
/// Threads: any number of callers.
class KvSpace final : public RecordOwner, public std::enable_shared_from_this<KvSpace> {
 public:
  KvSpace(std::shared_ptr<EngineGate> gate, Space& space);

  /// Fills the index from what recovery has found, and takes the records out there; before anybody else uses the space.
  /// Adds the extents of large values that are still present to `referenced`, and to `recovered` which records it could
  /// not read when it had to.
  void recover(Engine& engine, RecoveredSpace& recovered, std::set<SegmentId>& referenced);

  /// What the index takes, by the estimates of index_cost.hpp.
  [[nodiscard]] std::int64_t index_bytes() const { return account_.bytes(order_.live()); }

  /// Makes room in the index for `count` keys; before anybody else uses the space.
  void expect_keys(std::uint64_t count) { index_.reserve(count); }

  /// Whether the stored settings could be read; nobody gets a handle where not. Errors: version_mismatch, corruption.
  [[nodiscard]] const Result<void>& settings_read() const noexcept { return settings_read_; }
  [[nodiscard]] Result<KvSettings> settings() const;
  [[nodiscard]] Result<void> set_settings(const KvSettings& settings);
  /// Settings but `ordered` take effect, without being stored: the second half of set_settings(), and for tests.
  /// Throws std::bad_alloc, not where set_settings() has prepared it. Threads: one at a time.
  void heed(const KvSettings& settings);

  [[nodiscard]] Result<void> put(std::string_view key, std::string_view value, const WriteTerms& terms);
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key, bool verify) const;
  [[nodiscard]] Result<void> multi_put(std::span<const KvEntry> entries, const WriteTerms& terms);
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> multi_get(std::span<const std::string_view> keys,
                                                                          bool verify) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> get_into(std::string_view key, std::span<char> buffer,
                                                              bool verify) const;
  [[nodiscard]] Result<std::optional<KvView>> view(std::string_view key, bool verify) const;

  // Conditional writes; kv_conditional.cpp.
  [[nodiscard]] Result<bool> erase(std::string_view key, Durability durability);
  [[nodiscard]] Result<bool> put_if_absent(std::string_view key, std::string_view value, const WriteTerms& terms);
  [[nodiscard]] Result<bool> compare_and_set(std::string_view key, std::optional<std::string_view> expected,
                                             std::string_view desired, const WriteTerms& terms);
  [[nodiscard]] Result<std::optional<std::string>> exchange(std::string_view key, std::optional<std::string_view> desired,
                                                            const WriteTerms& terms);
  [[nodiscard]] Result<std::optional<std::string>> update(std::string_view key, const Kv::Updater& updater,
                                                          const WriteTerms& terms);
  [[nodiscard]] Result<std::int64_t> add(std::string_view key, std::int64_t delta, const WriteTerms& terms);
  [[nodiscard]] Result<bool> set_ttl(std::string_view key, const WriteTerms& terms);

  [[nodiscard]] Result<std::shared_ptr<TicketState>> put_async(std::string_view key, std::string_view value,
                                                               const WriteTerms& terms);
  [[nodiscard]] Result<std::shared_ptr<TicketState>> erase_async(std::string_view key, Durability durability);

  // Keys that expire; kv_expiry.cpp.
  [[nodiscard]] Result<std::optional<std::uint64_t>> expires_at_us(std::string_view key) const;
  /// Erases keys that have expired, and such that are beyond a bound, some at a time; asks for the next time if there are
  /// others that will.
  void sweep();
  void want_sweep(Engine& engine) const noexcept {
    if (account_.expiring() != 0) engine.want_sweep();
  }
  /// Asks for a sweep at once, if the space is beyond one of its bounds; kv_eviction.cpp.
  void want_eviction(Engine& engine) noexcept;
  [[nodiscard]] const Eviction& eviction() const noexcept { return eviction_; }  ///< For tests.
  /// A write is about to begin: where others have been too slow, room is made for it first. Requires: none of the
  /// caller's writes has begun.
  void make_way(Engine& engine) {
    if (eviction_.exceeds(Eviction::Line::writers)) [[unlikely]] evict_before_write(engine);
  }
  /// How many it has erased so far; for tests.
  [[nodiscard]] std::uint64_t swept() const noexcept { return swept_.load(std::memory_order_relaxed); }

  [[nodiscard]] Result<bool> contains(std::string_view key) const;
  [[nodiscard]] Result<std::uint64_t> size() const;
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Kv::Visitor& visitor) const;

  /// Begins a snapshot of this moment, by which the calls below name it.
  [[nodiscard]] Moment begin_snapshot(Engine& engine, ScanRegistry::Kind kind) const;
  void end_snapshot(const Moment& moment) const noexcept;
  /// Errors of these: as their namesakes; closed: the snapshot was ended, as Options::snapshot_bytes_max says.
  [[nodiscard]] Result<std::optional<std::string>> get_as_of(const Moment& moment, std::string_view key,
                                                             bool verify) const;
  [[nodiscard]] Result<bool> contains_as_of(const Moment& moment, std::string_view key) const;
  [[nodiscard]] Result<std::optional<std::uint64_t>> expires_as_of(const Moment& moment, std::string_view key) const;
  [[nodiscard]] Result<void> scan_as_of(const Moment& moment, std::string_view prefix,
                                        const Kv::Visitor& visitor) const;

  /// Null: the space is not ordered.
  [[nodiscard]] const OrderedIndex* ordered() const noexcept { return ordered_.get(); }
  /// Where the record of `key` as of the snapshot lies, or nothing; and the value there. Errors: as get_as_of.
  /// Requires: a read guard is held.
  struct AsOf {
    std::optional<Location> location{};
    std::uint64_t expired_us = 0;  ///< Where it had expired: its time, for ExpiryClock::will_tell() behind the guard.
  };
  static void tell_expired(const Engine& engine, std::uint64_t expired_us) {
    if (expired_us != 0) engine.expiry_clock().will_tell(expired_us);
  }
  [[nodiscard]] Result<AsOf> find_as_of(const Engine& engine, const Moment& moment, std::string_view key) const;
  [[nodiscard]] Result<std::string> value_as_of(const Engine& engine, const Moment& moment, Location location,
                                                bool verify) const;

  // Cleaning; kv_cleaning.cpp.
  [[nodiscard]] Need need_of(Location location, const RecordView& record) override;
  [[nodiscard]] bool move(Location from, Location to, const RecordView& record) override;
  void forget_tombstone(Location location, const RecordView& record) override;
  [[nodiscard]] std::uint64_t lowest_pending_version() override;
  [[nodiscard]] std::optional<std::uint64_t> oldest_snapshot() const override;
  [[nodiscard]] Result<void> compact(const Kv::CompactProgress& progress);
  [[nodiscard]] Result<KvStatistics> statistics() const;

  [[nodiscard]] bool is_dropped() const noexcept { return dropped_.load(); }

  /// The space and everything in it is gone, durably. Errors: as Engine::drop_space; then it goes on.
  [[nodiscard]] Result<void> drop();

  // The parts of a write, for who puts several together (BatchWrites) or does not wait: begin, write all, end each.
  /// Errors: not_found (the space was dropped), too_large (Options::index_bytes_max).
  [[nodiscard]] Result<PendingWrite> begin(Engine& engine, std::uint64_t hash, std::string_view key, Leaves left);
  [[nodiscard]] static Error dropped_error();
  [[nodiscard]] WriteEntry entry(const PendingWrite& pending, const StoredValue& value) const noexcept {
    return {.space = &space_,
            .draft = {.type = value.type(),
                      .flags = value.flags(),
                      .version = pending.version,
                      .key = pending.key,
                      .payload = value.payload()}};
  }
  /// How a value is stored that is written now.
  [[nodiscard]] ValueTerms value_terms(const Engine& engine, Lifespan lifespan) const {
    return {.compress_above_bytes = compress_above_bytes_.load(std::memory_order_relaxed),
            .expires_us = lifespan.expires_us(engine.expiry_clock(), default_ttl_ms_.load(std::memory_order_relaxed))};
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
  /// One of the slots of a hash, and the length of its record.
  struct MatchedSlot {
    std::size_t index = 0;
    std::uint64_t size_bytes = 0;
  };
  /// A slot of the index that is the key's, among those of its hash.
  struct Match {
    IndexSlots slots;
    std::optional<std::size_t> index;
    std::uint64_t expired_us = 0;  ///< If it has expired: its time. Then this is to be told by tell_expired() first.

    [[nodiscard]] bool is_in_index() const noexcept { return index && !slots[*index].erased; }
    [[nodiscard]] bool is_live() const noexcept { return is_in_index() && expired_us == 0; }
    [[nodiscard]] const IndexSlot& slot() const noexcept { return slots[*index]; }
  };

  [[nodiscard]] Result<Match> match(const Engine& engine, std::uint64_t hash, std::string_view key) const;
  [[nodiscard]] static Result<void> check_newer(const Engine& engine, const IndexSlots& slots, std::uint64_t version,
                                                std::uint64_t version_end);
  [[nodiscard]] Result<void> look_at_expiry(const Engine& engine, Match& match) const;
  /// Requires: slot.expires.
  [[nodiscard]] static std::optional<std::uint64_t> stored_expiry(const Engine& engine, const IndexSlot& slot);
  void sweep_expired(Engine& engine);
  [[nodiscard]] Result<bool> erase_version(Engine& engine, std::uint64_t hash, std::uint64_t version);

  /// A present record whose key may go.
  struct Evictable {
    std::uint64_t hash = 0;
    std::uint64_t version = 0;
  };
  void sweep_excess(Engine& engine);
  void evict_before_write(Engine& engine);
  /// Down to the line, if what is present is above the other one. Errors: as an erase.
  [[nodiscard]] Result<void> evict(Engine& engine, Eviction::Line above, Eviction::Line line);
  [[nodiscard]] Result<bool> find_evictable(const Engine& engine, const Eviction::Excess& excess, bool heeds_marks,
                                            std::vector<Evictable>& found);
  [[nodiscard]] static std::uint64_t parts_size(std::uint8_t flags, std::string_view payload);

  [[nodiscard]] bool expires(const WriteTerms& terms) const noexcept {
    return terms.lifespan.ends(default_ttl_ms_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] Result<void> take_index_room(const Engine& engine, PendingWrite& pending, Leaves left);
  [[nodiscard]] std::optional<MatchedSlot> match_among(const Engine& engine, const IndexSlots& slots,
                                                       std::string_view key) const;

  template <class Use>
  [[nodiscard]] auto read_present(const Engine& engine, std::uint64_t hash, std::string_view key, bool verify,
                                  const Use& use) const
      -> Result<std::optional<typename std::invoke_result_t<const Use&, Location, const RecordView&>::value_type>>;
  [[nodiscard]] Result<std::optional<std::string>> find_value(const Engine& engine, std::uint64_t hash,
                                                              std::string_view key, bool verify) const;
  [[nodiscard]] Result<void> get_group(const Engine& engine, std::span<const std::string_view> keys, bool verify,
                                       std::span<std::optional<std::string>> values) const;

  enum class Look : std::uint8_t { at_presence, at_value };
  struct Decision;
  [[nodiscard]] Result<bool> read_matched(const Engine& engine, std::uint64_t hash, Match& present,
                                          std::optional<std::string>& value) const;
  template <class Decide>
  [[nodiscard]] Result<void> write_if(std::string_view key, Look look, const WriteTerms& terms, const Decide& decide);
  /// `value` nothing: erases.
  [[nodiscard]] Result<void> write(Engine& engine, const PendingWrite& pending, std::optional<std::string_view> value,
                                   const WriteTerms& terms);
  [[nodiscard]] Result<std::shared_ptr<TicketState>> write_async(Engine& engine, std::string_view key,
                                                                 const StoredValue& value, Durability durability);
  // Recovery; kv_recovery.cpp. `entries` have all records of their hashes.
  using Unreadable = std::vector<Location>;
  void insert_recovered(Engine& engine, std::span<const RecoveredEntry> entries, Unreadable& unreadable);
  [[nodiscard]] bool insert_beside(Engine& engine, const RecoveredEntry& entry, KeyOrder::LiveChange& change);
  void settle_doubt(const Engine& engine, std::uint64_t hash, KeyOrder::LiveChange& change, Unreadable& unreadable);
  void forget_tombstones(std::span<const RecoveredEntry> entries);
  [[nodiscard]] std::set<SegmentId> referenced_parts(const Engine& engine, std::span<const RecoveredEntry> entries);
  void await_expiries(const Engine& engine, std::span<const RecoveredEntry> entries);
  void order_recovered(const Engine& engine, std::span<const RecoveredEntry> entries, Unreadable& unreadable);
  [[nodiscard]] bool holds(const RecoveredEntry& entry) const;
  void retire(Engine& engine, const Replacement& replacement) const;
  [[nodiscard]] static std::uint64_t size_on_medium(const Engine& engine, const IndexSlot& slot);
  void give_back_unseen(Engine* engine) const noexcept;
  [[nodiscard]] Error snapshot_ended() const;
  template <class Use>
  [[nodiscard]] auto look_as_of(const Moment& moment, std::string_view key, const Use& use) const
      -> Result<std::optional<typename std::invoke_result_t<const Use&, const Engine&, Location>::value_type>>;
  [[nodiscard]] static Result<AsOf> as_of(const Engine& engine, const Moment& moment, Location location,
                                          const RecordView& record);
  [[nodiscard]] Result<void> walk_as_of(Engine& engine, const Moment& moment, ScanRegistry::Kind kind,
                                        std::string_view prefix, const Kv::Visitor& visitor) const;

  std::shared_ptr<EngineGate> gate_;
  Space& space_;  // the engine's: touched only inside the gate
  std::string name_;
  HashIndex index_;
  mutable KeyOrder order_;
  IndexAccount account_;
  mutable ScanRegistry scans_;
  std::unique_ptr<OrderedIndex> ordered_;  // null: the space is not ordered
  std::atomic<bool> dropped_{false};
  Engine* cleaned_engine_ = nullptr;  // for cleaning, which ends before the engine goes, though the gate may be shut
  std::atomic<std::uint64_t> swept_{0};
  Eviction eviction_;

  Result<void> settings_read_;
  std::mutex changing_settings_;
  std::atomic<std::uint64_t> compress_above_bytes_{0};
  std::atomic<std::uint64_t> default_ttl_ms_{0};
};

}  // namespace holdfast::kv
