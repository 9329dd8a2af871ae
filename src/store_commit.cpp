#include <holdfast/store.hpp>

#include <algorithm>

#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "kv/kv_batch.hpp"
#include "store_batch_cursors.hpp"
#include "store_batch_regions.hpp"
#include "store_core.hpp"

namespace holdfast {

/// One commit: what each operation's facade adds to a single write, and what becomes of it afterwards.
/// Key-value spaces register their writes before and take them into their indexes behind; streams are shown by
/// whoever makes the write durable; regions take their new extents last.
/// Threads: one.
class BatchCommit {
 public:
  BatchCommit(const Batch& batch, kv::BatchWrites& writes, StoreLedger& ledger);

  /// Errors: as Store::commit, for what can be told before anything is written.
  [[nodiscard]] Result<void> check(const std::shared_ptr<EngineGate>& gate) const;

  /// The strictest default of all spaces involved.
  [[nodiscard]] Durability durability() const;

  [[nodiscard]] Result<void> run(Engine& engine, Durability durability);

 private:
  using Kind = Batch::Kind;
  using Operation = Batch::Operation;

  [[nodiscard]] std::string_view key_of(const Operation& operation) const noexcept {
    return std::string_view(batch_.bytes_).substr(operation.start, operation.key_size_bytes);
  }
  [[nodiscard]] std::string_view value_of(const Operation& operation) const noexcept {
    return std::string_view(batch_.bytes_)
        .substr(operation.start + operation.key_size_bytes, operation.value_size_bytes);
  }
  [[nodiscard]] LogDraft draft_of(const Operation& operation) const noexcept {
    LogDraft draft{.payload = value_of(operation), .timestamp_us = operation.timestamp_us};
    if (operation.is_keyed) draft.key = key_of(operation);
    return draft;
  }
  [[nodiscard]] static kv::Lifespan lifespan_of(const Operation& operation) noexcept {
    return kv::Lifespan::of(operation.ttl_ms, operation.expires_at_us);
  }
  [[nodiscard]] kv::KvSpace& space_of(const Operation& operation) const noexcept {
    return kv::space_of(batch_.spaces_[operation.handle]);
  }

  [[nodiscard]] static Result<void> check_store(const std::shared_ptr<EngineGate>& found,
                                                const std::shared_ptr<EngineGate>& expected);
  [[nodiscard]] bool fits(const Operation& operation) const noexcept;
  [[nodiscard]] Result<void> check_sizes(const Operation& operation) const;
  void add_changes();
  [[nodiscard]] Result<void> begin(Engine& engine);
  template <class Write>
  [[nodiscard]] Result<void> write_records(Engine& engine, Durability durability, const Write& write);
  [[nodiscard]] Result<void> run_with_regions(Engine& engine);

  const Batch& batch_;
  kv::BatchWrites& writes_;
  StoreLedger& ledger_;
  BatchCursors cursors_;
  // What entries of logs refer to.
  struct Append {
    log::EntryKey key;
    StoredValue stored;
  };
  std::vector<Append> appends_;
};

BatchCommit::BatchCommit(const Batch& batch, kv::BatchWrites& writes, StoreLedger& ledger)
    : batch_(batch), writes_(writes), ledger_(ledger), cursors_(batch) {}

Result<void> BatchCommit::check_store(const std::shared_ptr<EngineGate>& found,
                                      const std::shared_ptr<EngineGate>& expected) {
  if (found == expected) return success();
  return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "the batch holds a space of another store"});
}

bool BatchCommit::fits(const Operation& operation) const noexcept {
  if (operation.is_of_region()) return true;  // its limit is looked at when its change is planned
  if (operation.kind == Kind::commit_cursor) return log::LogStream::check_cursor_name(key_of(operation)).has_value();
  return operation.kind == Kind::append ? log::LogStream::check_draft(draft_of(operation)).has_value()
                                        : kv::KvSpace::fits(key_of(operation), value_of(operation)) &&
                                              lifespan_of(operation).is_valid();
}

Result<void> BatchCommit::check_sizes(const Operation& operation) const {
  if (operation.kind == Kind::append) return log::LogStream::check_draft(draft_of(operation));
  if (operation.kind == Kind::commit_cursor) return log::LogStream::check_cursor_name(key_of(operation));
  if (auto checked = kv::KvSpace::check_key(key_of(operation)); !checked) return checked;
  if (auto checked = kv::KvSpace::check_value(value_of(operation)); !checked) return checked;
  return lifespan_of(operation).check();
}

