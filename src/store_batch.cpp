#include <holdfast/store.hpp>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <variant>

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
  BatchCommit(const Batch& batch, const std::shared_ptr<EngineGate>& gate) : batch_(batch), gate_(gate) {}

  /// Errors: as Store::commit, for what can be told before anything is written.
  [[nodiscard]] Result<void> check() const {
    if (batch_.is_short_) return Unexpected(out_of_memory());
    for (const Operation& operation : batch_.operations_) {
      auto checked = std::visit([this](const auto& one) { return check_one(one); }, operation);
      if (!checked) return checked;
    }
    return {};
  }

  /// The strictest default of all spaces involved.
  [[nodiscard]] Durability durability() const {
    Durability strictest = Durability::buffered;
    const auto default_of = [](const auto& one) { return options_of(one).durability; };
    for (const Operation& operation : batch_.operations_)  // the enum rises from strict to lax
      strictest = std::min(strictest, std::visit(default_of, operation));
    return strictest;
  }

  [[nodiscard]] Result<void> run(Engine& engine, Durability durability) {
    const std::vector<const Operation*> operations = those_that_count();
    if (operations.empty()) return {};
    entries_.reserve(operations.size());
    pending_.reserve(operations.size());  // what has begun must be known here
    auto written = without_bad_alloc([&] {
      for (const Operation* const operation : operations)
        std::visit([&](const auto& one) { begin(engine, one); }, *operation);
      return engine.write(entries_, durability);
    });
    const bool is_written = written.has_value();
    for (const Pending& pending : pending_) {
      auto shown = without_bad_alloc([&] {
        if (is_written) pending.space->publish(engine, pending.write, entries_[pending.entry], durability);
        return success();
      });
      if (is_written && shown) continue;
      pending.space->abandon(pending.write);
      if (!shown) written = std::move(shown);
    }
    return written;
  }

 private:
  using KvOperation = Batch::KvOperation;
  using LogOperation = Batch::LogOperation;
  using Operation = std::variant<KvOperation, LogOperation>;

  /// A write of a key that its space waits for.
  struct Pending {
    kv::KvSpace* space;
    kv::PendingWrite write;
    std::size_t entry;
  };

  [[nodiscard]] static const KvOptions& options_of(const KvOperation& operation) { return operation.space.options_; }
  [[nodiscard]] static const LogOptions& options_of(const LogOperation& operation) { return operation.stream.options_; }

  [[nodiscard]] Result<void> check_store(const std::shared_ptr<EngineGate>& gate) const {
    if (gate == gate_) return {};
    return Unexpected(
        Error{.code = ErrorCode::invalid_argument, .message = "the batch holds a space of another store"});
  }

  [[nodiscard]] Result<void> check_one(const KvOperation& operation) const {
    if (auto checked = kv::KvSpace::check_key(operation.key); !checked) return checked;
    if (auto checked = kv::KvSpace::check_value(operation.value); !checked) return checked;
    return check_store(kv::space_of(operation.space).gate());
  }

  [[nodiscard]] Result<void> check_one(const LogOperation& operation) const {
    if (auto checked = log::LogStream::check_payload(operation.payload); !checked) return checked;
    return check_store(log::stream_of(operation.stream).gate());
  }

  // Of several operations on one key the last one.
  [[nodiscard]] std::vector<const Operation*> those_that_count() const {
    std::vector<const Operation*> counting;
    std::unordered_map<std::string_view, std::vector<const kv::KvSpace*>> taken;
    for (auto operation = batch_.operations_.rbegin(); operation != batch_.operations_.rend(); ++operation) {
      if (const auto* const change = std::get_if<KvOperation>(&*operation)) {
        auto& spaces = taken[change->key];
        const kv::KvSpace* const space = &kv::space_of(change->space);
        if (std::find(spaces.begin(), spaces.end(), space) != spaces.end()) continue;
        spaces.push_back(space);
      }
      counting.push_back(&*operation);
    }
    std::reverse(counting.begin(), counting.end());
    return counting;
  }

  void begin(Engine& engine, const KvOperation& operation) {
    kv::KvSpace& space = kv::space_of(operation.space);
    pending_.push_back({&space, space.begin(engine, operation.key), entries_.size()});
    entries_.push_back(space.entry(pending_.back().write, operation.value, operation.erases));
  }

  void begin(Engine& /*engine*/, const LogOperation& operation) {
    entries_.push_back(log::stream_of(operation.stream).entry(log_key_, operation.payload));
  }

  const Batch& batch_;
  const std::shared_ptr<EngineGate>& gate_;
  LogKeyDisk log_key_ = log::LogStream::key_now();
  std::vector<Pending> pending_;
  std::vector<WriteEntry> entries_;
};

Result<void> Store::commit(const Batch& batch, WriteOptions options) {
  return core_->gate()->answer([&]() -> Result<void> {
    const auto engine = core_->gate()->enter();
    if (!engine) return Unexpected(EngineGate::closed_error());
    BatchCommit commit(batch, core_->gate());
    if (auto checked = commit.check(); !checked) return checked;
    return commit.run(*engine, options.durability.value_or(commit.durability()));
  });
}

}  // namespace holdfast
