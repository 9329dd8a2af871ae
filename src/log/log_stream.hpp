#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <holdfast/log.hpp>
#include <holdfast/storage.hpp>

#include "common/engine/engine.hpp"
#include "common/engine/engine_gate.hpp"
#include "common/index/sequence_index.hpp"

namespace holdfast::log {

/// A stream at work: the index over its records.
///
/// An append: (1) the stream's one tail gives the record its id and its place; (2) the engine makes it durable, as far
/// as asked; (3) the thread that did so shows it, in the order of the tail, before anybody is told the id. So a
/// reader is never shown an id before a lower one, nor an id that the level asked for could still lose.
/// Threads: any number of callers.
class LogStream final : private WriteObserver {
 public:
  LogStream(std::shared_ptr<EngineGate> gate, Space& space)
      : gate_(std::move(gate)), space_(space), name_(space.name()) {}

  /// Fills the index from what recovery has found; before anybody else uses the stream. Adds the extents
  /// of large payloads to `referenced`.
  void recover(const Engine& engine, const RecoveredSpace& recovered, std::set<SegmentId>& referenced);

  [[nodiscard]] Result<LogId> append(std::string_view payload, Durability durability);
  [[nodiscard]] Result<LogId> append_batch(std::span<const std::string_view> payloads, Durability durability);
  [[nodiscard]] Result<std::shared_ptr<TicketState>> append_async(std::string_view payload, Durability durability);
  [[nodiscard]] Result<LogEntry> read(LogId id, bool verify) const;
  [[nodiscard]] Result<LogId> scan(LogId from, const Log::Visitor& visitor, bool verify) const;
  [[nodiscard]] Result<LogId> first_id() const;
  [[nodiscard]] Result<LogId> next_id() const;

  /// What is written for an append of `payload` under `key`; both must live until the write has its outcome. Showing
  /// it is the writer's part.
  [[nodiscard]] WriteEntry entry(const LogKeyDisk& key, std::string_view payload) noexcept {
    return {.space = &space_,
            .draft = {.type = RecordType::log_entry,
                      .key = {reinterpret_cast<const char*>(&key), sizeof key},  // bytes as text
                      .payload = payload},
            .observer = this};
  }

  /// The key of a record that is appended now.
  [[nodiscard]] static LogKeyDisk key_now() noexcept;

  [[nodiscard]] static bool fits(std::string_view payload) noexcept { return payload.size() <= kPayloadSizeBytesMax; }
  [[nodiscard]] static Result<void> check_payload(std::string_view payload);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::shared_ptr<EngineGate>& gate() const noexcept { return gate_; }

  /// Where the record `id` and its payload's parts lie in the store; for tests of durability.
  [[nodiscard]] std::vector<ByteRange> placements(LogId id) const;

 private:
  static constexpr std::uint64_t kPayloadSizeBytesMax = 0xFFFF'FFFF;

  void make_room(std::uint64_t version_end) override { index_.make_room(version_end); }
  void written(const WriteEntry& entry) noexcept override;
  [[nodiscard]] Result<RecordView> record_at(const Engine& engine, LogId id, bool verify) const;
  [[nodiscard]] static std::uint64_t timestamp_of(const RecordView& record) noexcept;
  [[nodiscard]] Error lost(const Engine& engine, LogId id) const;

  std::shared_ptr<EngineGate> gate_;
  Space& space_;  // the engine's: touched only inside the gate
  std::string name_;
  SequenceIndex index_;
};

}  // namespace holdfast::log