Result<void> BatchCommit::check(const std::shared_ptr<EngineGate>& gate) const {
  if (batch_.is_short_) return Unexpected(out_of_memory());
  for (const Operation& operation : batch_.operations_)
    if (!fits(operation)) return check_sizes(operation);
  for (const Kv& space : batch_.spaces_)
    if (auto checked = check_store(kv::space_of(space).gate(), gate); !checked) return checked;
  for (const Log& stream : batch_.streams_)
    if (auto checked = check_store(log::stream_of(stream).gate(), gate); !checked) return checked;
  for (const Region& region : batch_.regions_)
    if (auto checked = check_store(region::space_of(region).gate(), gate); !checked) return checked;
  return success();
}

Durability BatchCommit::durability() const {
  Durability strictest = Durability::buffered;  // the enum rises from strict to lax
  for (const Kv& space : batch_.spaces_) strictest = std::min(strictest, space.options_.durability);
  for (const Log& stream : batch_.streams_) strictest = std::min(strictest, stream.options_.durability);
  return strictest;
}

void BatchCommit::add_changes() {
  for (const Operation& operation : batch_.operations_)
    if (operation.kind == Kind::put)
      writes_.add_put(space_of(operation), key_of(operation), value_of(operation), lifespan_of(operation));
    else if (operation.kind == Kind::erase)
      writes_.add_erase(space_of(operation), key_of(operation));
    else if (operation.kind == Kind::commit_cursor)
      cursors_.add_next(writes_);
}

Result<void> BatchCommit::begin(Engine& engine) {
  const auto is_append = [](const Operation& operation) { return operation.kind == Kind::append; };
  appends_.reserve(static_cast<std::size_t>(
      std::count_if(batch_.operations_.begin(), batch_.operations_.end(), is_append)));  // entries refer to them
  const std::uint64_t now_us = appends_.capacity() == 0 ? 0 : engine.expiry_clock().read_us();
  for (const Operation& operation : batch_.operations_) {
    if (operation.is_of_region()) continue;
    if (operation.kind == Kind::append) {
      log::LogStream& stream = log::stream_of(batch_.streams_[operation.handle]);
      const LogDraft draft = draft_of(operation);
      appends_.push_back({log::EntryKey(draft.timestamp_us.value_or(now_us), draft.key), stream.store(draft.payload)});
      writes_.add_entry(stream.entry(appends_.back().key, appends_.back().stored));
    } else {
      if (auto begun = writes_.begin_next(engine); !begun) return begun;
    }
  }
  return success();
}

Result<void> BatchCommit::run(Engine& engine, Durability durability) {
  if (batch_.operations_.empty()) return success();
  if (!batch_.regions_.empty()) return run_with_regions(engine);
  return write_records(engine, durability, [&] { return engine.write(writes_.entries(), durability); });
}

// Crash order, as in docs/durability.md "batch": (1) the bytes of regions are durable; (2) so are the records and their
// trailer; (3) one catalog record decides it all. Without records (3) is all there is to it.
Result<void> BatchCommit::run_with_regions(Engine& engine) {
  const auto raw = engine.raw_bytes();
  if (!raw) return Unexpected(raw.error());
  BatchRegions regions(batch_);
  if (auto prepared = regions.prepare(**raw); !prepared) return prepared;
  if (auto written = regions.write(**raw); !written) return written;  // (1)
  if (batch_.spaces_.empty() && batch_.streams_.empty()) return regions.publish(**raw);
  return write_records(engine, Durability::immediate, [&]() -> Result<void> {
    if (regions.are_unchanged()) return engine.write(writes_.entries(), Durability::immediate);
    auto decided = engine.write_decided(writes_.entries(), regions.entries());  // (2) (3)
    regions.finish(decided);
    return decided;
  });
}

template <class Write>
Result<void> BatchCommit::write_records(Engine& engine, Durability durability, const Write& write) {
  if (auto begun = cursors_.begin(engine, ledger_); !begun) return begun;
  add_changes();
  auto written = writes_.run(engine, durability, batch_.operations_.size(), [&] { return begin(engine); }, write);
  cursors_.end(written.has_value());
  return written;
}

Result<void> Store::commit(const Batch& batch, WriteOptions options) {
  return core_->gate()->answer([&]() -> Result<void> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    BatchCommit commit(batch, kv::BatchWrites::of_this_thread(), *core_->ledger());
    if (auto checked = commit.check(core_->gate()); !checked) return checked;
    return commit.run(*engine, options.durability.value_or(commit.durability()));
  });
}

}  // namespace holdfast
