#include <holdfast/store.hpp>

#include <algorithm>
#include <bit>
#include <span>

#include "common/base/key_hash.hpp"
#include "common/base/out_of_memory.hpp"
#include "common/base/success.hpp"
#include "store_core.hpp"

namespace holdfast {

/// One commit: what each operation's facade adds to a single write, and what becomes of it afterwards.
/// Key-value spaces register their writes before and take them into their indexes behind; streams are shown by
/// whoever makes the write durable.
/// Threads: one.
class BatchCommit {
 public:
  /// Lists that a thread uses again and again, so that a commit allocates nothing of its own.
  class Lists;

  BatchCommit(const Batch& batch, Lists& lists);

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
  [[nodiscard]] kv::KvSpace& space_of(const Operation& operation) const noexcept {
    return kv::space_of(batch_.spaces_[operation.handle]);
  }
  [[nodiscard]] bool are_on_one_key(const Operation& left, const Operation& right) const noexcept {
    return key_of(left) == key_of(right) && &space_of(left) == &space_of(right);
  }

  [[nodiscard]] static Result<void> check_store(const std::shared_ptr<EngineGate>& found,
                                                const std::shared_ptr<EngineGate>& expected);
  [[nodiscard]] bool fits(const Operation& operation) const noexcept;
  [[nodiscard]] Result<void> check_sizes(const Operation& operation) const;
  void list_changes();
  void begin(Engine& engine);

  const Batch& batch_;
  Lists& lists_;
  LogKeyDisk log_key_ = log::LogStream::key_now();
};

class BatchCommit::Lists {
 public:
  /// Of the thread; empty, unless a commit of this thread is at work.
  [[nodiscard]] static Lists& of_this_thread() {
    thread_local Lists lists;
    return lists;
  }

  /// Keeps the memory unless it has become unusually large.
  void clear() noexcept {
    if (changes.capacity() > kKeptCountMax || entries.capacity() > kKeptCountMax) *this = Lists();
    changes.clear();
    pending.clear();
    entries.clear();
  }

  /// An operation on a key.
  struct Change {
    std::uint64_t hash;
    const Operation* operation;
    bool counts;  ///< None behind it is on the same key.
  };
  std::vector<Change> changes;  // in the order of operations
  std::vector<const Change*> table;

  /// A write of a key that its space waits for.
  struct Pending {
    kv::KvSpace* space;
    kv::PendingWrite write;
    std::size_t entry;
  };
  std::vector<Pending> pending;
  std::vector<WriteEntry> entries;

 private:
  static constexpr std::size_t kKeptCountMax = 4096;
};

BatchCommit::BatchCommit(const Batch& batch, Lists& lists) : batch_(batch), lists_(lists) { lists_.clear(); }

Result<void> BatchCommit::check_store(const std::shared_ptr<EngineGate>& found,
                                      const std::shared_ptr<EngineGate>& expected) {
  if (found == expected) return success();
  return Unexpected(Error{.code = ErrorCode::invalid_argument, .message = "the batch holds a space of another store"});
}

bool BatchCommit::fits(const Operation& operation) const noexcept {
  return operation.kind == Kind::append ? log::LogStream::fits(value_of(operation))
                                        : kv::KvSpace::fits(key_of(operation), value_of(operation));
}

Result<void> BatchCommit::check_sizes(const Operation& operation) const {
  if (operation.kind == Kind::append) return log::LogStream::check_payload(value_of(operation));
  if (auto checked = kv::KvSpace::check_key(key_of(operation)); !checked) return checked;
  return kv::KvSpace::check_value(value_of(operation));
}

Result<void> BatchCommit::check(const std::shared_ptr<EngineGate>& gate) const {
  if (batch_.is_short_) return Unexpected(out_of_memory());
  for (const Operation& operation : batch_.operations_)
    if (!fits(operation)) return check_sizes(operation);
  for (const Kv& space : batch_.spaces_)
    if (auto checked = check_store(kv::space_of(space).gate(), gate); !checked) return checked;
  for (const Log& stream : batch_.streams_)
    if (auto checked = check_store(log::stream_of(stream).gate(), gate); !checked) return checked;
  return success();
}

Durability BatchCommit::durability() const {
  Durability strictest = Durability::buffered;  // the enum rises from strict to lax
  for (const Kv& space : batch_.spaces_) strictest = std::min(strictest, space.options_.durability);
  for (const Log& stream : batch_.streams_) strictest = std::min(strictest, stream.options_.durability);
  return strictest;
}

// Of several changes of one key the last one counts. Each finds those behind it in a table by the hash of its key.
void BatchCommit::list_changes() {
  for (const Operation& operation : batch_.operations_) {
    if (operation.kind == Kind::append) continue;
    lists_.changes.push_back({.hash = key_hash(key_of(operation)), .operation = &operation, .counts = true});
    space_of(operation).expect_change(lists_.changes.back().hash);
  }
  lists_.table.assign(std::bit_ceil(2 * lists_.changes.size()), nullptr);
  const std::size_t mask = lists_.table.size() - 1;
  for (auto change = lists_.changes.rbegin(); change != lists_.changes.rend(); ++change) {
    std::size_t place = change->hash & mask;
    const auto is_another_key = [&](const Lists::Change& later) {
      return later.hash != change->hash || !are_on_one_key(*later.operation, *change->operation);
    };
    while (lists_.table[place] != nullptr && is_another_key(*lists_.table[place])) place = (place + 1) & mask;
    change->counts = lists_.table[place] == nullptr;
    if (change->counts) lists_.table[place] = &*change;
  }
}

void BatchCommit::begin(Engine& engine) {
  lists_.entries.reserve(batch_.operations_.size());
  lists_.pending.reserve(lists_.changes.size());  // what has begun must be known here
  auto change = lists_.changes.begin();
  for (const Operation& operation : batch_.operations_) {
    if (operation.kind == Kind::append) {
      log::LogStream& stream = log::stream_of(batch_.streams_[operation.handle]);
      lists_.entries.push_back(stream.entry(log_key_, value_of(operation)));
      continue;
    }
    const Lists::Change& counted = *change++;
    if (!counted.counts) continue;
    kv::KvSpace& space = space_of(operation);
    lists_.pending.push_back({&space, space.begin(engine, counted.hash, key_of(operation)), lists_.entries.size()});
    lists_.entries.push_back(
        space.entry(lists_.pending.back().write, value_of(operation), operation.kind == Kind::erase));
  }
}

Result<void> BatchCommit::run(Engine& engine, Durability durability) {
  if (batch_.operations_.empty()) return success();
  auto written = without_bad_alloc([&] {
    list_changes();
    begin(engine);
    for (const Lists::Pending& pending : lists_.pending) pending.space->expect_publish(pending.write);
    return engine.write(lists_.entries, durability);
  });
  const bool is_written = written.has_value();
  for (const Lists::Pending& pending : lists_.pending) {
    auto shown = without_bad_alloc([&] {
      if (is_written) pending.space->publish(engine, pending.write, lists_.entries[pending.entry], durability);
      return success();
    });
    if (is_written && shown) continue;
    pending.space->abandon(pending.write);
    if (!shown) written = std::move(shown);
  }
  lists_.clear();
  return written;
}

Result<void> Store::commit(const Batch& batch, WriteOptions options) {
  return core_->gate()->answer([&]() -> Result<void> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    BatchCommit commit(batch, BatchCommit::Lists::of_this_thread());
    if (auto checked = commit.check(core_->gate()); !checked) return checked;
    return commit.run(*engine, options.durability.value_or(commit.durability()));
  });
}

}  // namespace holdfast
