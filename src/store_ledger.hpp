#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kv/kv_space.hpp"
#include "log/cursor_store.hpp"

namespace holdfast {

/// docs/format.md "Ledger": under a key of kind, number and name.
struct LedgerKeyDisk {
  std::uint64_t kind;    ///< LedgerKind
  std::uint64_t number;  ///< Of a cursor: the id of its stream's space; of what belongs to a sharded log: the log's number.
};
static_assert(sizeof(LedgerKeyDisk) == 16 && kIsDiskType<LedgerKeyDisk>);

enum class LedgerKind : std::uint64_t {
  cursor = 1,       ///< The rest of the key is its name, the value a CursorDisk.
  sharded_log = 2,  ///< The number is 0, the rest of the key the log's name, the value a ShardedLogDisk.
  checkpoint = 3,   ///< The rest of the key is its sequence, the value a CheckpointDisk and what belongs to it.
  reshard = 4,      ///< No name; the value is a ReshardDisk and what belongs to it.
  moved_cut = 5,    ///< Of a reshard: the rest of the key is a checkpoint's sequence, the value its cut before and behind.
};

/// One thing that the ledger shall keep, or not any more.
struct LedgerChange {
  LedgerKind kind{};
  std::uint64_t number = 0;
  std::string name{};
  std::optional<std::string> value{};  ///< Nothing: it is forgotten.
};

/// One thing that it keeps.
struct LedgerRecord {
  std::string name;
  std::string value;
};

struct CursorDisk {
  std::uint64_t next;
  std::uint64_t committed_us;
  std::uint64_t flags;  ///< kCursorProtects
};
static_assert(sizeof(CursorDisk) == 24 && kIsDiskType<CursorDisk>);

inline constexpr std::uint64_t kCursorProtects = 0x01;

/// What a store keeps for its facades: a key-value space without a name, made when there is something to keep.
/// Threads: any number of callers.
class StoreLedger final : public log::CursorStore {
 public:
  /// `make` creates the space.
  using Make = std::function<Result<std::shared_ptr<kv::KvSpace>>()>;
  explicit StoreLedger(Make make) : make_(std::move(make)) {}

  /// The space that recovery has found. Before anybody else uses the ledger.
  void set_space(std::shared_ptr<kv::KvSpace> space) { space_ = std::move(space); }

  /// Visits all cursors. Errors: corruption, closed.
  using CursorVisitor =
      std::function<Result<void>(SpaceId stream, std::string_view name, const log::CursorState& cursor)>;
  [[nodiscard]] Result<void> for_each_cursor(const CursorVisitor& visit);

  /// What is kept of a cursor.
  class CursorRecord {
   public:
    CursorRecord(SpaceId stream, std::string_view name, const log::CursorState& cursor);
    /// Lifetime: this one's, where it is.
    [[nodiscard]] std::string_view key() const noexcept { return key_; }
    [[nodiscard]] std::string_view value() const noexcept {
      return {reinterpret_cast<const char*>(&value_), sizeof value_};  // bytes as text
    }

   private:
    std::string key_;
    CursorDisk value_;
  };

  /// The space, made if it is not there. Errors: no_space, io, read_only, locked, closed.
  [[nodiscard]] Result<std::shared_ptr<kv::KvSpace>> space_to_write();

  [[nodiscard]] Result<void> keep(SpaceId stream, std::string_view name, const log::CursorState& cursor,
                                  Durability durability) override;
  [[nodiscard]] Result<void> forget(SpaceId stream, std::string_view name) override;

  /// What is kept under that name; nothing: there is none. Errors: corruption, closed.
  [[nodiscard]] Result<std::optional<std::string>> find(LedgerKind kind, std::uint64_t number,
                                                        std::string_view name) const;

  /// All of that kind and number, by name where names are of one size and compare as bytes. Errors: corruption, closed.
  [[nodiscard]] Result<std::vector<LedgerRecord>> all(LedgerKind kind, std::uint64_t number) const;

  /// Makes all changes, all or none after a crash, in one write together with `also`, which get their versions.
  /// Durability: as asked. Errors: as Engine::write.
  [[nodiscard]] Result<void> change(std::span<const LedgerChange> changes, Durability durability,
                                    std::span<WriteEntry> also = {});

  /// Forgets all that is kept of a stream; what fails stays, and nobody looks at it: ids of spaces are not given out again.
  void forget_stream(SpaceId stream) noexcept;

 private:
  [[nodiscard]] std::shared_ptr<kv::KvSpace> space() const;

  Make make_;
  mutable std::mutex mutex_;  // guards space_
  std::shared_ptr<kv::KvSpace> space_;
};

}  // namespace holdfast
