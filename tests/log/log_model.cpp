#include "log_model.hpp"

#include <algorithm>
#include <ostream>

#include "unit/property.hpp"

namespace holdfast {
namespace {

void require(const ::testing::AssertionResult& result) {
  if (!result) RC_FAIL(std::string(result.message()));
}

/// Empty, small, with a footer, and too large for a segment of 64 KiB.
std::string payload_of(std::uint32_t number) {
  constexpr std::array<std::size_t, 8> kSizes{0, 1, 20, 100, 300, 2'000, 12'000, 90'000};
  return some_value(kSizes[number % kSizes.size()], number);
}

/// Appends are frequent, cuts and opening again are not.
rc::Gen<LogStep> any_step() {
  using Kind = LogStep::Kind;
  return rc::gen::construct<LogStep>(
      rc::gen::weightedElement<Kind>({{12, Kind::append},
                                      {5, Kind::append_batch},
                                      {5, Kind::append_async},
                                      {4, Kind::commit},
                                      {2, Kind::truncate_from},
                                      {4, Kind::check_one},
                                      {2, Kind::check_all},
                                      {1, Kind::sync},
                                      {1, Kind::close},
                                      {1, Kind::kill}}),
      rc::gen::inRange<std::uint32_t>(0, 2), rc::gen::inRange<std::uint32_t>(0, 64),
      rc::gen::weightedElement<Durability>(
          {{1, Durability::immediate}, {1, Durability::interval}, {6, Durability::buffered}}));
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const LogStep& step) {
  constexpr std::array<const char*, 10> kNames{"append",    "append_batch", "append_async", "commit", "truncate_from",
                                               "check_one", "check_all",    "sync",         "close",  "kill"};
  return out << kNames[static_cast<std::size_t>(step.kind)] << "(stream " << step.stream << ", value "
             << step.value << ", durability " << static_cast<int>(step.durability) << ")";
}

ModelledStreams::ModelledStreams(BackendRow row) : row_(row), directory_(row->root) {
  options_.backend = backend_of(row);
  options_.emulate_pmem = true;
  options_.size_bytes = kMiB;
  options_.max_size_bytes = kTestMaxSizeBytes;
  options_.segment_size_bytes = 64 << 10;
  options_.recovery_threads = 2;
  open();
}

void ModelledStreams::open() {
  auto opened = Store::open(directory_.store(), options_);
  require(ok(opened));
  store_.emplace(std::move(*opened));
  RC_ASSERT(store_->recovery().damage.empty());
  streams_.clear();
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    auto stream = store_->log("stream " + std::to_string(i));
    require(ok(stream));
    streams_.push_back(std::move(*stream));
  }
  auto keys = store_->kv("keys");
  require(ok(keys));
  keys_.emplace(std::move(*keys));
}

void ModelledStreams::apply(const LogStep& step) {
  switch (step.kind) {
    case LogStep::Kind::append:
      return append(step);
    case LogStep::Kind::append_batch:
      return append_batch(step);
    case LogStep::Kind::append_async:
      return append_async(step);
    case LogStep::Kind::commit:
      return commit(step);
    case LogStep::Kind::truncate_from:
      return truncate_from(step);
    case LogStep::Kind::check_one:
      return check_one(step);
    case LogStep::Kind::check_all:
      return check_all();
    case LogStep::Kind::sync:
      return require(ok(store_->sync()));
    case LogStep::Kind::close:
    case LogStep::Kind::kill:
      break;
  }
  if (!row_->capabilities.has_path) return;  // it would be gone
  if (step.kind == LogStep::Kind::close) {
    require(ok(store_->close()));
    for (const auto& [id, ticket] : tickets_) RC_ASSERT(ticket.poll().has_value());
  }
  finish_tickets();  // behind a kill they might tell that they were dropped
  store_.reset();
  open();
}

void ModelledStreams::append(const LogStep& step) {
  Model& model = models_[step.stream];
  const LogId id = model.next_id();
  model.payloads.push_back(payload_of(step.value));
  require(is_id(id, streams_[step.stream].append(model.payloads.back(), {.durability = step.durability})));
}

void ModelledStreams::append_batch(const LogStep& step) {
  Model& model = models_[step.stream];
  std::vector<std::string> payloads;
  for (std::uint32_t i = 0; i < 1 + step.value % 7; ++i) payloads.push_back(payload_of(step.value + i));
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  require(is_id(model.next_id(), streams_[step.stream].append_batch(views, {.durability = step.durability})));
  model.payloads.insert(model.payloads.end(), payloads.begin(), payloads.end());
}

void ModelledStreams::append_async(const LogStep& step) {
  Model& model = models_[step.stream];
  const LogId id = model.next_id();
  model.payloads.push_back(payload_of(step.value));
  auto ticket = streams_[step.stream].append_async(model.payloads.back(), {.durability = step.durability});
  require(ok(ticket));
  tickets_.emplace_back(id, std::move(*ticket));
}

void ModelledStreams::commit(const LogStep& step) {
  Batch batch;
  for (std::uint32_t i = 0; i < 2 + step.value % 5; ++i) {
    const std::size_t stream = (step.stream + i / 2) % kStreamCount;
    models_[stream].payloads.push_back(payload_of(step.value + i));
    batch.append(streams_[stream], models_[stream].payloads.back());
  }
  key_model_ = payload_of(step.value);
  batch.put(*keys_, "key", *key_model_);
  require(ok(store_->commit(batch, {.durability = step.durability})));
}

// Asynchronous appends that are under way are before the cut, and go, or behind it: it tells by the id that comes next.
void ModelledStreams::truncate_from(const LogStep& step) {
  Model& model = models_[step.stream];
  const auto shown = streams_[step.stream].next_id();
  require(ok(shown));
  const LogId back = step.value % 8 == 0 ? step.value : step.value % 8;
  const LogId from = *shown - std::min(back, *shown - 1);
  const auto cut = streams_[step.stream].truncate_from(from);
  require(ok(cut));
  RC_ASSERT(cut->from == from);
  RC_ASSERT(cut->next_id >= *shown);
  RC_ASSERT(cut->next_id <= model.next_id());
  std::uint64_t records = 0;
  for (LogId id = from; id < cut->next_id; ++id) records += model.cut_off.insert(id).second ? 1 : 0;
  RC_ASSERT(cut->records == records);
}

void ModelledStreams::check_one(const LogStep& step) {
  finish_tickets();
  const Model& model = models_[step.stream];
  require(is_id(model.next_id(), streams_[step.stream].next_id()));
  if (model.payloads.empty()) return;
  const LogId id = 1 + step.value % model.payloads.size();
  require(model.cut_off.contains(id) ? fails_with(ErrorCode::not_found, streams_[step.stream].read(id))
                                     : holds(streams_[step.stream], id, model.payloads[id - 1]));
}

void ModelledStreams::check_all() {
  finish_tickets();
  for (std::size_t stream = 0; stream < kStreamCount; ++stream) check_stream(stream);
  require(key_model_ ? holds(*keys_, "key", *key_model_) : is_absent(*keys_, "key"));
}

// What is left is read in every way, and nothing else.
void ModelledStreams::check_stream(std::size_t stream) {
  const Model& model = models_[stream];
  const Log& log = streams_[stream];
  std::vector<LogId> left;
  for (LogId id = 1; id < model.next_id(); ++id) {
    if (model.cut_off.contains(id)) {
      require(fails_with(ErrorCode::not_found, log.read(id)));
    } else {
      left.push_back(id);
      require(holds(log, id, model.payloads[id - 1]));
    }
  }
  require(is_id(model.next_id(), log.next_id()));
  require(is_id(left.empty() ? model.next_id() : left.front(), log.first_id()));
  std::vector<LogId> found;
  const auto note = [&](const LogEntryView& entry) {
    found.push_back(entry.id);
    RC_ASSERT(entry.payload == model.payloads.at(entry.id - 1));
    return true;
  };
  require(is_id(model.next_id(), log.scan(1, note)));
  RC_ASSERT(found == left);
  found.clear();
  require(ok(log.scan_back(model.next_id(), note)));
  RC_ASSERT(std::vector<LogId>(found.rbegin(), found.rend()) == left);
}

void ModelledStreams::finish_tickets() {
  for (const auto& [id, ticket] : tickets_) require(is_id(id, ticket.wait()));
  tickets_.clear();
}

void check_streams_against_model(BackendRow row, int case_count) {
  check_property(case_count, [row] {
    ModelledStreams store(row);
    for (const LogStep& step : *rc::gen::container<std::vector<LogStep>>(any_step())) store.apply(step);
    for (const LogStep::Kind end : {LogStep::Kind::check_all, LogStep::Kind::kill, LogStep::Kind::check_all,
                                    LogStep::Kind::close, LogStep::Kind::check_all})
      store.apply({.kind = end});
  });
}

}  // namespace holdfast
