// Random appends, erased keys, compactions, truncations of both ends and reopens beside a map of all that was ever appended.

#include <atomic>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include "log_fixture.hpp"
#include "unit/property.hpp"

namespace holdfast {
namespace {

struct CompactionStep {
  enum class Kind { append, append_unkeyed, append_large, erase_key, compact, truncate, cut_end, wait, close, kill };
  Kind kind{};
  std::uint32_t value = 0;
};

std::ostream& operator<<(std::ostream& out, const CompactionStep& step) {
  constexpr std::array<const char*, 10> kNames{"append",   "append_unkeyed", "append_large", "erase_key", "compact",
                                               "truncate", "cut_end",        "wait",         "close",     "kill"};
  return out << kNames[static_cast<std::size_t>(step.kind)] << "(" << step.value << ")";
}

void demand(const ::testing::AssertionResult& result) {
  if (!result) RC_FAIL(std::string(result.message()));
}

class CompactedStream {
 public:
  explicit CompactedStream(BackendRow row) : row_(row), directory_(row->root) {
    options_.backend = backend_of(row);
    options_.emulate_pmem = true;
    options_.size_bytes = kMiB;
    options_.max_size_bytes = kTestMaxSizeBytes;
    options_.segment_size_bytes = 64 << 10;
    options_.recovery_threads = 2;
    options_.sweep_interval_ms = 0;
    options_.clock = [this] { return now_us_; };
    open();
  }

  void apply(const CompactionStep& step) {
    using Kind = CompactionStep::Kind;
    const std::string key = "key " + std::to_string(step.value % 6);
    switch (step.kind) {
      case Kind::append: return append({key, some_value(step.value % 40, step.value), false});
      case Kind::append_unkeyed: return append({std::nullopt, some_value(step.value % 40, step.value), false});
      case Kind::append_large: return append({key, some_value(30'000, step.value), false});
      case Kind::erase_key: return append({key, {}, true});
      case Kind::compact: return compact(step.value);
      case Kind::truncate: return truncate(step.value);
      case Kind::cut_end: return cut_end(step.value);
      case Kind::wait: now_us_ += 1'000 * (step.value % 8); return;
      case Kind::close:
      case Kind::kill: break;
    }
    if (!row_->capabilities.has_path) return;  // it would be gone
    demand(ok(step.kind == Kind::close ? store_->close() : store_->sync()));
    store_.reset();
    open();
    check(false);
  }

  /// With `is_compacted` records may be missing since the last time, else none.
  void check(bool is_compacted) {
    std::set<LogId> there;
    LogId first = first_;
    while (cut_.contains(first)) ++first;
    demand(is_id(first, stream_->first_id()));
    demand(is_id(records_.size() + 1, stream_->next_id()));
    demand(ok(stream_->scan(first_, [&](const LogEntryView& entry) {
      const Record& record = records_.at(entry.id - 1);
      RC_ASSERT(entry.payload == record.payload);
      RC_ASSERT(entry.key == record.key);
      RC_ASSERT(entry.erases_key == record.erases_key);
      RC_ASSERT(entry.timestamp_us == record.timestamp_us);
      there.insert(entry.id);
      return true;
    })));
    for (LogId id = first_; id <= records_.size(); ++id) {
      if (there.contains(id)) {
        RC_ASSERT(!gone_.contains(id));
        continue;
      }
      demand(fails_with(ErrorCode::not_found, stream_->read(id)));
      if (!gone_.insert(id).second) continue;
      RC_ASSERT(is_compacted);
      RC_ASSERT(may_go(id, there));
    }
  }

 private:
  struct Record {
    std::optional<std::string> key{};
    std::string payload{};
    bool erases_key = false;
    std::uint64_t timestamp_us = 0;
  };
  static constexpr std::uint64_t kTombstoneMs = 10;

  void open() {
    auto opened = Store::open(directory_.store(), options_);
    demand(ok(opened));
    store_.emplace(std::move(*opened));
    RC_ASSERT(store_->recovery().damage.empty());
    auto stream = store_->log("stream", {.durability = Durability::buffered,
                                         .settings = {.segment_records_max = 5,
                                                      .compact_by_key = true,
                                                      .compact_garbage_percent_min = 1,
                                                      .tombstone_ms = kTombstoneMs}});
    demand(ok(stream));
    stream_.emplace(std::move(*stream));
  }

  void append(Record record) {
    record.timestamp_us = now_us_;
    AppendOptions options;
    if (record.key) options.key = *record.key;
    const auto id = record.erases_key ? stream_->erase_key(*record.key) : stream_->append(record.payload, options);
    demand(is_id(records_.size() + 1, id));
    records_.push_back(std::move(record));
  }

  // Half of the times somebody stands in the way.
  void compact(std::uint32_t value) {
    std::optional<LogReader> reader;
    const LogId limit = first_ + value % (records_.size() + 2 - first_);
    if (value % 2 == 0) {
      auto stands = stream_->reader(limit);
      demand(ok(stands));
      reader.emplace(std::move(*stands));
    }
    const std::set<LogId> gone_before = gone_;
    demand(ok(stream_->compact()));
    check(true);
    if (!reader) return;
    for (const LogId id : gone_) RC_ASSERT(id < limit || gone_before.contains(id));
  }

  void truncate(std::uint32_t value) {
    first_ += value % (records_.size() + 2 - first_) / 2;
    demand(ok(stream_->truncate_before(first_)));
  }

  void cut_end(std::uint32_t value) {
    const LogId next = records_.size() + 1;
    const LogId from = next - value % (next + 1 - first_) / 2;
    demand(ok(stream_->truncate_from(from)));
    for (LogId id = from; id < next; ++id) {
      cut_.insert(id);
      gone_.insert(id);
    }
    check(false);
  }

  [[nodiscard]] bool may_go(LogId id, const std::set<LogId>& there) const {
    const Record& record = records_[id - 1];
    if (!record.key) return false;
    for (LogId later = id + 1; later <= records_.size(); ++later)
      if (!cut_.contains(later) && records_[later - 1].key == record.key) return true;
    if (!record.erases_key || record.timestamp_us + kTombstoneMs * 1'000 > now_us_) return false;
    return std::none_of(there.begin(), there.end(),
                        [&](LogId other) { return other < id && records_[other - 1].key == record.key; });
  }

  BackendRow row_;
  TestDirectory directory_;
  Options options_;
  std::uint64_t now_us_ = 1'000'000;
  std::optional<Store> store_;
  std::optional<Log> stream_;
  std::vector<Record> records_;
  std::set<LogId> gone_;
  std::set<LogId> cut_;  // off the end, of those that are gone
  LogId first_ = 1;
};

rc::Gen<CompactionStep> any_compaction_step() {
  using Kind = CompactionStep::Kind;
  return rc::gen::construct<CompactionStep>(rc::gen::weightedElement<Kind>({{20, Kind::append},
                                                                            {5, Kind::append_unkeyed},
                                                                            {2, Kind::append_large},
                                                                            {6, Kind::erase_key},
                                                                            {5, Kind::compact},
                                                                            {1, Kind::truncate},
                                                                            {2, Kind::cut_end},
                                                                            {3, Kind::wait},
                                                                            {1, Kind::close},
                                                                            {1, Kind::kill}}),
                                            rc::gen::inRange<std::uint32_t>(0, 64));
}

class LogCompactionModel : public ::testing::TestWithParam<BackendRow> {};
INSTANTIATE_TEST_SUITE_P(, LogCompactionModel, ::testing::ValuesIn(all_backends()), row_name);

TEST_P(LogCompactionModel, LosesNothingButWhatMayGoAndBringsNothingBack) {
  check_property(60, [row = GetParam()] {
    CompactedStream store(row);
    const auto steps = rc::gen::container<std::vector<CompactionStep>>(any_compaction_step());
    for (const CompactionStep& step : *rc::gen::scale(2.0, steps)) store.apply(step);
    using Kind = CompactionStep::Kind;
    for (const Kind end : {Kind::compact, Kind::kill, Kind::compact, Kind::close}) store.apply({.kind = end, .value = 1});
  });
}

}  // namespace
}  // namespace holdfast
